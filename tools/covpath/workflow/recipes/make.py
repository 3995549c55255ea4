"""make: targets, their prerequisites and recipes, with simple variables put in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from covpath.errors import Place
from covpath.patterns import regex
from covpath.terms import Tri
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
from covpath.workflow.recipes.make_options import flags_in, read_options, runs_nothing
from covpath.workflow.recipes.makefile import Makefile, Rule, read_makefile
from covpath.workflow.shell.dialect import Shell, shell_with

KIND = "make"
PROGRAMS = frozenset({"make", "gmake", "bmake", "mingw32-make"})
_NAMES = ("GNUmakefile", "makefile", "Makefile")
_REFERENCE = regex(r"\$(?:\(([^()$]*)\)|\{([^{}$]*)\}|(.))")
_MARKS = regex(r"[@+\-\s]*")
_LINE_ENDS = regex(r"(?<!\\)\n")
_FUNCTION = regex(
    r"\$[({](?:if|or|and|call|shell|filter|filter-out|findstring|foreach|patsubst|subst|wildcard|sort|strip|word|words"
    r"|addprefix|addsuffix|firstword|lastword|notdir|dir|basename|abspath|realpath|join|eval|value)\s"
)
_FOREACH = re.compile(r"\$[({]foreach\s+([\w.-]+)\s*,((?:[^,$]|\$[({][\w.-]+[)}])*),")
_DASH = "make goes on where the line fails (`-` in front of it)"
_IGNORE = "`.IGNORE` lets what fails pass"
_FOUND = regex(r"\$\(shell\s+(?:which|command\s+-v|type\s+-p)\s+([\w./-]+)[^()]*\)")
_DEEPEST = 12
_MOST_TARGETS = 1_000
_LONGEST = 20_000
"""Characters of a command after its variables are put in."""


class _Asked(Struct):
    targets: list[tuple[str, str]] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    file: str | None = None
    directory: str | None = "."
    varying: str | None = None
    ignores: str | None = None
    idle: bool = False


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of the targets a ``make`` command names."""
    if invocation.name not in PROGRAMS:
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
            around = {name: value for name, value in invocation.environment if value is not None and "$" not in value}
            makefile = read_makefile(path, text, directory, reader, {"CI": "true", **around}, asked.variables)
            fails, why = _ignoring(makefile, asked, invocation)
            if asked.idle:
                return None
            steps = list(_target_steps(makefile, asked, invocation))
            return steps if fails is Tri.TRUE else [_let_off(step, fails, why) for step in steps]
    return [missing(KIND, shown, posixpath.normpath(posixpath.join(directory, asked.file or "Makefile")))]


def _arguments(invocation: Invocation) -> _Asked:
    asked = _Asked()
    for option in read_options(invocation.words[1:], invocation.raw[1:]):
        word = option.value
        if option.letter == "C":
            asked.directory = posixpath.join(asked.directory, word) if asked.directory and word is not None else None
        elif option.letter == "f":
            asked.file = word
        elif option.letter == "i":
            asked.ignores = asked.ignores or option.written
        elif option.letter:
            asked.idle = asked.idle or runs_nothing(option)
        elif word is None:
            asked.varying = asked.varying if "=" in option.written else option.written
            name, sign, _ = option.written.partition("=")
            if sign and name in _FLAGS:
                asked.variables[name] = option.written
        elif "=" in word:
            name, _, value = word.partition("=")
            asked.variables[name.rstrip(":?+")] = value
        else:
            asked.targets.append((word, option.written))
    return asked


_FLAGS = ("MAKEFLAGS", "GNUMAKEFLAGS")


