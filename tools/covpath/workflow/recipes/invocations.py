"""Invocations out of commands, shell text and argument lists."""

from __future__ import annotations

import shlex

from msgspec.structs import replace

from covpath.errors import Place
from covpath.workflow.recipes.links import Invocation, Settings, Step, as_written
from covpath.workflow.shell.directory import Directories, join_directory
from covpath.workflow.shell.nested import nested_script
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.syntax import Command, Script
from covpath.workflow.shell.wrappers import peel

_STRUCTURE = frozenset(
    {"cd", "pushd", "popd", "set", "echo", "printf", "export", "exit", "[", "test", "true", "false", ":"}
)
"""Commands that run nothing of interest."""


def invocation_of(
    command: Command,
    script: Script,
    *,
    directory: str | None = ".",
    environment: Settings = (),
    place: Place | None = None,
    directories: Directories | None = None,
) -> Invocation:
    """A script's command as it runs when the script starts in ``directory`` with ``environment``.

    ``directories`` spares work where many commands of one script are asked for.
    """
    peeled = peel(command)
    return Invocation(
        words=tuple(word.literal for word in peeled.words),
        raw=tuple(word.raw for word in peeled.words),
        text=shown(script.text[slice(*command.span)]),
        directory=join_directory(directory, (directories or Directories(script)).of(command)),
        environment=environment + peeled.environment,
        place=place,
    )


def shown(text: str) -> str:
    """A command on one line, as written otherwise."""
    return as_written(" ".join(text.replace("\\\n", " ").split()))


def from_arguments(
    arguments: tuple[str | None, ...],
    *,
    directory: str | None = ".",
    environment: Settings = (),
    place: Place | None = None,
    ignored: bool = False,
) -> Invocation:
    """An argument list as a command; None stands for an argument that varies."""
    raw = tuple("…" if argument is None else shlex.quote(argument) for argument in arguments)
    return Invocation(
        words=arguments,
        raw=raw,
        text=" ".join(raw),
        directory=directory,
        environment=environment,
        place=place,
        ignored=ignored,
    )


def shell_steps(
    text: str,
    *,
    kind: str,
    target: str,
    file: str,
    line: int,
    directory: str | None,
    environment: Settings = (),
    ignored: bool = False,
) -> list[Step]:
    """A step for each command of shell text that stands at ``line`` of ``file``."""
    script = parse_script(text)
    directories = Directories(script)
    steps: list[Step] = []
    exported: Settings = environment
    for command in script.commands:
        here = Place(file, line + text.count("\n", 0, command.span.start))
        if command.name == "export":
            exported += tuple(_exports(command))
        if command.name in _STRUCTURE or not command.words:
            continue
        nested = nested_script(command)
        where = join_directory(directory, directories.of(command))
        if nested is not None:
            steps += shell_steps(
                nested.script.text,
                kind=kind,
                target=target,
                file=file,
                line=here.line or line,
                directory=where,
                environment=exported,
                ignored=ignored,
            )
            continue
        found = invocation_of(
            command, script, directory=directory, environment=exported, place=here, directories=directories
        )
        found = replace(found, ignored=True) if ignored else found
        steps.append(Step(kind=kind, target=target, place=here, invocation=found))
    if script.errors:
        here = Place(file, line + text.count("\n", 0, script.errors[0].start))
        steps.append(Step(kind=kind, target=target, place=here, unknown="a part of it could not be parsed"))
    return steps


def _exports(command: Command) -> Settings:
    found: list[tuple[str, str | None]] = []
    for word in command.words[1:]:
        name, sign, _ = word.raw.partition("=")
        if sign and name.isidentifier():
            found.append((name, None if word.text is None else word.text.partition("=")[2]))
    return tuple(found)
