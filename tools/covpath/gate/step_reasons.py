"""The chain of reasons behind a step's gate, each link with its place."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.errors import Place
from covpath.gate.effect import Effect, JobSimulation
from covpath.gate.scope import switched_on
from covpath.gate.shell_effect import ShellEffect
from covpath.gate.steps import contexts_for
from covpath.terms import Gate, Reason, Tri
from covpath.workflow.expressions.references import references_in
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.model import Job, Step, Workflow
from covpath.yamltext.nodes import Mapping, Scalar


def effect_reasons(simulation: JobSimulation, step: Step, shell: ShellEffect, effect: Effect) -> tuple[Reason, ...]:
    """Why a failure of the step (if its script lets one out) comes to ``effect``."""
    if shell.fails is Tri.FALSE:
        return (_passing("the script exits 0 all the same", simulation, step),)
    found = [*_step_mask(simulation, step), *_job_mask(simulation)]
    if effect.run_fails is Tri.TRUE:
        found.append(
            Reason(
                code="run-fails",
                message="nothing masks a failure: the job and the run fail",
                place=simulation.scope.workflow.place(step.node),
            )
        )
    elif effect.job_fails is Tri.FALSE:
        found.append(_passing("the job stays green", simulation, step))
    elif effect.job_fails is Tri.TRUE:
        found.append(
            Reason(
                code="check-red",
                message="the job's check turns red while the run passes",
                place=simulation.scope.workflow.place(simulation.job.key),
            )
        )
    if effect.gate is Gate.ADVISORY and effect.shown is Tri.TRUE:
        found.append(Reason(code="shown", message="a later step shows the failure", place=None))
    return tuple(found)


def _passing(what: str, simulation: JobSimulation, step: Step) -> Reason:
    return Reason(
        code="check-green",
        message=f"{what}; no check shows the failure",
        place=simulation.scope.workflow.place(step.node),
    )


def _step_mask(simulation: JobSimulation, step: Step) -> Iterator[Reason]:
    """What the step's ``continue-on-error`` does, and where its value comes from."""
    scalar = step.continue_on_error
    if scalar is None:
        return
    workflow, job = simulation.scope.workflow, simulation.job
    contexts = contexts_for(simulation.scope, job, step, simulation.needs, {}, simulation.needs.status)
    on = switched_on(scalar, contexts)
    place = workflow.place(scalar)
    written = f"`continue-on-error: {_short(scalar.value)}`"
    if on is Tri.TRUE:
        yield Reason(
            code="step-continue-on-error", message=f"{written} turns the step's failure into success", place=place
        )
    elif on is Tri.UNKNOWN:
        yield Reason(
            code="step-continue-on-error-unknown",
            message=f"{written} may turn the step's failure into success",
            place=place,
        )
    elif not isinstance(scalar.data(), bool):
        yield Reason(code="step-continue-on-error-off", message=f"{written} is off", place=place)
    yield from _variables(workflow, job, step, scalar)


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
    if scalar is None or simulation.continue_on_error is Tri.FALSE:
        return
    certain = simulation.continue_on_error is Tri.TRUE
    yield Reason(
        code="job-continue-on-error" if certain else "job-continue-on-error-unknown",
        message=f"the job's `continue-on-error: {_short(scalar.value)}` {'lets' if certain else 'may let'} it pass",
        place=simulation.scope.workflow.place(scalar),
    )


def loss_reasons(simulation: JobSimulation) -> tuple[Reason, ...]:
    """What a lost runner does to the job."""
    workflow, job = simulation.scope.workflow, simulation.job
    found = [
        Reason(
            code="runner-loss",
            message="no setting of a step survives the loss of the runner: the check turns red",
            place=workflow.place(job.key),
        )
    ]
    if job.continue_on_error is not None:
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


def call_reason(workflow: Workflow, job: Job) -> Reason:
    """Why a job has no gate of its own."""
    if job.uses is not None:
        return Reason(
            code="reusable-call",
            message=f"calls the reusable workflow {job.uses.value}, which is not followed",
            place=workflow.place(job.uses),
        )
    if job.if_ is not None:
        return Reason(
            code="job-skipped", message="the job does not run for a pull request", place=workflow.place(job.if_)
        )
    return Reason(code="no-step", message="the job has no step to judge it by", place=workflow.place(job.key))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:77]}..."
