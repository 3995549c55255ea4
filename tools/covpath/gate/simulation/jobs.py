"""A fault's way through the other jobs: ``needs``, conditions and gates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache

from covpath.gate.scripts.visible import shows_something
from covpath.gate.simulation.assumptions import assumed, uses_status
from covpath.gate.simulation.failing import could_fail, fails_of_itself, told_texts
from covpath.gate.simulation.logic import BAD, FAILS, SKIPS, SUCCEEDS, certainly
from covpath.gate.simulation.run import JobResult, JobResults, Run
from covpath.gate.simulation.scope import Scope
from covpath.gate.simulation.steps import job_result, run_steps
from covpath.gate.simulation.view import View, holds, switched_on
from covpath.patterns import regex
from covpath.terms import JobId, Tri, both, either
from covpath.workflow.expressions.availability import Key
from covpath.workflow.expressions.contexts import SUCCEEDED, Status
from covpath.workflow.model import Job, Workflow

FINE = JobResult(SUCCEEDS, SUCCEEDS)
SKIPPED = JobResult(SKIPS, SKIPS)
_WHERE_ALL_IS_WELL = {
    Tri.TRUE: FINE,
    Tri.FALSE: SKIPPED,
    Tri.UNKNOWN: JobResult(SUCCEEDS | SKIPS, SUCCEEDS | SKIPS),
}
"""What a job comes to by whether it runs, when nothing goes wrong."""


def status_for(run: Run, job: Job, results: JobResults) -> Status:
    """What status functions answer in a job's ``if``: about all its ancestors, skipped ones too.

    Source: GitHub's documentation of ``failure()`` ("any ancestor job"), and actions/runner
    issue 491 for skipped ancestors.
    """
    if not job.needs:
        return SUCCEEDED
    success, failure = Tri.TRUE, Tri.FALSE
    for name in run.graph.ancestors(job):
        needed = results[name].needed if name in results else SUCCEEDS
        if needed == SUCCEEDS:  # as nearly all have
            continue
        success = both(success, certainly(needed, SUCCEEDS))
        failure = either(failure, certainly(needed, FAILS))
    return Status(success=success, failure=failure, cancelled=Tri.FALSE)


def needs_of(run: Run, job: Job, results: JobResults) -> dict[str, JobResult]:
    """The results a job's ``needs`` context holds, under the names it uses."""
    found: dict[str, JobResult] = {}
    for name in job.needs:
        job_id = run.graph.id_of(name)
        found[name] = FINE if job_id is None else results.get(job_id, FINE)
    return found


def view_of(scope: Scope, job: Job, results: JobResults) -> View:
    """What a job's own keys see once the jobs before it have come to ``results``."""
    return scope.job_view(needs_of(scope.run, job, results), status_for(scope.run, job, results))


def expected(scope: Scope) -> JobResults:
    """Every job's result when nothing goes wrong: success, or skipped where its ``if`` says so."""
    if scope.leg is not None:
        return _expected(scope)
    known = scope.known
    if known.expected is None:
        known.expected = _expected(scope)
    return known.expected


def _expected(scope: Scope) -> JobResults:
    found: dict[JobId, JobResult] = {}
    for job in scope.run.graph.order:
        if job.if_ is None:
            runs = status_for(scope.run, job, found).success
        else:
            runs = holds(job.if_, view_of(scope, job, found))
        found[job.id] = _WHERE_ALL_IS_WELL[runs]
    return found


def propagate(
    scope: Scope, faulted: Job, outcome: JobResult, baseline: JobResults, *, until: Job | None = None
) -> dict[JobId, JobResult]:
    """Results of the faulted job and of all jobs after it; the others came to what ``baseline`` says.

    ``until``: only those are wanted that this job hears of, and its own.
    """
    results = {**baseline, faulted.id: outcome}
    after = scope.run.graph.dependants(faulted)
    if until is not None:
        heard = scope.run.graph.ancestors(until)
        after = tuple(job for job in after if job is until or job.id in heard)
    for job in after:
        status = status_for(scope.run, job, results)
        if status.success is Tri.FALSE and not uses_status(job.if_):
            results[job.id] = SKIPPED
        else:
            results[job.id] = _run_job(scope, job, needs_of(scope.run, job, results), status)
    return {name: results[name] for name in (faulted.id, *(job.id for job in after))}


