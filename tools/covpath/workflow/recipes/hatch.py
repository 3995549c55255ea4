"""Hatch: scripts of environments, and ``hatch test``."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

from covpath.errors import Place
from covpath.patterns import regex
from covpath.workflow.recipes.invocations import PLAIN_SH, from_arguments, shell_steps
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
from covpath.workflow.recipes.toml_text import Table, line_of, read_toml, table_at

KIND = "hatch"
PROGRAMS = frozenset({KIND})
_ARGUMENTS = regex(r"\{args(?::([^{}]*))?\}")
_CONTEXT = regex(r"\{(?:env|root|home|matrix|verbosity)[^{}]*\}")
_MATRIX_OPTION = regex(r"""["']?[+-]\w""")
"""``+py=3.12`` chooses among an environment's Python versions; whichever it is, the same script runs."""
_DEEPEST = 8


class _Config(Struct, frozen=True):
    path: str
    text: str
    environments: Table

    def scripts(self, environment: str) -> dict[str, tuple[str, object]]:
        """The environment's scripts with the environment that defines each, those of its template beneath."""
        found: dict[str, tuple[str, object]] = {}
        name: str = environment
        for _ in range(_DEEPEST):
            table = table_at(self.environments, name)
            own = {**table_at(table, "scripts")}
            for key, value in _overrides(table):
                own[key] = [*_as_list(own.get(key)), *_as_list(value)]
            found = {key: (name, value) for key, value in own.items()} | found
            template = table.get("template", "default")
            if name == template or not isinstance(template, str):
                break
            name = template
        return found


