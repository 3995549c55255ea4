"""make: targets, their prerequisites and recipes, with simple variables put in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from covpath.workflow.recipes.invocations import shell_steps
from covpath.workflow.recipes.links import UNKNOWN_DIRECTORY, Invocation, Reader, Step, missing, opaque, varying
from covpath.workflow.recipes.makefile import Makefile, Rule, read_makefile

KIND = "make"
_PROGRAMS = frozenset({"make", "gmake", "bmake"})
_NAMES = ("GNUmakefile", "makefile", "Makefile")
_VALUED = frozenset({"-I", "-j", "-l", "-o", "-W", "--jobs", "--include-dir"})
_REFERENCE = re.compile(r"\$(?:\(([^()$]*)\)|\{([^{}$]*)\}|(.))")
_DEEPEST = 12
_LONGEST = 20_000
"""Characters of a command after its variables are put in."""


class _Asked(Struct):
    targets: list[tuple[str, str]] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    file: str | None = None
    directory: str | None = "."
    varying: str | None = None


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of the targets a ``make`` command names."""
    if invocation.name not in _PROGRAMS:
        return None
    asked = _arguments(invocation)
    shown = " ".join(target for target, _ in asked.targets)
    if asked.varying is not None:
        return [varying(KIND, shown, invocation, asked.varying)]
    if invocation.directory is None or asked.directory is None:
        return [Step(kind=KIND, target=shown, place=invocation.place, unknown=UNKNOWN_DIRECTORY)]
    directory = posixpath.normpath(posixpath.join(invocation.directory, asked.directory))
    for name in (asked.file,) if asked.file is not None else _NAMES:
        path, text = reader.read(directory, name)
        if text is not None:
            makefile = read_makefile(path, text, directory, reader)
            makefile.variables.update(asked.variables)
            return list(_target_steps(makefile, asked, invocation))
    return [missing(KIND, shown, posixpath.normpath(posixpath.join(directory, asked.file or "Makefile")))]


def _arguments(invocation: Invocation) -> _Asked:
    asked = _Asked()
    words = invocation.words
    index = 1
    while index < len(words):
        word, raw = words[index], invocation.raw[index]
        following = words[index + 1] if index + 1 < len(words) else None
        index += 1
        if word is None and "=" in raw:
            continue
        if word is None and raw.startswith("-j"):
            continue
        if word is None:
            asked.varying = raw
        elif word in {"-C", "--directory", "-f", "--file", "--makefile"}:
            index += 1
            if word in {"-C", "--directory"}:
                joined = None if following is None or asked.directory is None else (asked.directory, following)
                asked.directory = posixpath.join(*joined) if joined is not None else None
            else:
                asked.file = following
        elif word in {"-j", "--jobs", "-l"}:
            index += following is None or following.isdigit()
        elif word in _VALUED:
            index += 1
        elif word.startswith("--directory="):
            asked.directory = word.partition("=")[2]
        elif word.startswith("-"):
            if word.startswith(("-C", "-f")):
                asked.directory, asked.file = (word[2:], asked.file) if word[1] == "C" else (asked.directory, word[2:])
        elif "=" in word:
            name, _, value = word.partition("=")
            asked.variables[name.rstrip(":?+")] = value
        else:
            asked.targets.append((word, raw))
    return asked


def _target_steps(makefile: Makefile, asked: _Asked, invocation: Invocation) -> Iterator[Step]:
    targets = [target for target, _ in asked.targets] or ([makefile.default] if makefile.default else [])
    if not targets:
        yield missing(KIND, "", makefile.path, what="has no target")
    done: set[str] = set()
    for target in targets:
        if makefile.rule_for(target) is None:
            yield missing(KIND, target, makefile.path, what=f"has no target {target}")
        yield from _rule_steps(makefile, target, invocation, done, 0)


def _rule_steps(makefile: Makefile, target: str, invocation: Invocation, done: set[str], depth: int) -> Iterator[Step]:
    """The commands of a target, those of its prerequisites first."""
    found = makefile.rule_for(target)
    if target in done or found is None or depth > _DEEPEST:
        return
    done.add(target)
    rule, stem = found
    own = makefile.target_variables.get(target)
    if own is not None:
        makefile = replace(makefile, variables={**makefile.variables, **own})
    for prerequisite in rule.prerequisites:
        name = _substitute(prerequisite, makefile, target, stem).replace("%", stem)
        for single in name.split():
            yield from _rule_steps(makefile, single, invocation, done, depth + 1)
    yield from _recipe_steps(makefile, rule, target, stem, invocation)


def _recipe_steps(makefile: Makefile, rule: Rule, target: str, stem: str, invocation: Invocation) -> Iterator[Step]:
    for number, line in rule.recipe:
        marks = re.match(r"[@+\-\s]*", line)
        ignored = marks is not None and "-" in marks[0]
        text = _substitute(line[marks.end() if marks else 0 :], makefile, target, stem)
        if not text.strip() or text.startswith("#"):
            continue
        yield from shell_steps(
            text,
            kind=KIND,
            target=target,
            file=rule.file or makefile.path,
            line=number,
            directory=makefile.directory,
            environment=invocation.environment,
            ignored=ignored,
        )


def _substitute(text: str, makefile: Makefile, target: str, stem: str) -> str:
    """Variables put in; functions and what is not known become opaque parts of their words."""
    for _ in range(8):
        changed = _REFERENCE.sub(lambda match: _reference(match, makefile, target, stem), text)
        if changed == text or len(changed) > _LONGEST:
            break
        text = changed
    return text.replace("\1", "$")


def _reference(match: re.Match[str], makefile: Makefile, target: str, stem: str) -> str:
    name = match[1] if match[1] is not None else match[2] if match[2] is not None else match[3]
    if name == "$":
        return "\1"
    if name in {"@", "*"}:
        return target if name == "@" else stem
    if name == "MAKE":
        return "make"
    known = makefile.variables.get(name)
    if known is not None:
        return known
    if name in makefile.unset or name in {"MAKEFLAGS", "MFLAGS", "Q", "V"}:
        return ""
    return opaque(f"$({name})").replace("$", "\1")
