"""A fault within one job: step after step, what runs, what fails, and what the job comes to."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from covpath.gate.simulation.logic import BAD, CANCELS, FAILS, SKIPS, SUCCEEDS, Results, StepResult, negated
from covpath.gate.simulation.run import JobResult
from covpath.gate.simulation.scope import Scope
from covpath.gate.simulation.view import View, holds, switched_on
from covpath.terms import Tri, any_of, both, either
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


def run_steps(
    scope: Scope,
    job: Job,
    view: View,
    *,
    fault: int | None,
    failing: Failing,
    within: Step | None = None,
    before: tuple[StepTrace, ...] = (),
) -> JobTrace:
    """Simulate a job's steps with the step at index ``fault`` failing (none: the job as it should be).

    ``view`` is what the job's own keys see. A step that runs succeeds unless ``failing`` knows better.
    ``within``: which step of a ``parallel`` group fails. ``before``: the first steps, where it is known that they
    went well; no groups. The steps of a group do not see each other; what a
    step in the background came to counts where the job waits for it, at the latest in the end. Source:
    GitHub's workflow syntax, ``background``, ``wait``, ``wait-all`` and ``parallel``.
    """
    failed = Tri.FALSE
    traces = list(before)
    named = {step.id: trace.result for step, trace in zip(job.steps, before, strict=False) if step.id}
    waiting: list[tuple[Step, Tri]] = []
    for step in job.steps[len(before) :]:
        status = _STATUS[failed]
        one = _Simulated(scope=scope, job=job, view=view, named=named, status=status, fault=fault, failing=failing)
        if step.children:
            inside = [one.trace(child, step.index, child is (within or step.children[-1])) for child in step.children]
            named = {**named, **_named(step.children, inside)}
            trace = _together(inside)
        else:
            trace = one.trace(step, step.index, True)
        bad = _bad(trace.result)
        if step.background:
            waiting.append((step, bad))
        elif step.waits_for is not None:
            due = any_of(found for other, found in waiting if _waits(step, other))
            waiting = [(other, found) for other, found in waiting if not _waits(step, other)]
            failed = either(failed, either(bad, both(due, negated(one.flag(step)))))
        else:
            failed = either(failed, bad)
        traces.append(trace)
        if step.id:
            named = {**named, step.id: trace.result}
    # The job itself waits for what is still running.
    return JobTrace(tuple(traces), either(failed, any_of(found for _, found in waiting)))


class _Simulated(Struct, frozen=True, kw_only=True, eq=False):
    """A point of a simulated job: what a step there sees."""

    scope: Scope
    job: Job
    view: View
    named: dict[str, StepResult]
    status: Status
    fault: int | None
    failing: Failing

    def trace(self, step: Step, index: int, meant: bool) -> StepTrace:
        """One step; ``index`` is that of its group, if it is in one, and ``meant`` whether the fault there is its."""
        seen = self.scope.step_view(self.job, step, self.view, self.named, self.status)
        here = meant and index == self.fault
        ran = Tri.TRUE if here else holds(step.if_, seen)
        fails = Tri.FALSE
        if here:
            fails = Tri.TRUE
        elif ran is not Tri.FALSE and (self.fault is None or index > self.fault):
            # What came before the fault has seen nothing of it, and went well.
            fails = self.failing(self.scope, self.job, step, seen)
        return StepTrace(
            ran, _result(ran, fails, switched_on(step.continue_on_error, seen, Key.STEP_CONTINUE_ON_ERROR))
        )

    def flag(self, step: Step) -> Tri:
        """The step's ``continue-on-error``."""
        seen = self.scope.step_view(self.job, step, self.view, self.named, self.status)
        return switched_on(step.continue_on_error, seen, Key.STEP_CONTINUE_ON_ERROR)


def _named(steps: tuple[Step, ...], traces: list[StepTrace]) -> dict[str, StepResult]:
    return {step.id: trace.result for step, trace in zip(steps, traces, strict=True) if step.id}


def _bad(result: StepResult) -> Tri:
    if not result.conclusion & FAILS:
        return Tri.FALSE
    return Tri.TRUE if result.conclusion == FAILS else Tri.UNKNOWN


def _waits(step: Step, other: Step) -> bool:
    return not step.waits_for or other.id in step.waits_for


def _together(inside: list[StepTrace]) -> StepTrace:
    """A group, whose steps run beside each other: it has failed where one of them has."""
    bad = any_of(_bad(one.result) for one in inside)
    found = FAILS if bad is Tri.TRUE else SUCCEEDS if bad is Tri.FALSE else FAILS | SUCCEEDS
    return StepTrace(any_of(one.ran for one in inside), StepResult(found, found))


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
