"""A fault within one job: step after step, what runs, what fails, and what the job comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from covpath.gate.scope import FAILS, SKIPS, SUCCEEDS, JobResult, Results, Scope, StepResult, holds, switched_on
from covpath.gate.verdict import Result
from covpath.terms import Tri
from covpath.workflow.expressions.contexts import Contexts, Status
from covpath.workflow.model import Job, Step

Failing = Callable[[Step, Contexts], Tri]
"""Whether a step that runs fails of itself, given what it can see (``exit 1``, a gate's check)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTrace:
    """One step of a simulated job: whether it ran, and its results."""

    ran: Tri
    result: StepResult


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTrace:
    """A simulated job: its steps in order and whether it failed."""

    steps: tuple[StepTrace, ...]
    failed: Tri

    @property
    def results(self) -> Results:
        """The job's own result."""
        if self.failed is Tri.UNKNOWN:
            return SUCCEEDS | FAILS
        return FAILS if self.failed is Tri.TRUE else SUCCEEDS


def both(left: Tri, right: Tri) -> Tri:
    """Kleene's and."""
    if left is Tri.FALSE or right is Tri.FALSE:
        return Tri.FALSE
    return Tri.TRUE if left is Tri.TRUE and right is Tri.TRUE else Tri.UNKNOWN


def either(left: Tri, right: Tri) -> Tri:
    """Kleene's or."""
    return both(left.negate(), right.negate()).negate()


def run_steps(scope: Scope, job: Job, needs: Contexts, *, fault: int | None, failing: Failing) -> JobTrace:
    """Simulate a job's steps with the step at index ``fault`` failing (none: the job as it should be).

    A step that runs succeeds unless ``failing`` knows better. Steps in the newer forms may do
    anything once something failed.
    """
    failed = Tri.FALSE
    traces: list[StepTrace] = []
    named: dict[str, StepResult] = {}
    for step in job.steps:
        status = Status(success=failed.negate(), failure=failed, cancelled=Tri.FALSE)
        contexts = contexts_for(scope, job, step, needs, named, status)
        ran = Tri.TRUE if step.index == fault else holds(step.if_, contexts)
        fails = Tri.FALSE
        if step.index == fault:
            fails = Tri.TRUE
        elif ran is not Tri.FALSE:
            fails = failing(step, contexts)
        trace = StepTrace(ran=ran, result=_result(ran, fails, switched_on(step.continue_on_error, contexts)))
        if Result.FAILURE in trace.result.conclusion:
            certain = Tri.TRUE if trace.result.conclusion == FAILS else Tri.UNKNOWN
            failed = either(failed, certain)
        traces.append(trace)
        if step.id:
            named[step.id] = trace.result
    return JobTrace(steps=tuple(traces), failed=failed)


def contexts_for(
    scope: Scope, job: Job, step: Step, needs: Contexts, named: Mapping[str, StepResult], status: Status
) -> Contexts:
    """What a step's ``if`` and ``continue-on-error`` can see; built only where an expression asks."""
    if step.if_ is None and (step.continue_on_error is None or "${{" not in step.continue_on_error.value):
        return needs.with_status(status)
    return scope.step_contexts(job, step, needs, named, status)


def _result(ran: Tri, fails: Tri, masked: Tri) -> StepResult:
    outcome: Results = frozenset()
    if ran is not Tri.TRUE:
        outcome |= SKIPS
    if ran is not Tri.FALSE and fails is not Tri.TRUE:
        outcome |= SUCCEEDS
    if ran is not Tri.FALSE and fails is not Tri.FALSE:
        outcome |= FAILS
    conclusion = outcome
    if masked is not Tri.FALSE and Result.FAILURE in outcome:
        conclusion = (outcome - FAILS if masked is Tri.TRUE else outcome) | SUCCEEDS
    return StepResult(outcome=outcome, conclusion=conclusion)


def job_result(results: Results, continue_on_error: Tri) -> JobResult:
    """A job's result with its ``continue-on-error`` applied to what others see of it.

    The check keeps its colour; ``needs.ID.result`` says success and the run does not fail
    (``facts``, gating, 1.1).
    """
    needed = results
    fails_run = Tri.FALSE
    if Result.FAILURE in results or Result.CANCELLED in results:
        fails_run = Tri.TRUE if results <= (FAILS | {Result.CANCELLED}) else Tri.UNKNOWN
    if Result.FAILURE in results and continue_on_error is not Tri.FALSE:
        needed = (results - FAILS if continue_on_error is Tri.TRUE else results) | SUCCEEDS
        fails_run = both(fails_run, continue_on_error.negate())
    return JobResult(results=results, needed=needed, fails_run=fails_run)
