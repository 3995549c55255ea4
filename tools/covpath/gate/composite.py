"""A composite action of the repository, used as a step: what a failure inside of it makes of the step."""

from __future__ import annotations

import re
from collections.abc import Iterator

from covpath.gate.measuring import Measuring, SeenBehind, alternatives
from covpath.gate.scripts.purpose import is_setup
from covpath.gate.scripts.shell_effect import ShellEffect, shell_effect, shell_for
from covpath.gate.scripts.visible import shows_something
from covpath.gate.simulation.failing import fails_of_itself
from covpath.gate.simulation.run import Graph, Run
from covpath.gate.simulation.scope import Scope
from covpath.gate.simulation.steps import never_fails, run_steps
from covpath.gate.simulation.view import View, switched_on
from covpath.patterns import regex
from covpath.terms import Reason, Tri, any_of, both
from covpath.workflow.calls import LOCAL, Actions
from covpath.workflow.expressions.availability import Key
from covpath.workflow.expressions.contexts import SUCCEEDED
from covpath.workflow.expressions.template import evaluate_text
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Object, Value, unknown_text
from covpath.workflow.legs import NO_MATRIX
from covpath.workflow.local_action import RUNS, action_inputs
from covpath.workflow.model import Job, Step, Workflow

_DEEPEST = 10
_CHECKS = regex(r"(?<![a-z])(?:tests?|checks?|lint|verify|fuzz|bench(?:mark)?|e2e|integration)(?![a-z])", re.IGNORECASE)


def _of_its_own(step: Step) -> bool:
    return step.uses is not None and step.uses.startswith(LOCAL)


def measuring_inside(actions: Actions, step: Step, depth: int = 0) -> Measuring | None:
    """The measurement in a composite action that a step uses, or in one it uses in turn."""
    action = _action(actions, step, depth)
    if action is None:
        return None
    job = action.jobs[RUNS]
    best = next(alternatives(action, job), None)
    if best is not None and best.coverage:
        return best
    for inner in reversed(job.steps):
        found = measuring_inside(actions, inner, depth + 1)
        if found is not None:
            return found
    return None


def works(actions: Actions, step: Step, depth: int = 0) -> bool:
    """Whether a step uses a composite action that does more than prepare."""
    action = _action(actions, step, depth)
    if action is None:
        # What a program of the repository does as an action, its name must tell.
        return _of_its_own(step) and _CHECKS.search((step.uses or "").rstrip("/").rpartition("/")[2]) is not None
    job = action.jobs[RUNS]
    return any(
        not is_setup(inner, shell_for(action, job, inner)) or works(actions, inner, depth + 1) for inner in job.steps
    )


def composite_effect(
    actions: Actions, run: Run, step: Step, view: View, behind: SeenBehind | None = None, depth: int = 0
) -> ShellEffect | None:
    """What the step makes of the failure of what its action is about; None for a step that uses no such action."""
    action = _action(actions, step, depth)
    if action is None:
        return None
    job = action.jobs[RUNS]
    about = _about(actions, action, job, behind, depth)
    if about.index is None:
        return ShellEffect(fails=Tri.TRUE)
    inner = job.steps[about.index]
    inside = Run(action, Graph(action), run.event, inputs=_inputs(action, step, view))
    scope = Scope(inside, NO_MATRIX, (NO_MATRIX,))
    seen = scope.job_view({}, SUCCEEDED)
    shell = composite_effect(actions, inside, inner, seen, behind, depth + 1)
    if shell is None:
        shell = shell_effect(action, job, inner, about.command).behind(about.recipe)
    trace = run_steps(scope, job, seen, fault=inner.index, failing=fails_of_itself)
    sound = run_steps(scope, job, seen, fault=None, failing=never_fails)
    shown = any_of(
        now.ran
        for one, now, before in zip(job.steps, trace.steps, sound.steps, strict=True)
        if now.ran is not before.ran and shows_something(one)
    )
    return ShellEffect(
        fails=both(shell.fails, trace.failed),
        shown=shell.shown or shown is Tri.TRUE,
        effect=shell.effect,
        reasons=(*shell.reasons, *_flags(action, job, inner, scope, seen)),
    )


def _action(actions: Actions, step: Step, depth: int) -> Workflow | None:
    if step.uses is None or not step.uses.startswith(LOCAL) or depth > _DEEPEST:
        return None
    return actions(step.uses)


def _about(actions: Actions, action: Workflow, job: Job, behind: SeenBehind | None, depth: int) -> Measuring:
    """The step inside that the action is judged by."""
    best = next(alternatives(action, job, behind), Measuring(index=None))
    if best.coverage:
        return best
    for inner in reversed(job.steps):
        if measuring_inside(actions, inner, depth + 1) is not None:
            return Measuring(index=inner.index, coverage=True)
    return best


def _inputs(action: Workflow, step: Step, view: View) -> Object:
    """The action's inputs, all of them texts."""
    found: dict[str, Value] = dict(action_inputs(action))
    for entry in step.with_.entries if step.with_ is not None else ():
        name = next((one for one in found if one.lower() == entry.key.value.lower()), entry.key.value)
        text = getattr(entry.value, "value", "")
        try:
            found[name] = evaluate_text(text, view.contexts_for(text))
        except ExpressionError:
            found[name] = unknown_text(f"inputs.{name}")
    return Object(found)


def _flags(action: Workflow, job: Job, inner: Step, scope: Scope, view: View) -> Iterator[Reason]:
    """The inner step's own ``continue-on-error``, where it may mask."""
    flag = inner.continue_on_error
    if flag is None:
        return
    on = switched_on(flag, scope.step_view(job, inner, view, {}, SUCCEEDED), Key.COMPOSITE_STEP_CONTINUE_ON_ERROR)
    if on is not Tri.FALSE:
        what = f"inside the action, `continue-on-error: {flag.value}`"
        does = "turns" if on is Tri.TRUE else "may turn"
        yield Reason(
            code="step-continue-on-error" if on is Tri.TRUE else "step-continue-on-error-unknown",
            message=f"{what} {does} the failure of `{inner.label}` into success",
            place=action.place(flag),
        )
