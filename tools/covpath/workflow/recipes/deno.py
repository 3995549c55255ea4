"""Deno: the tasks of ``deno.json`` (Deno's manual, 2026: ``deno task``)."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Iterator

from covpath.patterns import regex
from covpath.workflow.recipes.invocations import shell_steps
from covpath.workflow.recipes.links import UNKNOWN_DIRECTORY, Invocation, Reader, Step, missing, opaque, varying
from covpath.workflow.recipes.toml_text import Table, line_of, table_at
from covpath.workflow.shell.dialect import shell_with

KIND = "deno"
PROGRAMS = frozenset({KIND})
_FILES = ("deno.json", "deno.jsonc")
_SHELL = shell_with(("bash", "-c"))
"""Deno's own shell goes on behind ``;`` as ``bash -c`` does."""
_COMMENT = regex(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_LAST_COMMA = regex(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])')
_VALUED = frozenset({"-c", "--config", "--cwd", "-f", "--filter"})
_MOST = 64


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of the task that ``deno task`` names."""
    words = invocation.words
    if invocation.name not in PROGRAMS or words[1:2] != ("task",):
        return None
    index, directory, file = 2, invocation.directory, ""
    while index < len(words) and (words[index] or "").startswith("-"):
        option, sign, value = (words[index] or "").partition("=")
        given = value if sign else words[index + 1] if index + 1 < len(words) else None
        if option == "--cwd":
            directory = None if directory is None or given is None else posixpath.join(directory, given)
        elif option in ("-c", "--config"):
            file = given or ""
        index += 2 if option in _VALUED and not sign else 1
    if index >= len(words):
        return None
    name = words[index]
    if name is None:
        return [varying(KIND, invocation.raw[index], invocation, invocation.raw[index])]
    if directory is None:
        return [Step(kind=KIND, target=name, place=invocation.place, unknown=UNKNOWN_DIRECTORY)]
    found = reader.find_up(directory, *((file,) if file else _FILES))
    if found is None:
        return [missing(KIND, name, posixpath.normpath(posixpath.join(directory, file or _FILES[0])))]
    return list(_task(name, words[index + 1 :], found, _tasks(found[1]), invocation, set()))


def _tasks(text: str) -> Table:
    plain = _LAST_COMMA.sub(r"\1", _COMMENT.sub(r"\1", text))
    try:
        return table_at(json.loads(plain), "tasks")
    except (ValueError, RecursionError):
        return {}


def _task(
    name: str,
    arguments: tuple[str | None, ...],
    found: tuple[str, str],
    tasks: Table,
    invocation: Invocation,
    done: set[str],
) -> Iterator[Step]:
    path, text = found
    task = tasks.get(name)
    command = task.get("command") if isinstance(task, dict) else task
    before = task.get("dependencies") if isinstance(task, dict) else None
    done.add(name)
    for other in before if isinstance(before, list) else ():
        if isinstance(other, str) and other not in done and len(done) < _MOST:
            yield from _task(other, (), found, tasks, invocation, done)
    if isinstance(command, str):
        words = [opaque("…") if argument is None else shlex.quote(argument) for argument in arguments]
        yield from shell_steps(
            " ".join([command, *words]),
            kind=KIND,
            target=name,
            file=path,
            line=line_of(text, '"tasks"', f'"{name}"'),
            directory=posixpath.dirname(path) or ".",
            shell=_SHELL,
            environment=invocation.environment,
        )
    elif not before:
        yield missing(KIND, name, path, what=f"has no task {name}")
