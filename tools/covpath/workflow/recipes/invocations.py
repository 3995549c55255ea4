"""Invocations out of commands, shell text and argument lists."""

from __future__ import annotations

import posixpath
import shlex

from msgspec.structs import replace

from covpath.errors import Place
from covpath.patterns import regex
from covpath.workflow.recipes.links import Invocation, LetOff, Settings, Step, Within, as_written
from covpath.workflow.shell.dialect import Shell, shell_with
from covpath.workflow.shell.directory import Directories, join_directory
from covpath.workflow.shell.nested import nested_script
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import Command, Script
from covpath.workflow.shell.wrappers import peel

_STRUCTURE = frozenset(
    {"cd", "pushd", "popd", "set", "echo", "printf", "export", "exit", "[", "test", "true", "false", ":"}
)
"""Commands that run nothing of interest."""

_SHELLS = frozenset({"bash", "sh", "dash"})
PLAIN_SH = shell_with(("sh", "-c"))
"""What most runners hand a command line to."""


def invocation_of(
    command: Command,
    script: Script,
    *,
    directory: str | None = ".",
    environment: Settings = (),
    place: Place | None = None,
    directories: Directories | None = None,
    within: Within | None = None,
    let_off: LetOff | None = None,
) -> Invocation:
    """A script's command as it runs when the script starts in ``directory`` with ``environment``.

    ``directories`` spares work where many commands of one script are asked for.
    """
    peeled = peel(command)
    words = tuple([word.literal if word.text is None else word.text for word in peeled.words])
    if words and words[0] is None:
        words = (_behind_folder(peeled.words[0].raw, script), *words[1:])
    return Invocation(
        words=words,
        raw=tuple([word.raw for word in peeled.words]),
        text=shown(script.text[slice(*command.span)]),
        directory=join_directory(directory, (directories or Directories(script)).of(command)),
        environment=environment + peeled.environment,
        place=place,
        within=within,
        let_off=let_off,
    )


_PREFIXED = regex(r"\"?\$\{?(\w+)\}?\"?/?([A-Za-z][\w.-]*)\"?")


def _behind_folder(raw: str, script: Script) -> str | None:
    """``${PREFIX}coverage`` is coverage where the script sets the variable to a folder, or to nothing."""
    match = _PREFIXED.fullmatch(raw)
    if match is None:
        return None
    name = match[1]
    texts = [
        one.value.text if one.value is not None else ""
        for command in script.commands
        for one in command.assignments
        if one.name == name
    ]
    texts += [value for command in script.commands if command.name == "export" for known, value in _exports(command)
              if known == name]  # fmt: skip
    folders = all(text is not None and (not text or text.endswith("/")) for text in texts)
    return match[2] if texts and folders else None


def shown(text: str) -> str:
    """A command on one line, as written otherwise."""
    line = " ".join(text.replace("\\\n", " ").split())
    return as_written(line) if "${{" in line else line


def from_arguments(
    arguments: tuple[str | None, ...],
    *,
    directory: str | None = ".",
    environment: Settings = (),
    place: Place | None = None,
    let_off: LetOff | None = None,
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
        let_off=let_off,
    )


def argument_steps(
    arguments: tuple[str | None, ...],
    *,
    kind: str,
    target: str,
    place: Place,
    directory: str | None,
    environment: Settings = (),
    let_off: LetOff | None = None,
) -> list[Step]:
    """The step of an argument list; those of the script it hands to a shell, where it does that and both are known."""
    if len(arguments) > 2 and None not in arguments and posixpath.basename(arguments[0] or "") in _SHELLS:
        steps = shell_steps(
            shlex.join(word or "" for word in arguments), kind=kind, target=target, file=place.file,
            line=place.line or 1, directory=directory, shell=PLAIN_SH, environment=environment, let_off=let_off,
        )  # fmt: skip
        return [_placed(step, place) for step in steps]
    inner = from_arguments(arguments, directory=directory, environment=environment, place=place, let_off=let_off)
    return [Step(kind=kind, target=target, place=place, invocation=inner)]


def _placed(step: Step, place: Place) -> Step:
    inner = replace(step.invocation, place=place) if step.invocation is not None else None
    return replace(step, place=place, invocation=inner)


def shell_steps(
    text: str,
    *,
    kind: str,
    target: str,
    file: str,
    line: int,
    directory: str | None,
    shell: Shell | None,
    environment: Settings = (),
    outer: Within | None = None,
    let_off: LetOff | None = None,
    idle: frozenset[Span] = frozenset(),
) -> list[Step]:
    """A step for each command of shell text that stands at ``line`` of ``file``.

    ``shell`` runs the text (None: the shell around it), which may stand in the command ``outer``. ``idle``: the
    commands that do not run.
    """
    script = parse_script(text)
    directories = Directories(script)
    steps: list[Step] = []
    exported: Settings = environment
    for command in script.commands:
        if command.span in idle:
            continue
        here = Place(file, line + text.count("\n", 0, command.span.start))
        if command.name == "export":
            exported += tuple(_exports(command))
        if command.name in _STRUCTURE or not command.words:
            continue
        within = Within(command=command, script=script, shell=shell, outer=outer)
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
                shell=nested.shell,
                environment=exported,
                outer=within,
                let_off=let_off,
            )
            continue
        found = invocation_of(
            command, script, directory=directory, environment=exported, place=here, directories=directories,
            within=within, let_off=let_off,
        )  # fmt: skip
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
