"""The text of a makefile: rules with the lines of their recipes, and simple variables."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from covpath.patterns import regex
from covpath.workflow.recipes.links import Reader
from covpath.workflow.recipes.make_conditionals import Conditionals

_ASSIGNMENT = regex(r"(?:export\s+|override\s+)*([A-Za-z_.][\w.-]*)\s*(\?|\+|::?:?)?=\s*(.*)")
_RULE = regex(r"((?:[^\s:#=$]|\$(?!\()|\$\([^)]*\))(?:[^:#=$]|\$(?!\()|\$\([^)]*\))*)(::?)(?![=:])(.*)")
_INCLUDE = regex(r"-?s?include\s+(.+)")
_DEFINE = regex(r"(?:override\s+|export\s+)*define\s+([\w.-]+)\s*[:?+]*=?\s*")
_MOST_INCLUDES = 32
_NOTHING: Mapping[str, str] = {}
_NOT_TAKEN = frozenset({"SHELL", "MAKEFLAGS", "GNUMAKEFLAGS", "MAKELEVEL"})
"""Variables that make does not take from around it, or not as they are."""


class Rule(Struct):
    """One target's prerequisites and recipe (line numbers and text, continuations joined as written)."""

    target: str
    line: int
    file: str
    prerequisites: list[str] = field(default_factory=list)
    recipe: list[tuple[int, str]] = field(default_factory=list)


class Makefile(Struct):
    """A makefile; where it is not known which side of a conditional counts, both are taken to be there.

    ``given`` are variables that the file cannot change. ``doubtful`` are the variables and special
    targets that stand in such a conditional. ``SHELL`` is never the environment's, and as it is always
    set, ``?=`` does not change it.
    """

    path: str
    directory: str
    given: Mapping[str, str] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=lambda: {"SHELL": "/bin/sh", ".SHELLFLAGS": "-c"})
    doubtful: set[str] = field(default_factory=set)
    unset: set[str] = field(default_factory=set)
    target_variables: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def default(self) -> str | None:
        """The target that is made where none is named."""
        if ".DEFAULT_GOAL" in self.variables:
            return self.variables[".DEFAULT_GOAL"]
        return next((name for name in self.rules if name[0] != "." and "%" not in name), None)

    @property
    def otherwise(self) -> Rule | None:
        """The rule for what no other makes (``.DEFAULT``)."""
        rule = self.rules.get(".DEFAULT")
        return rule if rule is not None and rule.recipe else None

    def rule_for(self, target: str) -> tuple[Rule, str] | None:
        """The rule that makes a target, and the stem where it is a pattern rule.

        A pattern rule without a recipe makes nothing: it takes a built-in rule away. Source: GNU make's manual,
        "Canceling Implicit Rules".
        """
        rule = self.rules.get(target)
        if rule is not None:
            return rule, ""
        for name, pattern in self.rules.items():
            prefix, percent, suffix = name.partition("%")
            fits = percent and pattern.recipe and target.startswith(prefix) and target.endswith(suffix)
            if fits and len(target) > len(prefix) + len(suffix):
                return pattern, target[len(prefix) : len(target) - len(suffix)]
        return None


def read_makefile(
    path: str,
    text: str,
    directory: str,
    reader: Reader,
    environment: Mapping[str, str] = _NOTHING,
    given: Mapping[str, str] = _NOTHING,
) -> Makefile:
    """Read a makefile and the files it includes by a static name.

    ``environment`` are the variables around make as far as they are known: the file's own assignments win.
    ``given`` are those of its command line, which win over the file's.
    """
    makefile = Makefile(path, directory, given=given)
    makefile.variables |= {name: value for name, value in environment.items() if name not in _NOT_TAKEN}
    makefile.variables |= given
    _read_into(makefile, path, text, reader, set())
    return makefile


def _read_into(makefile: Makefile, path: str, text: str, reader: Reader, seen: set[str]) -> None:
    seen.add(path)
    current: list[Rule] = []
    conditionals = Conditionals()
    for number, line in _without_definitions(makefile, _logical_lines(text)):
        if line.startswith("\t"):
            for rule in current if conditionals.active else ():
                rule.recipe.append((number, line[1:]))
            continue
        stripped = line.split("#", 1)[0].strip() if not line.lstrip().startswith("#") else ""
        joined = " ".join(stripped.replace("\\\n", " ").split())
        if conditionals.takes(joined, makefile.variables) or not conditionals.active:
            continue
        if (match := _INCLUDE.fullmatch(joined)) is not None:
            for name in match[1].split():
                inner_path, inner = reader.read(makefile.directory, name)
                if inner is not None and inner_path not in seen and len(seen) < _MOST_INCLUDES:
                    _read_into(makefile, inner_path, inner, reader, seen)
        elif (match := _ASSIGNMENT.fullmatch(joined)) is not None:
            _assign(makefile, match[1], match[2] or "", match[3], certain=conditionals.certain)
        elif (match := _RULE.fullmatch(joined)) is not None:
            current = _rules(makefile, match, number, path)
            if not conditionals.certain and any(rule.target == ".IGNORE" for rule in current):
                makefile.doubtful.add(".IGNORE")


def _without_definitions(makefile: Makefile, lines: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines beside ``define ... endef``, which set variables."""
    name = ""
    value: list[str] = []
    for number, line in lines:
        if name and line.strip() == "endef":
            makefile.variables[name] = "\n".join(value)
            name, value = "", []
        elif name:
            value.append(line.removeprefix("\t"))
        elif (match := _DEFINE.fullmatch(line)) is not None:
            name = match[1]
        else:
            yield number, line


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Lines with their continuations, the backslashes still in them."""
    found: list[tuple[int, str]] = []
    pending: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), 1):
        start = start if pending else number
        pending.append(line)
        if not line.endswith("\\"):
            found.append((start, "\n".join(pending)))
            pending = []
    if pending:
        found.append((start, "\n".join(pending)))
    return found


def _assign(makefile: Makefile, name: str, operator: str, value: str, *, certain: bool) -> None:
    before = makefile.variables.get(name)
    if name in makefile.given:
        return
    if not certain:
        makefile.doubtful.add(name)
    if operator == "?" and before is not None:
        return
    if operator.startswith(":"):
        # What is assigned at once (`:=`) may name itself: what it was before is meant.
        value = value.replace(f"$({name})", before or "").replace(f"${{{name}}}", before or "")
    if operator == "+" and before:
        value = f"{before} {value}"
    if value:
        makefile.variables[name] = value
    else:
        makefile.unset.add(name)
        if certain and operator != "+":
            makefile.variables.pop(name, None)


def _rules(makefile: Makefile, match: re.Match[str], number: int, path: str) -> list[Rule]:
    prerequisites, semicolon, inline = match[3].partition(";")
    own = _ASSIGNMENT.fullmatch(match[3].strip())
    rules: list[Rule] = []
    for target in match[1].split():
        name = posixpath.normpath(target)
        if own is not None:
            # `target: NAME = value` sets a variable for that target and what it needs; it is no rule yet.
            makefile.target_variables.setdefault(name, {})[own[1]] = own[3]
            continue
        rule = makefile.rules.setdefault(name, Rule(target, number, path))
        if name == ".POSIX" and makefile.variables.get(".SHELLFLAGS") == "-c":
            makefile.variables[".SHELLFLAGS"] = "-ec"
        rule.prerequisites += [name for name in prerequisites.split() if name != "|"]
        if semicolon:
            rule.recipe.append((number, inline.strip()))
        rules.append(rule)
    return rules
