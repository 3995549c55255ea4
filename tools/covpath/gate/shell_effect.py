"""What a failing command does to its step's script, told for the command a step is about."""

from __future__ import annotations

from dataclasses import dataclass

from covpath.errors import Place
from covpath.gate.purpose import script_commands
from covpath.gate.visible import shows_in_script
from covpath.terms import Reason, Tri
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.script_places import script_place
from covpath.workflow.shell.dialect import Shell, default_shell, shell_named
from covpath.workflow.shell.exit_status import ExitEffect, ExitOutcome, failure_of
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.syntax import Command
from covpath.yamltext.nodes import deref


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellEffect:
    """Whether the step exits non-zero when the command it is about fails.

    ``shown``: the script prints an annotation or the like, so a masked failure is still seen.
    """

    fails: Tri
    shown: bool = False
    effect: ExitEffect | None = None
    reasons: tuple[Reason, ...] = ()


_LETS_OUT = ShellEffect(fails=Tri.TRUE)


def shell_for(workflow: Workflow, job: Job, step: Step) -> Shell:
    """The shell that runs a step's script."""
    named = workflow.shell_of(job, step)
    if named is not None:
        return shell_named(named)
    runner = deref(job.runs_on) if job.runs_on is not None else None
    label = getattr(runner, "value", "")
    return default_shell(windows=isinstance(label, str) and label.lower().startswith("windows"))


def shell_effect(workflow: Workflow, job: Job, step: Step, command: Command | None) -> ShellEffect:
    """What the script makes of the failure of ``command``, or of the last command it is about."""
    if step.run is None or not step.run.value.strip():
        return _LETS_OUT
    text = step.run.value
    script = parse_script(text)
    shell = shell_for(workflow, job, step)
    if command is None:
        about = script_commands(text)
        if not about:
            return _LETS_OUT
        # A masked clean-up line beside a command that counts masks nothing that matters.
        command = about[-1]
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