def _ignoring(makefile: Makefile, asked: _Asked, invocation: Invocation) -> tuple[Tri, str]:
    """Whether a failing line fails this make (TRUE: it does), and what says otherwise."""
    if asked.ignores is not None:
        return Tri.FALSE, f"`make {asked.ignores}` ignores what fails"
    doubt = (Tri.TRUE, "")
    for name, value, certain in _flags(makefile, invocation):
        flags = flags_in(value)
        asked.idle = asked.idle or (flags.idle and certain)
        if flags.ignores is Tri.TRUE and certain:
            return Tri.FALSE, f"`{name}={value}` tells make to ignore what fails"
        if flags.ignores is not Tri.FALSE:
            doubt = (Tri.UNKNOWN, f"`{name}` may tell make to ignore what fails")
    return doubt


def _flags(makefile: Makefile, invocation: Invocation) -> Iterator[tuple[str, str | None, bool]]:
    """The values of ``MAKEFLAGS`` and its like, and whether they are surely in force."""
    for name in _FLAGS:
        values = [value for known, value in invocation.environment if known == name]
        if values:
            yield name, values[-1], True
    own = makefile.variables.get("MAKEFLAGS")
    if own is not None:
        for known, value in makefile.variables.items():
            own = own.replace(f"$({known})", value) if known != "MAKEFLAGS" and "$" not in value else own
        own = own.replace("$(MAKEFLAGS)", "").replace("$(MFLAGS)", "")
        yield "MAKEFLAGS", own, "MAKEFLAGS" not in makefile.doubtful


def _target_steps(makefile: Makefile, asked: _Asked, invocation: Invocation) -> Iterator[Step]:
    targets = [target for target, _ in asked.targets] or ([makefile.default] if makefile.default else [])
    if not targets:
        yield missing(KIND, "", makefile.path, what="has no target")
    done: set[str] = set()
    for target in targets:
        if makefile.rule_for(target) is None and makefile.otherwise is None:
            yield missing(KIND, target, makefile.path, what=f"has no target {target}")
        yield from _rule_steps(makefile, target, invocation, done, 0)


def _rule_steps(makefile: Makefile, target: str, invocation: Invocation, done: set[str], depth: int) -> Iterator[Step]:
    """The commands of a target, those of its prerequisites first."""
    found = makefile.rule_for(target)
    if found is None and depth == 0 and makefile.otherwise is not None:
        found = makefile.otherwise, ""
    if target in done or found is None or depth > _DEEPEST or len(done) > _MOST_TARGETS:
        return
    done.add(target)
    if len(done) > _MOST_TARGETS:
        # Pattern rules can ask for names without end.
        yield missing(KIND, target, makefile.path, what=f"asks for more than {_MOST_TARGETS} targets")
        return
    rule, stem = found
    own = makefile.target_variables.get(target)
    if own is not None:
        makefile = replace(makefile, variables={**makefile.variables, **own})
    for prerequisite in rule.prerequisites:
        name = _substitute(prerequisite, makefile, target, stem).replace("%", stem)
        for single in name.split():
            yield from _rule_steps(makefile, single, invocation, done, depth + 1)
    yield from _recipe_steps(makefile, rule, target, stem, invocation)


def _let_off(step: Step, fails: Tri, why: str) -> Step:
    """A step of a ``make`` that was told to go on whatever fails, or may have been."""
    if step.invocation is None or step.invocation.let_off is not None:
        return step
    let_off = LetOff(why=why, place=step.place, fails=fails)
    return replace(step, invocation=replace(step.invocation, let_off=let_off))


def _recipe_steps(makefile: Makefile, rule: Rule, target: str, stem: str, invocation: Invocation) -> Iterator[Step]:
    file = rule.file or makefile.path
    general = _ignored(makefile, target)
    for number, line in _together(rule) if ".ONESHELL" in makefile.rules else rule.recipe:
        text, marked = _unmarked(_substitute(line, makefile, target, stem))
        # A variable of several lines (`define`) makes as many commands; the marks before it are theirs.
        for single in _LINE_ENDS.split(text) if ".ONESHELL" not in makefile.rules else [text]:
            command, own = _unmarked(single)
            if not command.strip() or command.startswith("#"):
                continue
            let_off = None
            if general is not None or marked or own:
                fails = Tri.FALSE if marked or own or general is None else general
                why = _DASH if marked or own else _IGNORE
                let_off = LetOff(why=why, place=Place(file, number), fails=fails)
            yield from shell_steps(
                command,
                kind=KIND,
                target=target,
                file=file,
                line=number,
                directory=makefile.directory,
                shell=_shell(makefile),
                environment=invocation.environment,
                let_off=let_off,
            )