def _overrides(environment: Table) -> Iterator[tuple[str, object]]:
    """The scripts that an environment has for some values of its matrix; each of them runs."""
    for variable in table_at(environment, "overrides", "matrix").values():
        for entry in _as_list(table_at(variable).get("scripts")):
            key = table_at(entry).get("key")
            if isinstance(key, str):
                yield key, table_at(entry).get("value")


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of ``hatch run``, ``hatch env run`` and ``hatch test``."""
    if invocation.name not in PROGRAMS:
        return None
    environment = "default"
    words, raw = list(invocation.words[1:]), list(invocation.raw[1:])
    while words and (words[0] or "").startswith("-"):
        if words[0] in {"-e", "--env"} and len(words) > 1:
            environment = words[1] or "default"
        drop = 2 if words[0] in {"-e", "--env", "-p", "--project", "--data-dir", "--cache-dir", "--config"} else 1
        words, raw = words[drop:], raw[drop:]
    if words[:2] == ["env", "run"]:
        words, raw = words[1:], raw[1:]
    if words[:1] == ["test"] or words[:1] == ["cov"]:
        return _test(invocation, words)
    if words[:1] != ["run"]:
        return None
    words, raw = words[1:], raw[1:]
    while words and (words[0] is None or words[0][:1] in {"+", "-"}):
        if words[0] is None and not _MATRIX_OPTION.match(raw[0]):
            return [varying(KIND, raw[0], invocation, raw[0])]
        if words[0] in {"-e", "--env"} and len(words) > 1:
            environment = words[1] or environment
        drop = 2 if words[0] in {"-e", "--env", "-f", "--filter", "-i", "--include", "-x", "--exclude"} else 1
        words, raw = words[drop:], raw[drop:]
        if words[:1] == ["--"]:
            words, raw = words[1:], raw[1:]
            break
    if not words:
        return None
    if words[0] is None:
        return [varying(KIND, raw[0], invocation, raw[0])]
    named, colon, command = words[0].partition(":")
    if colon:
        environment, words[0], raw[0] = named or environment, command, command
    return list(_run(invocation, environment, words, raw, reader))


def _test(invocation: Invocation, words: list[str | None]) -> list[Step]:
    """``hatch test`` runs pytest, under coverage with ``--cover`` (Hatch's documented default script)."""
    covered = any(word in {"-c", "--cover", "--cover-quiet"} for word in words) or words[0] == "cov"
    command = ("coverage", "run", "-m", "pytest", "tests") if covered else ("pytest", "tests")
    inner = from_arguments(command, directory=invocation.directory, environment=invocation.environment)
    return [Step(kind=KIND, target="hatch-test", place=invocation.place, invocation=inner)]


def _run(
    invocation: Invocation, environment: str, words: list[str | None], raw: list[str], reader: Reader
) -> Iterator[Step]:
    name = words[0] or ""
    if invocation.directory is None:
        yield Step(kind=KIND, target=name, place=invocation.place, unknown=UNKNOWN_DIRECTORY)
        return
    config = _read(invocation.directory, reader)
    if config is None:
        file = posixpath.normpath(posixpath.join(invocation.directory, "pyproject.toml"))
        yield missing(KIND, f"{environment}:{name}", file)
        return
    if environment != "default" and environment not in config.environments:
        # A matrix makes names such as `test.py3.12` of `test`.
        base = environment.partition(".")[0]
        if base in config.environments:
            yield from _run(invocation, base, words, raw, reader)
        else:
            yield missing(KIND, f"{environment}:{name}", config.path, what=f"has no environment {environment}")
        return
    scripts = config.scripts(environment)
    target = name if environment == "default" else f"{environment}:{name}"
    if name in scripts:
        yield from _script(config, environment, name, " ".join(raw[1:]), invocation, set())
    else:
        text = " ".join([name, *raw[1:]])
        yield from shell_steps(
            text,
            kind=KIND,
            target=target,
            file=config.path,
            line=_line(config, environment, None),
            directory=invocation.directory,
            shell=PLAIN_SH,
            environment=invocation.environment,
        )


def _read(directory: str, reader: Reader) -> _Config | None:
    for file, keys in (("hatch.toml", ("envs",)), ("pyproject.toml", ("tool", "hatch", "envs"))):
        found = reader.find_up(directory, file)
        if found is not None:
            table = table_at(read_toml(found[1]), *keys)
            if table or file == "pyproject.toml":
                return _Config(found[0], found[1], table)
    return None


def _line(config: _Config, environment: str, script: str | None) -> int:
    start = line_of(config.text, f"envs.{environment}")
    if script is None:
        return start
    scripts = line_of(config.text, f"envs.{environment}.scripts]", start=start)
    return line_of(config.text, f"{script} =", start=scripts)


def _script(
    config: _Config,
    environment: str,
    name: str,
    arguments: str,
    invocation: Invocation,
    done: set[str],
    around: LetOff | None = None,
) -> Iterator[Step]:
    """The commands of a script, and of those it names; a mark before a name counts for all of them (``around``)."""
    done.add(name)
    scripts = config.scripts(environment)
    owner, value = scripts[name]
    line = _line(config, owner, name)
    for entry in value if isinstance(value, list) else [value]:
        if not isinstance(entry, str):
            continue
        line = line_of(config.text, entry.split("\n")[0], start=line)
        let_off = around
        if entry.startswith("- "):
            let_off = LetOff(why="hatch goes on where it fails (`- ` in front of it)", place=Place(config.path, line))
        text = _ARGUMENTS.sub(lambda match: arguments or (match[1] or ""), entry.removeprefix("- "))
        text = _CONTEXT.sub(lambda match: opaque(match[0]), text)
        first, _, rest = text.partition(" ")
        if first in scripts and first not in done:
            yield from _script(config, environment, first, rest, invocation, done, let_off)
            continue
        yield from shell_steps(
            text,
            kind=KIND,
            target=name if environment == "default" else f"{environment}:{name}",
            file=config.path,
            line=line,
            directory=posixpath.dirname(config.path) or ".",
            shell=PLAIN_SH,
            environment=invocation.environment,
            let_off=let_off,
        )
