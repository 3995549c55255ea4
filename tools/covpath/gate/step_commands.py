"""The commands a step starts, as invocations: those of its script, or the one an action takes as an input."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from covpath.errors import Place
from covpath.gate.shell_effect import shell_for
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.expressions.template import OPEN, evaluate_text, read_template
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.recipes.invocations import invocation_of, shell_steps
from covpath.workflow.recipes.links import Invocation
from covpath.workflow.script_places import script_place
from covpath.workflow.shell.dialect import ShellKind
from covpath.workflow.shell.nested import nested_script
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.syntax import Command

COMMAND_INPUTS = {
    "nick-fields/retry": "command",
    "nick-invision/retry": "command",
    "wandalen/wretry.action": "command",
    "coactions/setup-xvfb": "run",
    "gabrielbb/xvfb-action": "run",
    "reactivecircus/android-emulator-runner": "script",
    "uraimo/run-on-arch-action": "run",
    "addnab/docker-run-action": "run",
    "cross-platform-actions/action": "run",
    "vmactions/freebsd-vm": "run",
    "vmactions/openbsd-vm": "run",
    "vmactions/netbsd-vm": "run",
    "vmactions/solaris-vm": "run",
    "paambaati/codeclimate-action": "coveragecommand",
    "cypress-io/github-action": "command",
}
"""Actions that run a command they are given, and the input that holds it."""

_WORKSPACE = re.compile(r"\$\{\{\s*github\.workspace\s*\}\}/?|\$\{?GITHUB_WORKSPACE\}?/?")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_SAYING = frozenset({"cd", "pushd", "popd", "set", "echo", "printf", "exit", "[", "test", "true", "false", ":"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCommand:
    """A command a step starts; ``command`` is it in the step's own script, None where it stands elsewhere."""

    invocation: Invocation
    command: Command | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a step stands in: contexts that are known, and variables that are set around it."""

    contexts: Contexts | None = None
    environment: Mapping[str, str] | None = None


def step_commands(workflow: Workflow, job: Job, step: Step, around: Around) -> Iterator[StepCommand]:
    """Every command that a step's script or its action's input starts, in order; none for other steps."""
    environment = environment_in(workflow, job, step, around)
    if step.run is None:
        for text in _given_command(step):
            place = workflow.place(step.node)
            yield from _in_text(put_in(text, around.contexts), place, ".", environment)
        return
    kind = shell_for(workflow, job, step).kind
    if kind is ShellKind.PYTHON:
        return
    text = put_in(step.run.value, around.contexts)
    script = parse_script(text)
    written = script.commands if text == step.run.value else parse_script(step.run.value).commands
    aligned = written if len(written) == len(script.commands) else ()
    directory = directory_in(workflow, job, step, around.contexts)
    exported: dict[str, str] = dict(environment)
    for index, command in enumerate(script.commands):
        exported.update(_exports(command))
        if not command.words or command.name in _SAYING:
            continue
        own = aligned[index] if aligned else None
        place = script_place(workflow, step, own.span.start) if own is not None else workflow.place(step.node)
        nested = nested_script(command)
        if nested is not None:
            for inner in _in_text(nested.script.text, place, directory, exported):
                yield replace(inner, command=own)
            continue
        found = invocation_of(command, script, directory=directory, environment=tuple(exported.items()), place=place)
        yield StepCommand(invocation=with_variables(found), command=own)


def _given_command(step: Step) -> Iterator[str]:
    name = COMMAND_INPUTS.get((step.uses or "").partition("@")[0].strip().lower())
    if name is not None:
        yield step.inputs().get(name, "")


def _in_text(text: str, place: Place, directory: str | None, environment: Mapping[str, str]) -> Iterator[StepCommand]:
    """The commands of shell text that is no step's own script; all are placed where the text is."""
    steps = shell_steps(
        text, kind="workflow", target="", file=place.file, line=1, directory=directory,
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


def environment_in(workflow: Workflow, job: Job, step: Step, around: Around) -> dict[str, str]:
    """The variables of a step as far as their values are written, those set around it beneath."""
    own = {**(around.environment or {}), **workflow.environment_of(job, step)}
    return {name: put_in(value, around.contexts) for name, value in own.items()}


def directory_in(workflow: Workflow, job: Job, step: Step, contexts: Contexts | None) -> str | None:
    """The directory a step runs in, from the repository's root; None where it cannot be told."""
    written = workflow.directory_of(job, step)
    if written is None:
        return "."
    found = _WORKSPACE.sub("", put_in(written, contexts)) or "."
    return None if "$" in found or found.startswith(("/", "~")) else found.rstrip("/")


def put_in(text: str, contexts: Contexts | None) -> str:
    """A text with every expression replaced whose value is known; the others stay as written."""
    if contexts is None or OPEN not in text:
        return text
    try:
        parts = read_template(text).parts
    except ExpressionError:
        return text
    return "".join(part if isinstance(part, str) else _value(text[part.start : part.end], contexts) for part in parts)


def _value(written: str, contexts: Contexts) -> str:
    try:
        value = evaluate_text(written, contexts)
    except ExpressionError:
        return written
    return value if isinstance(value, str) else written


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
