"""What a failing command does to its step's script, told for the command a step is about."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from covpath.errors import Place
from covpath.gate.scripts.purpose import every_command_alone, fails_at_once, text_commands
from covpath.gate.scripts.script_text import script_text
from covpath.gate.scripts.visible import shows_in_script
from covpath.patterns import regex
from covpath.terms import Reason, Tri, both
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.expressions.template import OPEN, evaluate_text
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Value
from covpath.workflow.legs import Leg
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.script_places import script_place
from covpath.workflow.shell.dialect import Shell, ShellKind, default_shell, shell_named
from covpath.yamltext.nodes import Mapping, Scalar, Sequence, deref

if TYPE_CHECKING:
    from covpath.gate.scripts.recipe_effect import RecipeEffect
    from covpath.workflow.shell.exit_status import ExitEffect
    from covpath.workflow.shell.syntax import Command


class ShellEffect(Struct, frozen=True, kw_only=True):
    """Whether the step exits non-zero when the command it is about fails.

    ``shown``: the script prints an annotation or the like, so a masked failure is still seen.
    """

    fails: Tri
    shown: bool = False
    effect: ExitEffect | None = None
    reasons: tuple[Reason, ...] = ()

    def behind(self, recipe: RecipeEffect | None) -> ShellEffect:
        """The same for a command of a recipe that lets it fail, or may."""
        if recipe is None or recipe.reason in self.reasons:
            return self
        fails = both(self.fails, recipe.fails)
        return replace(self, fails=fails, shown=self.shown or recipe.shown, reasons=(recipe.reason, *self.reasons))


FAILING_INPUTS = ("fail_ci_if_error", "fail-on-error", "if-no-files-found")
"""The inputs by which upload actions are told whether to fail."""

LETS_OUT = ShellEffect(fails=Tri.TRUE)


def shell_for(workflow: Workflow, job: Job, step: Step, leg: Leg | None = None, inputs: Value = None) -> Shell:
    """The shell that runs a step's script, in one leg of the matrix and for one call's ``inputs`` where they are given.

    A system the file does not tell is taken to have bash.
    """
    named = workflow.shell_of(job, step)
    if named is None:
        return default_shell(windows=_on_windows(job, leg, inputs))
    return _named(_in_leg(named, leg, inputs) or named)


_named = lru_cache(maxsize=256)(shell_named)


def _on_windows(job: Job, leg: Leg | None, inputs: Value) -> bool:
    runner = deref(job.runs_on) if job.runs_on is not None else None
    if type(runner) is Scalar:
        if OPEN not in runner.value:
            return runner.value.lower().startswith("windows")
        if leg is None and inputs is None:
            return False  # nothing of it is known
    if type(runner) is Mapping:
        labels = runner.get("labels")
        runner = deref(labels) if labels is not None else None
    items = map(deref, runner.items) if isinstance(runner, Sequence) else (runner,)
    labels_ = [_in_leg(item.value, leg, inputs) for item in items if isinstance(item, Scalar)]
    return any(label is not None and label.lower().startswith("windows") for label in labels_)


def _in_leg(text: str, leg: Leg | None, inputs: Value) -> str | None:
    """A text as one leg sees it; None where it is not known."""
    if OPEN not in text:
        return text
    matrix = leg.values if leg is not None else None
    if matrix is None and inputs is None:
        return None
    known = {"matrix": matrix, "inputs": inputs}
    try:
        value = evaluate_text(text, Contexts({name: value for name, value in known.items() if value is not None}))
    except ExpressionError:
        return None
    return value if isinstance(value, str) else None


def _surely(text: str, command: Command | None) -> bool:
    """Whether the text alone tells that a failure is the script's; it says nothing of what makes words of others."""
    if command is None:
        return fails_at_once(text)
    return not command.context and every_command_alone(text)


