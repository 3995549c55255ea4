"""The commands a step starts, as invocations: those of its script, or the one an action takes as an input."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from covpath.errors import Place
from covpath.gate.scripts.around import Around, directory_in, environment_in, given_command, put_in
from covpath.gate.scripts.script_commands import prepares
from covpath.gate.scripts.shell_effect import shell_for
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.recipes.invocations import invocation_of, shell_steps
from covpath.workflow.recipes.links import Invocation, Settings, Within
from covpath.workflow.script_places import script_place
from covpath.workflow.shell.dialect import Shell, ShellKind
from covpath.workflow.shell.directory import Directories
from covpath.workflow.shell.nested import nested_script
from covpath.workflow.shell.other_shells import with_lines_joined
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.spans import Around as Construct
from covpath.workflow.shell.syntax import Command

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_SAYING = frozenset({"cd", "pushd", "popd", "set", "echo", "printf", "exit", "[", "test", "true", "false", ":"})
_NOT_KNOWN = Shell(kind=ShellKind.BASH, template="", known=False)
"""What runs the command line an action is given."""
_LEADING_ON = frozenset({"docker", "docker-compose", "source", "."})
"""Programs that mostly prepare, and may lead on to something that does not."""


class StepCommand(Struct, frozen=True, kw_only=True):
    """A command a step starts; ``command`` is it in the step's own script, None where it stands elsewhere."""

    invocation: Invocation
    command: Command | None = None


def step_commands(workflow: Workflow, job: Job, step: Step, around: Around) -> Iterator[StepCommand]:
    """Every command that a step's script or its action's input starts, in order; none for other steps."""
    environment = environment_in(workflow, job, step, around)
    if step.run is None:
        text = given_command(step)
        if text is not None:
            yield from _in_text(put_in(text, around.contexts), workflow.place(step.node), ".", environment, _NOT_KNOWN)
        return
    shell = shell_for(workflow, job, step)
    if shell.kind is ShellKind.PYTHON:
        return
    source = with_lines_joined(step.run.value, shell)
    text = put_in(source, around.contexts)
    script = parse_script(text)
    written = script.commands if text == source else parse_script(source).commands
    aligned = written if len(written) == len(script.commands) else ()
    directory = directory_in(workflow, job, step, around.contexts)
    directories = Directories(script)
    exported: dict[str, str] = dict(environment)
    settings: Settings = tuple(exported.items())
    for index, command in enumerate(script.commands):
        name = command.name
        if name == "export" or not command.words:
            exported.update(_exports(command))
            settings = tuple(exported.items())
        if not command.words or name in _SAYING:
            continue
        if name not in _LEADING_ON and prepares(command):
            continue
        if name is None and (shell.kind is ShellKind.CMD or _is_answer(command)):
            continue
        own = aligned[index] if aligned else None
        place = script_place(workflow, step, own.span.start) if own is not None else workflow.place(step.node)
        nested = nested_script(command)
        if nested is not None:
            for inner in _in_text(nested.script.text, place, directory, exported, nested.shell):
                yield replace(inner, command=own)
            continue
        # Where what is put in makes other commands, it may hold what masks them too.
        within = None if aligned else Within(command=command, script=script, shell=shell)
        found = invocation_of(
            command, script, directory=directory, environment=settings, place=place, within=within,
            directories=directories,
        )  # fmt: skip
        yield StepCommand(invocation=with_variables(found), command=own)


def _is_answer(command: Command) -> bool:
    """``if ${{ inputs.coverage == true }}; then``: an expression that comes to ``true`` or ``false``."""
    alone = len(command.words) == 1 and command.words[0].expression
    return alone and command.stands_in(Construct.IF_CONDITION, Construct.LOOP_CONDITION)


def _in_text(
    text: str, place: Place, directory: str | None, environment: Mapping[str, str], shell: Shell
) -> Iterator[StepCommand]:
    """The commands of shell text that is no step's own script; all are placed where the text is."""
    steps = shell_steps(
        text, kind="workflow", target="", file=place.file, line=1, directory=directory, shell=shell,
        environment=tuple(environment.items()),
    )  # fmt: skip
    for one in steps:
        if one.invocation is not None:
            yield StepCommand(invocation=with_variables(replace(one.invocation, place=place)))


def _exports(command: Command) -> Iterator[tuple[str, str]]:
    """Variables that ``export NAME=value`` and ``NAME=value`` alone set for what comes after."""
    if command.name == "export":
        for word in command.words[1:]:
            name, sign, value = word.raw.partition("=")
            if sign and name.isidentifier():
                yield name, value.strip("\"'")
    elif not command.words:
        for one in command.assignments:
            yield one.name, one.value.raw.strip("\"'") if one.value is not None else ""


def with_variables(invocation: Invocation) -> Invocation:
    """The same with ``$NAME`` replaced where the value is written beside it."""
    if None not in invocation.words:
        return invocation
    known = {name: value for name, value in invocation.environment if value is not None}
    words: list[str | None] = []
    raw: list[str] = []
    for word, written in zip(invocation.words, invocation.raw, strict=True):
        if word is not None or "$" not in written or written.startswith("'"):
            words.append(word)
            raw.append(written)
            continue
        changed = _VARIABLE.sub(lambda match: known.get(match[1] or match[2], match[0]), written)
        for piece in _pieces(changed, quoted=written.startswith('"')):
            dynamic = "$" in piece or "`" in piece
            words.append(None if dynamic else piece.strip("\"'"))
            raw.append(piece)
    return replace(invocation, words=tuple(words), raw=tuple(raw))


def _pieces(text: str, *, quoted: bool) -> list[str]:
    """The words an unquoted value makes; an expression in it keeps it whole."""
    if quoted or "$" in text or "`" in text or " " not in text:
        return [text]
    try:
        return shlex.split(text)
    except ValueError:
        return [text]