def _ignored(makefile: Makefile, target: str) -> Tri | None:
    """FALSE where ``.IGNORE`` lets a target's failures pass, UNKNOWN where it stands in a conditional."""
    ignoring = makefile.rules.get(".IGNORE")
    if ignoring is None:
        return None
    named = [name for one in ignoring.prerequisites for name in _substitute(one, makefile, "", "").split()]
    if named and target not in named:
        return None
    return Tri.UNKNOWN if ".IGNORE" in makefile.doubtful else Tri.FALSE


def _unmarked(text: str) -> tuple[str, bool]:
    """A line without the marks in front of it, and whether one of them is ``-``."""
    marks = _MARKS.match(text)
    end = marks.end() if marks is not None else 0
    return text[end:], "-" in text[:end]


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
    written = f"{makefile.variables.get('SHELL', '/bin/sh')} {makefile.variables.get('.SHELLFLAGS', '-c')}"
    return shell_with(_substitute(_FOUND.sub(r"\1", written), makefile, "", "").split())


def _substitute(text: str, makefile: Makefile, target: str, stem: str) -> str:
    """Variables put in; functions and what is not known become opaque parts of their words."""
    for _ in range(8):
        text = _without_functions(_repeated(text, makefile, target, stem))
        changed = _REFERENCE.sub(lambda match: _reference(match, makefile, target, stem), text)
        if changed == text or len(changed) > _LONGEST:
            break
        text = changed
    return text.replace("\1", "$")


def _repeated(text: str, makefile: Makefile, target: str, stem: str) -> str:
    """The text with each ``$(foreach name,list,text)`` written out whose list is known."""
    position = 0
    while (match := _FOREACH.search(text, position)) is not None:
        end = _end_of(text, match.end() - 1)
        body = text[match.end() : end - 1].replace("\\\n", " ")
        listed = _substitute(match[2], makefile, target, stem).split()
        if any("$" in word for word in listed) or len(listed) * len(body) > _LONGEST:
            position = match.end()
            continue
        name = re.compile(rf"\$(?:\({re.escape(match[1])}\)|\{{{re.escape(match[1])}\}})")
        written = " ".join(word.join(name.split(body)) for word in listed)
        text = f"{text[: match.start()]}{written}{text[end:]}"
        position = match.start() + len(written)
    return text


def _without_functions(text: str) -> str:
    """The text with make's functions as opaque parts of their words: what stands in them is not put in."""
    position = 0
    while (match := _FUNCTION.search(text, position)) is not None:
        end = _end_of(text, match.end() - 1)
        written = text[match.start() : end]
        plain = written.startswith("$(call ") and "$" not in written[1:]
        hidden = written if plain else opaque(written).replace("$", "\1")
        text = f"{text[: match.start()]}{hidden}{text[end:]}"
        position = match.start() + len(hidden)
    return text


def _end_of(text: str, start: int) -> int:
    """Behind the bracket that closes what is open at ``start``."""
    depth = 1
    for index in range(start, len(text)):
        depth += (text[index] in "({") - (text[index] in ")}")
        if depth == 0:
            return index + 1
    return len(text)


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
    if name.startswith("call ") and (called := makefile.variables.get(name[5:].split(",")[0].strip())) is not None:
        for position, argument in enumerate(name.split(",")[1:], 1):
            called = called.replace(f"$({position})", argument.strip())
        return called
    if name in makefile.unset or name in {"MAKEFLAGS", "MFLAGS", "Q", "V"}:
        return ""
    return opaque(f"$({name})").replace("$", "\1")