def shell_effect(
    workflow: Workflow,
    job: Job,
    step: Step,
    command: Command | None,
    leg: Leg | None = None,
    contexts: Contexts | None = None,
    inputs: Value = None,
) -> ShellEffect:
    """What the script makes of the failure of ``command``, or of the last command it is about.

    ``contexts``: what the expressions of an action's inputs see. ``inputs``: a call's, where they choose the shell.
    """
    if step.uses is not None:
        return _action_effect(workflow, step, contexts)
    if step.run is None or not step.run.value.strip():
        return LETS_OUT
    text = step.run.value
    shell = shell_for(workflow, job, step, leg, inputs)
    if shell.errexit and shell.known and _surely(text, command):
        return LETS_OUT
    # Imported here: most scripts need no shell reader for this.
    from covpath.gate.scripts.last_failure import failure_of_the_last
    from covpath.workflow.shell.exit_status import ExitOutcome, failure_of
    from covpath.workflow.shell.other_shells import lets_errors_out, with_lines_joined
    from covpath.workflow.shell.parse import parse_script

    if shell.kind is ShellKind.PYTHON and command is None and lets_errors_out(text):
        return LETS_OUT
    text = with_lines_joined(text, shell)

    if command is None:
        found = failure_of_the_last(text, shell)
        if found is None:
            return LETS_OUT
        command, effect = found
    else:
        effect = failure_of(command, parse_script(text), shell)
    if effect.outcome is ExitOutcome.FAILS:
        return ShellEffect(fails=Tri.TRUE, effect=effect)
    masked = effect.outcome is ExitOutcome.MASKED
    if masked and (later := _decides_later(job, step, text)) is not None:
        reason = _handed_on(step, workflow.place(later))
        return ShellEffect(fails=Tri.UNKNOWN, effect=effect, reasons=(reason,))
    span = effect.span or command.span
    place: Place = script_place(workflow, step, span.start)
    written = " ".join(text[span.start : span.end].replace("\\\n", " ").split())
    quoted = f"`{written}`: " if effect.span is not None and 1 < len(written) <= 80 else ""
    reason = Reason(
        code=f"shell-{'mask' if masked else 'unknown'}-{effect.code}", message=f"{quoted}{effect.message}", place=place
    )
    return ShellEffect(
        fails=Tri.FALSE if masked else Tri.UNKNOWN,
        shown=masked and shows_in_script(text),
        effect=effect,
        reasons=(reason,),
    )


_HANDS_ON = regex(r"\$\?|\bPIPESTATUS\b|\|\|[^\n;]*GITHUB_OUTPUT|\belse\b(?:(?!\bfi\b)[\s\S])*GITHUB_OUTPUT")
_CAN_FAIL = regex(r"\bexit\s+(?!0\b)\S|\bfalse\b|setFailed|\bthrow\b")
_TESTS = regex(r"^\s*(?:test|\[\[?)\s", re.MULTILINE)


def _decides_later(job: Job, step: Step, text: str) -> Scalar | None:
    """Where a later step that can fail is given what a script says of a failure it lets pass."""
    if step.id is None or "GITHUB_OUTPUT" not in text or not _HANDS_ON.search(text):
        return None
    read = f"steps.{step.id}.outputs".lower()
    for later in job.steps[step.index + 1 :]:
        does = later.run.value if later.run is not None else later.inputs().get("script", "")
        if later.if_ is not None and read in later.if_.value.lower() and _CAN_FAIL.search(does):
            return later.if_
        given = _given(later, read)
        if given is not None and (_CAN_FAIL.search(does) or (later.run is not None and _does_something(does))):
            return given
    return None


def _handed_on(step: Step, place: Place) -> Reason:
    return Reason(
        code="shell-unknown-decided-later",
        message=f"the script goes on and hands the failure to `steps.{step.id}.outputs`: whether a later step fails"
        " because of it cannot be told",
        place=place,
    )


def _given(step: Step, read: str) -> Scalar | None:
    """Where a step is given a value: in its script, or in a variable."""
    layer = step.env.entries if step.env is not None else ()
    written = [step.run, *(deref(entry.value) for entry in layer)]
    return next((one for one in written if isinstance(one, Scalar) and read in one.value.lower()), None)


def _does_something(text: str) -> bool:
    """Whether a script does more than print: a test, or a command that may look at what it is given."""
    told = script_text(text)
    return bool(_TESTS.search(text)) or told is None or bool(text_commands(told))


def asks_the_event(step: Step) -> bool:
    """Whether an expression says if the action of a step may fail."""
    if step.uses is None or step.with_ is None:
        return False
    inputs = step.inputs()
    return any(OPEN in inputs.get(name, "") for name in FAILING_INPUTS)


def _seen(text: str, contexts: Contexts | None) -> str:
    """An input's value where its expressions can be worked out, else as written."""
    if contexts is None or OPEN not in text:
        return text
    try:
        value = evaluate_text(text, contexts)
    except ExpressionError:
        return text
    return value if isinstance(value, str) else text


def _action_effect(workflow: Workflow, step: Step, contexts: Contexts | None) -> ShellEffect:
    """Upload actions that are told, or made, not to fail when the upload does."""
    # Imported here: few jobs are judged by an action.
    from covpath.backends.uploaders import uploader

    found = uploader(step.uses or "")
    if found is None:
        return LETS_OUT
    inputs = step.inputs()
    fails = found.can_fail({name: _seen(value, contexts) for name, value in inputs.items()})
    if fails is Tri.TRUE:
        return LETS_OUT
    told = ", ".join(f"`{name}: {inputs[name]}`" for name in FAILING_INPUTS if name in inputs) or "its default"
    message = f"a failing upload {'does not' if fails is Tri.FALSE else 'may not'} fail the step ({told})"
    return ShellEffect(
        fails=fails, reasons=(Reason(code="upload-quiet", message=message, place=workflow.place(step.node)),)
    )
