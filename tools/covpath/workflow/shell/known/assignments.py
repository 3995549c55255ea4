"""Assignments and declarations over known texts, arrays included; and here-documents."""

from __future__ import annotations

import re

from covpath.workflow.shell.known.process import Process
from covpath.workflow.shell.known.texts import HOLE, Unclear
from covpath.workflow.shell.known.words import Expander
from covpath.workflow.shell.syntax import Assignment, Command, Redirect
from covpath.workflow.shell.wrappers import peel


def assign(assignment: Assignment, expander: Expander) -> None:
    """``name=value``, ``name+=value``, ``name[key]=value`` and ``name=(items)``."""
    process = expander.process
    name = assignment.name.partition("[")[0]
    before = process.variables.get(name)
    if assignment.array is not None:
        items = [field for word in assignment.array for field in expander.fields(word)]
        process.variables[name] = _array([word.raw for word in assignment.array], items, before, add=assignment.append)
        return
    value = "" if assignment.value is None else expander.text(assignment.value)
    if "[" in assignment.name:
        if not isinstance(before, dict):
            raise Unclear
        key = re.sub(r"\$\{?(\w+)\}?", lambda one: process.text_of(one[1]), assignment.name.partition("[")[2][:-1])
        before[key.strip("\"'")] = value
    elif assignment.append and isinstance(before, str):
        process.variables[name] = before + value
    elif assignment.append:
        process.variables[name] = HOLE
    else:
        process.variables[name] = value


def declare(node: Command, expander: Expander) -> int:
    """``declare``, ``local``, ``export`` and their like; they succeed whatever runs in them."""
    process = expander.process
    words = peel(node).words
    options = "".join(word.raw for word in words[1:] if word.raw.startswith("-"))
    for word in words[1:]:
        name, sign, raw = word.raw.partition("=")
        if not name.isidentifier():
            continue
        if raw.startswith("("):
            process.variables[name] = _declared(raw, expander)
        elif sign:
            process.variables[name] = expander.text(word)[len(name) + 1 :]
        elif "A" in options:
            process.variables[name] = {}
        elif "a" in options:
            process.variables[name] = []
    return 0


_ENTRY = re.compile(r"\s*\[\s*[\"']?([^\]\"']+)[\"']?\s*\]=(\"[^\"]*\"|'[^']*'|[^\s\"'()]*)")
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")


def _declared(raw: str, expander: Expander) -> dict[str, str]:
    """``([key]=value ...)``, the associative array's literal."""
    inner, position, found = raw.strip()[1:-1].strip(), 0, dict[str, str]()
    while position < len(inner):
        entry = _ENTRY.match(inner, position)
        if entry is None:
            raise Unclear
        value = entry[2]
        if not value.startswith("'"):
            if "$(" in value or "`" in value:
                raise Unclear
            value = _VARIABLE.sub(lambda one: expander.process.text_of(one[1] or one[2]), value)
        found[entry[1]] = value.strip("\"'")
        position = entry.end()
    return found


def _array(raws: list[str], items: list[str], before: object, *, add: bool) -> list[str] | dict[str, str]:
    if any(raw.startswith("[") for raw in raws) or any(item == HOLE for item in items):
        raise Unclear
    return [*before, *items] if add and isinstance(before, list) else items


def document(redirect: Redirect, process: Process) -> str | None:
    """A here-document's text, with its variables; None where commands run in it."""
    if redirect.body is None or redirect.substitutions:
        return None
    text = process.shared.text[redirect.body.start : redirect.body.end]
    if redirect.target is not None and any(mark in redirect.target.raw for mark in "\"'\\"):
        return text
    return _VARIABLE.sub(lambda one: process.text_of(one[1] or one[2]), text)
