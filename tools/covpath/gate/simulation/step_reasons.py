"""The chain of reasons behind a step's gate, each link with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from covpath.errors import Place
from covpath.gate.scripts.shell_effect import ShellEffect
from covpath.gate.simulation.effect import Effect, JobSimulation, followed
from covpath.gate.simulation.view import View, sees, switched_on
from covpath.terms import Gate, JobId, Reason, Tri
from covpath.wording import few
from covpath.workflow.expressions.availability import Key
from covpath.workflow.expressions.references import references_in
from covpath.workflow.expressions.template import OPEN
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.model import Job, Step, Workflow
from covpath.yamltext.nodes import Mapping, Scalar


def effect_reasons(simulation: JobSimulation, step: Step, shell: ShellEffect, effect: Effect) -> tuple[Reason, ...]:
    """Why a failure of the step (if its script lets one out) comes to ``effect``."""
    workflow = simulation.run.workflow
    if shell.fails is Tri.FALSE:
        return (_passing("the script exits 0 all the same", workflow, step),)
    found = [*_step_mask(simulation, step), *_job_mask(simulation)]
    if effect.run_fails is Tri.TRUE:
        let_out = "what the script lets out" if shell.fails is Tri.UNKNOWN else "a failure"
        found.append(
            Reason(
                code="run-fails",
                message=f"nothing masks {let_out}: the job and the run fail",
                place=workflow.place(step.node),
            )
        )
    elif effect.job_fails is Tri.FALSE:
        found.append(_passing("the job stays green", workflow, step))
    elif effect.job_fails is Tri.TRUE:
        found.append(
            Reason(
                code="check-red",
                message="the job's check turns red while the run passes",
                place=workflow.place(simulation.job.key),
            )
        )
    else:
        found.append(
            Reason(
                code="later-step-unknown",
                message="whether a later step fails the job because of it cannot be told",
                place=workflow.place(step.node),
            )
        )
    if effect.gate is Gate.ADVISORY and effect.shown is Tri.TRUE:
        found.append(Reason(code="shown", message="a later step shows the failure", place=None))
    return tuple(found)


def _passing(what: str, workflow: Workflow, step: Step) -> Reason:
    return Reason(code="check-green", message=f"{what}; no check shows the failure", place=workflow.place(step.node))


def _step_mask(simulation: JobSimulation, step: Step) -> Iterator[Reason]:
    """What the step's ``continue-on-error`` does, and where its value comes from."""
    scalar = step.continue_on_error
    if scalar is None:
        return
    workflow, job = simulation.run.workflow, simulation.job
    view = simulation.scope.step_view(job, step, simulation.view, {}, simulation.view.status)
    on = switched_on(scalar, view, Key.STEP_CONTINUE_ON_ERROR)
    place = workflow.place(scalar)
    written = f"`continue-on-error: {short(scalar.value)}`"
    if on is Tri.TRUE:
        yield Reason(
            code="step-continue-on-error", message=f"{written} turns the step's failure into success", place=place
        )
    elif on is Tri.UNKNOWN:
        yield Reason(
            code="step-continue-on-error-unknown",
            message=f"{written} may turn the step's failure into success{_depends(scalar, view)}",
            place=place,
        )
    elif not isinstance(scalar.data(), bool):
        yield Reason(code="step-continue-on-error-off", message=f"{written} is off{_why_off(scalar)}", place=place)
    yield from _variables(workflow, job, step, scalar)


def _depends(scalar: Scalar, view: View) -> str:
    names = sees(scalar, view)
    return f": it depends on {names}" if names else ""


def _why_off(scalar: Scalar) -> str:
    """Text and numbers are no booleans: GitHub reports an error and lets the failure stand."""
    return "" if OPEN in scalar.value else ": only true and false count"


def _variables(workflow: Workflow, job: Job, step: Step, scalar: Scalar) -> Iterator[Reason]:
    """The environment variables a condition reads, with the value they have in this file."""
    try:
        names = {reference.path[1] for reference in references_in(scalar.value) if reference.reads("env")}
    except (ExpressionError, IndexError):
        return
    for name in sorted(names):
        entry = variable_entry(workflow, job, step, name)
        if entry is not None:
            value, place = entry
            yield Reason(code="ratchet", message=f"`{name}` is `{value}`", place=place)


def variable_entry(workflow: Workflow, job: Job, step: Step, name: str) -> tuple[str, Place] | None:
    """The value of an environment variable as the file sets it nearest to a step, with its place."""
    layers: tuple[Mapping | None, ...] = (step.env, job.env, workflow.env)
    for layer in layers:
        found = layer.find(name) if layer is not None else None
        if found is not None and isinstance(found.value, Scalar):
            return found.value.value, workflow.place(found.value)
    return None