def _run_job(scope: Scope, job: Job, needs: dict[str, JobResult], status: Status) -> JobResult:
    """What a job comes to; what it came to before, where it hears the same."""
    if scope.leg is not None:
        return ran(scope, job, scope.job_view(needs, status))
    alike = _hears_of_all_alike(scope.run.workflow, job)
    heard = sorted([one.needed for one in needs.values()]) if alike else needs.items()
    key = (job.id, status, *heard)
    found = scope.known.results
    if key not in found:
        found[key] = ran(scope, job, scope.job_view(needs, status))
    return found[key]


_ALL_ALIKE = regex(r"contains\(\s*needs\.\*\.result\s*,\s*'[^']*'\s*\)", re.IGNORECASE)
"""What asks whether any job came to something, whichever it is."""


@lru_cache(maxsize=64)
def _hears_of_all_alike(workflow: Workflow, job: Job) -> bool:
    """Whether it makes no difference to a job which of those it needs came to what: so with many a gate."""
    return not any("needs" in _ALL_ALIKE.sub("", text).lower() for text in _texts(workflow, job))


def _texts(workflow: Workflow, job: Job) -> Iterator[str]:
    """Everything in which a job may ask what others came to."""
    written = [job.if_, job.continue_on_error]
    for step in job.all_steps():
        written += [step.if_, step.continue_on_error]
        yield from told_texts(workflow, job, step)
    yield from (scalar.value for scalar in written if scalar is not None)


def ran(scope: Scope, job: Job, view: View) -> JobResult:
    """What a job comes to that is not the faulted one."""
    runs = holds(job.if_, view)
    if runs is Tri.FALSE:
        return SKIPPED
    # A call of a reusable workflow has no steps here: it is taken to do what it did without the fault.
    results = run_steps(scope, job, view, fault=None, failing=fails_of_itself).results
    if runs is Tri.UNKNOWN:
        results |= SKIPS
    return job_result(results, switched_on(job.continue_on_error, view, Key.JOB_CONTINUE_ON_ERROR))


def red(result: JobResult) -> Tri:
    """Whether the job's check ends in anything but success or skipped."""
    return certainly(result.results, BAD)


class Others:
    """The jobs beside one: what they come to, and what its failure makes of them. The same for all its legs.

    Not frozen on purpose: it is asked about each step in each leg, and most answers are the same.
    """

    def __init__(self, run: Run, job: Job) -> None:
        self.run = run
        self.job = job
        self.fine_before = not uses_status(job.if_)
        """Whether the job runs only where those it needs have succeeded."""
        before = run.graph.ancestors(job) if self.fine_before else ()
        self.scope = Scope(run, assumptions=assumed((job, *map(run.workflow.jobs.__getitem__, before))))
        self._after: dict[JobResult, JobResults] = {}
        self._shown_after: dict[JobResult, Tri] = {}

    @cached_property
    def baseline(self) -> JobResults:
        """What all jobs come to when nothing goes wrong. This one runs, so those it needs have succeeded."""
        before = dict.fromkeys(self.run.graph.ancestors(self.job), FINE) if self.fine_before else {}
        return {**expected(self.scope), **before, self.job.id: FINE}

    @cached_property
    def job_shows(self) -> bool:
        """Whether the job has a step that people see running."""
        return any(map(shows_something, self.job.steps))

    @cached_property
    def last_to_fail(self) -> int:
        """The index of the job's last step that earlier results may make fail; -1 where there is none."""
        workflow, job = self.run.workflow, self.job
        return max((step.index for step in job.steps if could_fail(workflow, job, step)), default=-1)

    def after(self, outcome: JobResult) -> JobResults:
        """What the job, which came to ``outcome``, and those after it come to."""
        if outcome not in self._after:
            self._after[outcome] = propagate(self.scope, self.job, outcome, self.baseline)
        return self._after[outcome]

    def shown_after(self, outcome: JobResult) -> Tri:
        """Whether a later job that runs only because of the fault shows something."""
        if outcome not in self._shown_after:
            self._shown_after[outcome] = self._shown(self.after(outcome))
        return self._shown_after[outcome]

    def _shown(self, results: JobResults) -> Tri:
        shown = Tri.FALSE
        for name, result in results.items():
            job = self.run.workflow.jobs[name]
            if name == self.job.id or result.results == SKIPS or self.baseline[name].results != SKIPS:
                continue
            view = view_of(self.scope, job, results)
            traces = run_steps(self.scope, job, view, fault=None, failing=fails_of_itself).steps
            for step, trace in zip(job.steps, traces, strict=True):
                if shows_something(step):
                    shown = either(shown, trace.ran)
        return shown
