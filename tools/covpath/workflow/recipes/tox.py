"""tox: the commands of the environments that a ``tox`` command selects."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from covpath.errors import Place
from covpath.patterns import regex
from covpath.workflow.recipes.invocations import argument_steps
from covpath.workflow.recipes.links import (
    UNKNOWN_DIRECTORY,
    Invocation,
    LetOff,
    Reader,
    Step,
    missing,
    varying_names,
)
from covpath.workflow.recipes.tox_config import read_config
from covpath.workflow.recipes.tox_model import Environment, ToxCommand, ToxConfig, expand_braces

KIND = "tox"
PROGRAMS = frozenset({KIND})
_RUNS = frozenset({"run", "r", "run-parallel", "p", "exec", "e"})
_NO_RUNS = frozenset({"list", "l", "config", "c", "devenv", "d", "depends", "de", "quickstart", "q", "legacy", "le"})
_VALUED = frozenset(
    {
        *("-c", "--conf", "--workdir", "--root", "-p", "--parallel", "-o", "--result-json", "--hashseed", "-m", "-f"),
        *("--installpkg", "-x", "--override", "--discover", "--default-runner", "--skip-env", "--colored", "--develop"),
    }
)
_OUTCOME = regex(r"ignore_outcome\s*=\s*(?:true|1|y)", re.IGNORECASE)
_EXECUTES = (("exec",), ("e",))
_NO_TESTS = "--notest"
_MARKS = {"-": "tox goes on where it fails (`-` in front of it)", "!": "`!` makes its failure a success"}


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of the environments that a tox command runs."""
    if invocation.name not in PROGRAMS:
        return None
    words, posargs = _split_posargs(invocation)
    if any(word in _NO_RUNS or word in {"--version", "-l", "--help"} for word in words[1:3]) or _NO_TESTS in words:
        return None
    if invocation.directory is None:
        return [Step(kind=KIND, target="", place=invocation.place, unknown=UNKNOWN_DIRECTORY)]
    config = read_config(_option(invocation, "-c", "--conf"), invocation.directory, reader)
    asked, written = _asked(invocation)
    if config is None:
        step = missing(KIND, written, "tox.ini", what="(or another tox configuration) is not in the repository")
        return [replace(step, depends_on=varying_names(written))]
    return list(_steps(config, asked, written, posargs, invocation))


def _split_posargs(invocation: Invocation) -> tuple[tuple[str | None, ...], tuple[str | None, ...]]:
    if "--" in invocation.words:
        index = invocation.words.index("--")
        return invocation.words[:index], invocation.words[index + 1 :]
    return invocation.words, ()


def _option(invocation: Invocation, *names: str) -> str | None:
    """An option's value as written, quotes removed."""
    words = invocation.words
    for index, word in enumerate(words[1:], 1):
        raw = invocation.raw[index]
        if word == "--":
            return None
        if word in names and index + 1 < len(words):
            return words[index + 1] if words[index + 1] is not None else invocation.raw[index + 1].strip("\"'")
        for name in names:
            stuck = raw.strip("\"'")
            if name.startswith("--") and stuck.startswith(f"{name}="):
                return stuck.partition("=")[2]
            if len(name) == 2 and stuck.startswith(name) and len(stuck) > 2 and not stuck.startswith("--"):
                return stuck[2:].removeprefix("=")
    return None


def _asked(invocation: Invocation) -> tuple[list[str] | None, str]:
    """The names of the environments asked for (None: the configured list), and how that was written."""
    written = _option(invocation, "-e", "--env")
    if written is None:
        factors = _option(invocation, "-f")
        if factors is not None:
            return [f"*{factors}*"], f"-f {factors}"
        set_here = [value for name, value in invocation.environment if name == "TOXENV"]
        if not set_here:
            return None, ""
        written = set_here[-1] if set_here[-1] is not None else "${{ env.TOXENV }}"
    return _split_names(written), written


def _overridden(invocation: Invocation) -> LetOff | None:
    """``-x testenv:cov.ignore_outcome=true``: what the command line or ``TOX_OVERRIDE`` lets pass."""
    given = (_option(invocation, "-x", "--override"), invocation.value_of("TOX_OVERRIDE"))
    found = next(
        (one for one in given if one and re.search(r"ignore_outcome\s*=\s*(?:true|1|y)", one, re.IGNORECASE)), None
    )
    return None if found is None else LetOff(why=f"`{found}` lets the environment fail", place=invocation.place)


def _split_names(text: str) -> list[str]:
    """Names separated by commas outside of braces and expressions."""
    names: list[str] = []
    depth = 0
    current = ""
    for char in text:
        depth += (char in "{(") - (char in "})")
        if char == "," and depth == 0:
            names.append(current.strip())
            current = ""
        else:
            current += char
    return [name for name in [*names, current.strip()] if name]


def _steps(
    config: ToxConfig,
    asked: list[str] | None,
    written: str,
    posargs: tuple[str | None, ...],
    invocation: Invocation,
) -> Iterator[Step]:
    names = config.listed if asked is None else asked
    if not names:
        yield missing(KIND, written, config.path, what="lists no environment")
    for name in names:
        depends_on = varying_names(name)
        chosen = [name]
        if depends_on or "$(" in name or "*" in name or name == "ALL":
            chosen = [known for known in config.known if _fits(name, known)]
        elif "{" in name:
            chosen = expand_braces(name)
        found = False
        for single in chosen:
            environment = config.environment(single)
            if environment is not None:
                found = True
                yield from _commands(config, environment, posargs, invocation, depends_on)
        if not found:
            reason = f"{config.path} has no environment {name}"
            if depends_on:
                reason = f"the environment depends on {', '.join(depends_on)}"
            yield Step(kind=KIND, target=name, place=Place(config.path), unknown=reason, depends_on=depends_on)


def _fits(asked: str, known: str) -> bool:
    """Whether an environment's name can be what an expression or pattern comes to."""
    if asked == "ALL":
        return True
    pieces = re.split(r"\$\([^()]*\)|\$\{\{.*?\}\}|\$\{?\w+\}?|\*", asked)
    return re.fullmatch(".*".join(re.escape(piece) for piece in pieces), known) is not None


def _commands(
    config: ToxConfig,
    environment: Environment,
    posargs: tuple[str | None, ...],
    invocation: Invocation,
    depends_on: tuple[str, ...],
) -> Iterator[Step]:
    given = invocation.words[1:2] in _EXECUTES
    ran = [ToxCommand(words=posargs, line=1)] if given else environment.commands(posargs)
    for command in ran:
        place = Place(config.path, command.line)
        let_off = environment.let_off or _overridden(invocation)
        if command.mark:
            let_off = LetOff(why=_MARKS[command.mark], place=place)
        for step in argument_steps(
            command.words,
            kind=KIND,
            target=environment.name,
            directory=environment.directory,
            environment=invocation.environment + environment.variables,
            place=place,
            let_off=let_off,
        ):
            yield replace(step, depends_on=depends_on)