def _job_mask(simulation: JobSimulation) -> Iterator[Reason]:
    scalar = simulation.job.continue_on_error
    if scalar is None:
        return
    on = simulation.continue_on_error
    place = simulation.run.workflow.place(scalar)
    written = f"the job's `continue-on-error: {short(scalar.value)}`"
    if on is Tri.TRUE:
        yield Reason(code="job-continue-on-error", message=f"{written} lets it pass", place=place)
    elif on is Tri.UNKNOWN:
        message = f"{written} may let it pass{_depends(scalar, simulation.view)}"
        yield Reason(code="job-continue-on-error-unknown", message=message, place=place)
    elif not isinstance(scalar.data(), bool):
        yield Reason(code="job-continue-on-error-off", message=f"{written} is off{_why_off(scalar)}", place=place)


def loss_reasons(simulation: JobSimulation) -> tuple[Reason, ...]:
    """What a lost runner does to the job."""
    workflow, job = simulation.run.workflow, simulation.job
    found = [
        Reason(
            code="runner-loss",
            message="no setting of a step survives the loss of the runner: the check turns red",
            place=workflow.place(job.key),
        )
    ]
    if job.continue_on_error is not None and simulation.continue_on_error is not Tri.FALSE:
        found.append(
            Reason(
                code="runner-loss-job-unknown",
                message="whether the job's `continue-on-error` lets the run pass then is not settled",
                place=workflow.place(job.continue_on_error),
            )
        )
    return tuple(found)


def skipped_reason(workflow: Workflow, step: Step) -> Reason:
    """Why a step does not run for a pull request."""
    place = workflow.place(step.if_ if step.if_ is not None else step.node)
    return Reason(code="step-skipped", message="the step does not run for a pull request", place=place)


def form_reasons(simulation: JobSimulation, step: Step) -> Iterator[Reason]:
    """What is to be told of a step in the background, and of a step form that is not followed."""
    workflow, job = simulation.run.workflow, simulation.job
    if not followed(job, step):
        what = (
            "is cancelled by a later step"
            if step.background
            else "cancels or groups steps in a way that is not followed"
        )
        message = f"`{step.label}` {what}: what its failure does is not known"
        yield Reason(code="step-form-unknown", message=message, place=workflow.place(step.node))
        return
    later = job.steps[step.index + 1 :]
    waits = next(
        (one for one in later if one.waits_for is not None and (step.id in one.waits_for or not one.waits_for)), None
    )
    if waits is None:
        message = "it runs in the background: a failure counts when the job waits for it at its end"
        yield Reason(code="step-background", message=message, place=workflow.place(step.node))
        return
    message = "it runs in the background: a failure counts where the job waits for it"
    yield Reason(code="step-background", message=message, place=workflow.place(waits.node))
    yield from _step_mask(simulation, waits)


def beside_reason(workflow: Workflow, step: Step) -> Reason:
    """What blocks in the same group, where the measuring step does not."""
    message = f"`{step.label}`, which runs beside it, blocks"
    return Reason(code="step-beside-blocks", message=message, place=workflow.place(step.node))


JOB_SKIPPED = "job-skipped"
"""The code of the reason for which a job of a workflow that runs does not."""


def job_skipped(workflow: Workflow, job: Job) -> Reason:
    """Why a job never runs although its workflow does."""
    node = job.if_ if job.if_ is not None else job.key
    return Reason(code=JOB_SKIPPED, message="the job does not run for a pull request", place=workflow.place(node))


SKIPPED = frozenset({JOB_SKIPPED, "step-skipped"})
"""The codes of the two reasons for which nothing runs."""


ONLY_ON_FAILURE = "only-on-failure"
"""The code of the reason for which a job runs for some pull requests only."""


def only_on_failure(workflow: Workflow, job: Job) -> Reason:
    """Why a job has no say while all is well."""
    node = job.if_ if job.if_ is not None else job.key
    message = "the job runs only when a job before it fails"
    return Reason(code=ONLY_ON_FAILURE, message=message, place=workflow.place(node))


def runs_to_fail(workflow: Workflow, job: Job, index: int | None, names: Sequence[JobId], surely: Tri) -> Reason:
    """Why a job that has nothing to do while all is well counts: it hears of others' failures."""
    step = job.steps[index] if index is not None else None
    condition = step.if_ if step is not None and step.if_ is not None else job.if_
    shown = few([f"`{name}`" for name in names], 3)
    verb = "turns" if surely is Tri.TRUE else "may turn"
    message = f"a gate: it {verb} red once {shown} failed"
    return Reason(
        code="gate-reacts", message=message, place=workflow.place(condition if condition is not None else job.key)
    )


def no_step(workflow: Workflow, job: Job) -> Reason:
    """Why a job has no gate of its own."""
    return Reason(code="no-step", message="the job has no step to judge it by", place=workflow.place(job.key))


def short(text: str) -> str:
    """A value in one line."""
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:77]}..."
