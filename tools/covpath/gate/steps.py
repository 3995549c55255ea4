"""A fault within one job: step after step, what runs, what fails, and what the job comes to."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from covpath.gate.logic import BAD, CANCELS, FAILS, SKIPS, SUCCEEDS, Results, negated
from covpath.gate.run import JobResult
from covpath.gate.scope import Scope, StepResult, View, holds, switched_on
from covpath.terms import Tri, both, either
from covpath.workflow.expressions.availability import Key
from covpath.workflow.expressions.contexts import Status
from covpath.workflow.model import Job, Step

Failing = Callable[[Scope, Job, Step, View], Tri]
"""Whether a step that runs fails of itself, given what it can see (``exit 1``, a gate's check)."""


class StepTrace(Struct, frozen=True):
    """One step of a simulated job: whether it ran, and its results."""

    ran: Tri
    result: StepResult


class JobTrace(Struct, frozen=True):
    """A simulated job: its steps in order and whether it failed."""

    steps: tuple[StepTrace, ...]
    failed: Tri

    @property
    def results(self) -> Results:
        """The job's own result."""
        if self.failed is Tri.UNKNOWN:
            return SUCCEEDS | FAILS
        return FAILS if self.failed is Tri.TRUE else SUCCEEDS


def never_fails(scope: Scope, job: Job, step: Step, view: View) -> Tri:
    """The answer for a run in which nothing goes wrong."""
    del scope, job, step, view
    return Tri.FALSE


def run_steps(scope: Scope, job: Job, view: View, *, fault: int | None, failing: Failing) -> JobTrace:
    """Simulate a job's steps with the step at index ``fault`` failing (none: the job as it should be).

    ``view`` is what the job's own keys see. A step that runs succeeds unless ``failing`` knows better.
    """
    failed = Tri.FALSE
    traces: list[StepTrace] = []
    named: dict[str, StepResult] = {}
    for step in job.steps:
        status = _STATUS[failed]
        seen = scope.step_view(job, step, view, named, status)
        ran = Tri.TRUE if step.index == fault else holds(step.if_, seen)
        fails = Tri.FALSE
        if step.index == fault:
            fails = Tri.TRUE
        elif ran is not Tri.FALSE and (fault is None or step.index > fault):
            # What came before the fault has seen nothing of it, and went well.
            fails = failing(scope, job, step, seen)
        masked = switched_on(step.continue_on_error, seen, Key.STEP_CONTINUE_ON_ERROR)
        result = _result(ran, fails, masked)
        if result.conclusion & FAILS:
            failed = either(failed, Tri.TRUE if result.conclusion == FAILS else Tri.UNKNOWN)
        traces.append(StepTrace(ran, result))
        if step.id:
            named = {**named, step.id: result}
    return JobTrace(tuple(traces), failed)


_STATUS = {
    tri: Status(success=negated(tri), failure=tri, cancelled=Tri.FALSE) for tri in (Tri.TRUE, Tri.FALSE, Tri.UNKNOWN)
}


def _result(ran: Tri, fails: Tri, masked: Tri) -> StepResult:
    outcome = 0
    if ran is not Tri.TRUE:
        outcome |= SKIPS
    if ran is not Tri.FALSE and fails is not Tri.TRUE:
        outcome |= SUCCEEDS
    if ran is not Tri.FALSE and fails is not Tri.FALSE:
        outcome |= FAILS
    return StepResult(outcome, _masked(outcome, masked))


def _masked(results: Results, masked: Tri) -> Results:
    """What ``continue-on-error`` leaves of results: only a failure is turned into success."""
    if masked is Tri.FALSE or not results & FAILS:
        return results
    return (results & ~FAILS if masked is Tri.TRUE else results) | SUCCEEDS


def job_result(results: Results, continue_on_error: Tri) -> JobResult:
    """A job's result with its ``continue-on-error`` applied to what others see of it.

    The check keeps its colour; ``needs.ID.result`` says success and the run does not fail
    (``facts``, gating, 1.1). Whether that also holds for a cancelled job is not settled.
    """
    if not results & BAD:
        return JobResult(results, results)
    fails_run = Tri.UNKNOWN if results & ~BAD else Tri.TRUE
    needed = _masked(results, continue_on_error)
    if continue_on_error is not Tri.FALSE:
        if results & CANCELS:
            needed |= SUCCEEDS
            fails_run = both(fails_run, Tri.UNKNOWN)
        else:
            fails_run = both(fails_run, negated(continue_on_error))
    return JobResult(results, needed, fails_run)
