"""make: targets, their prerequisites and recipes, with simple variables put in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from covpath.errors import Place
from covpath.workflow.recipes.invocations import shell_steps
from covpath.workflow.recipes.links import (
    UNKNOWN_DIRECTORY,
    Invocation,
    LetOff,
    Reader,
    Step,
    missing,
    opaque,
    varying,
)
from covpath.workflow.recipes.makefile import Makefile, Rule, read_makefile
from covpath.workflow.shell.dialect import Shell, shell_with

KIND = "make"
_PROGRAMS = frozenset({"make", "gmake", "bmake"})
_NAMES = ("GNUmakefile", "makefile", "Makefile")
_VALUED = frozenset({"-I", "-j", "-l", "-o", "-W", "--jobs", "--include-dir"})
_REFERENCE = re.compile(r"\$(?:\(([^()$]*)\)|\{([^{}$]*)\}|(.))")
_IGNORES = re.compile(r"--ignore-errors|-(?![CfIoW])[a-zA-Z]*i[a-zA-Z]*")
_MARKS = re.compile(r"[@+\-\s]*")
_DEEPEST = 12
_LONGEST = 20_000
"""Characters of a command after its variables are put in."""


class _Asked(Struct):
    targets: list[tuple[str, str]] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    file: str | None = None
    directory: str | None = "."
    varying: str | None = None
    ignores: str | None = None


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
            steps = list(_target_steps(makefile, asked, invocation))
            return steps if asked.ignores is None else [_let_off(step, asked.ignores) for step in steps]
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
        elif _IGNORES.fullmatch(word):
            asked.ignores = word
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


def _let_off(step: Step, option: str) -> Step:
    """A step of a ``make`` that was told to go on whatever fails."""
    if step.invocation is None or step.invocation.let_off is not None:
        return step
    let_off = LetOff(why=f"`make {option}` ignores what fails", place=step.place)
    return replace(step, invocation=replace(step.invocation, let_off=let_off))


def _recipe_steps(makefile: Makefile, rule: Rule, target: str, stem: str, invocation: Invocation) -> Iterator[Step]:
    file = rule.file or makefile.path
    ignoring = makefile.rules.get(".IGNORE")
    always = ignoring is not None and (not ignoring.prerequisites or target in ignoring.prerequisites)
    for number, line in _together(rule) if ".ONESHELL" in makefile.rules else rule.recipe:
        text = _substitute(line, makefile, target, stem)
        marks = _MARKS.match(text)
        text = text[marks.end() if marks is not None else 0 :]
        if not text.strip() or text.startswith("#"):
            continue
        let_off = None
        if always or (marks is not None and "-" in marks[0]):
            why = (
                "`.IGNORE` lets what fails pass" if always else "make goes on where the line fails (`-` in front of it)"
            )
            let_off = LetOff(why=why, place=Place(file, number))
        yield from shell_steps(
            text,
            kind=KIND,
            target=target,
            file=file,
            line=number,
            directory=makefile.directory,
            shell=_shell(makefile),
            environment=invocation.environment,
            let_off=let_off,
        )


def _together(rule: Rule) -> list[tuple[int, str]]:
    """A recipe as one script, every line where it stands in the file (``.ONESHELL``)."""
    if not rule.recipe:
        return []
    first = at = rule.recipe[0][0]
    lines: list[str] = []
    for number, line in rule.recipe:
        lines += [""] * (number - at)
        lines.append(line if number == first else _without_marks(line))
        at = number + 1 + line.count("\n")
    return [(first, "\n".join(lines))]


def _without_marks(line: str) -> str:
    return re.sub(r"^[@+\-]+", "", line)


def _shell(makefile: Makefile) -> Shell:
    """The shell of a recipe's lines: ``/bin/sh -c`` where ``SHELL`` and ``.SHELLFLAGS`` say nothing else."""
    known = makefile.variables
    return shell_with([*known.get("SHELL", "/bin/sh").split(), *known.get(".SHELLFLAGS", "-c").split()])


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
