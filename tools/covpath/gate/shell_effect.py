"""What a failing command does to its step's script, told for the command a step is about."""

from __future__ import annotations

from dataclasses import dataclass

from covpath.backends.uploaders import uploader
from covpath.errors import Place
from covpath.gate.purpose import script_commands
from covpath.gate.visible import shows_in_script
from covpath.terms import Reason, Tri
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.expressions.template import evaluate_text
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Unknown
from covpath.workflow.matrix import Leg
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.script_places import script_place
from covpath.workflow.shell.dialect import Shell, default_shell, shell_named
from covpath.workflow.shell.exit_status import ExitEffect, ExitOutcome, failure_of
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.syntax import Command, Script
from covpath.yamltext.nodes import Mapping, Node, Scalar, Sequence, deref


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellEffect:
    """Whether the step exits non-zero when the command it is about fails.

    ``shown``: the script prints an annotation or the like, so a masked failure is still seen.
    """

    fails: Tri
    shown: bool = False
    effect: ExitEffect | None = None
    reasons: tuple[Reason, ...] = ()


FAILING_INPUTS = ("fail_ci_if_error", "fail-on-error", "if-no-files-found")
"""The inputs by which upload actions are told whether to fail."""

_LETS_OUT = ShellEffect(fails=Tri.TRUE)


def shell_for(workflow: Workflow, job: Job, step: Step, *, windows: bool | None = None) -> Shell:
    """The shell that runs a step's script; ``windows`` where a leg's system is meant."""
    named = workflow.shell_of(job, step)
    if named is not None:
        return shell_named(named)
    return default_shell(windows=on_windows(job) if windows is None else windows)


def on_windows(job: Job, leg: Leg | None = None) -> bool:
    """Whether the job (or one leg of it) runs on Windows; a system the file does not tell is taken to have bash."""
    runner = deref(job.runs_on) if job.runs_on is not None else None
    if isinstance(runner, Mapping):
        labels = runner.get("labels")
        runner = deref(labels) if labels is not None else None
    if isinstance(runner, Sequence):
        return any(_is_windows(item, leg) for item in map(deref, runner.items))
    return _is_windows(runner, leg)


def _is_windows(node: Node | None, leg: Leg | None) -> bool:
    if not isinstance(node, Scalar):
        return False
    label: str | Unknown = node.value
    if "${{" in node.value:
        if leg is None or leg.values is None:
            return False
        try:
            label = evaluate_text(node.value, Contexts({"matrix": leg.values}))
        except ExpressionError:
            return False
    return isinstance(label, str) and label.lower().startswith("windows")


def shell_effect(
    workflow: Workflow, job: Job, step: Step, command: Command | None, *, windows: bool = False
) -> ShellEffect:
    """What the script makes of the failure of ``command``, or of the last command it is about."""
    if step.uses is not None:
        return _action_effect(workflow, step)
    if step.run is None or not step.run.value.strip():
        return _LETS_OUT
    text = step.run.value
    script = parse_script(text)
    shell = shell_for(workflow, job, step, windows=windows)
    if command is None:
        about = script_commands(text)
        if not about:
            return _LETS_OUT
        # A masked clean-up line beside a command that counts masks nothing that matters.
        command = about[-1]
    if not command.context and shell.kind.reads_posix and shell.known and shell.errexit and _straight(script):
        return _LETS_OUT
    effect = failure_of(command, script, shell)
    if effect.outcome is ExitOutcome.FAILS:
        return ShellEffect(fails=Tri.TRUE, effect=effect)
    masked = effect.outcome is ExitOutcome.MASKED
    span = effect.span or command.span
    place: Place = script_place(workflow, step, span.start)
    written = " ".join(text[span.start : span.end].split())
    quoted = f"`{written}`: " if effect.span is not None and len(written) <= 80 else ""
    reason = Reason(
        code=f"shell-{'mask' if masked else 'unknown'}-{effect.code}", message=f"{quoted}{effect.message}", place=place
    )
    return ShellEffect(
        fails=Tri.FALSE if masked else Tri.UNKNOWN,
        shown=masked and shows_in_script(text),
        effect=effect,
        reasons=(reason,),
    )


_TURNING = frozenset(("set", "trap", "exit", "return", "exec", "source", ".", "eval", "shopt", "alias"))


def _straight(script: Script) -> bool:
    """Whether a script is a plain list of commands: with ``-e`` any failure ends it at once.

    Most scripts are; they need no interpreter.
    """
    return not script.errors and all(
        isinstance(item.node, Command) and item.background is None and item.node.words and _is_plain(item.node)
        for item in script.body.items
    )


def _is_plain(command: Command) -> bool:
    return command.name is not None and command.name not in _TURNING


def _action_effect(workflow: Workflow, step: Step) -> ShellEffect:
    """Upload actions that are told, or made, not to fail when the upload does."""
    found = uploader(step.uses or "")
    if found is None:
        return _LETS_OUT
    inputs = step.inputs()
    fails = found.can_fail(inputs)
    if fails is Tri.TRUE:
        return _LETS_OUT
    told = ", ".join(f"`{name}: {inputs[name]}`" for name in FAILING_INPUTS if name in inputs) or "its default"
    message = f"a failing upload {'does not' if fails is Tri.FALSE else 'may not'} fail the step ({told})"
    return ShellEffect(
        fails=fails, reasons=(Reason(code="upload-quiet", message=message, place=workflow.place(step.node)),)
    )
