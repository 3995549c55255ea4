"""A fault's way through the other jobs: ``needs``, conditions and hand-written gates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from covpath.gate.scope import FAILS, SKIPS, SUCCEEDS, JobResult, Results, Scope, holds, switched_on
from covpath.gate.steps import Failing, both, either, job_result, run_steps
from covpath.gate.verdict import Result
from covpath.terms import JobId, Tri
from covpath.workflow.expressions.contexts import Contexts, Status
from covpath.workflow.model import Job, Workflow


def ancestors(workflow: Workflow, job: Job) -> frozenset[JobId]:
    """Every job that comes before ``job`` through ``needs``."""
    found: set[JobId] = set()
    pending = list(job.needs)
    by_folded = {name.lower(): name for name in workflow.jobs}
    while pending:
        name = by_folded.get(pending.pop().lower())
        if name is not None and name not in found:
            found.add(name)
            pending += workflow.jobs[name].needs
    return frozenset(found)


def dependants(workflow: Workflow, job: Job) -> tuple[Job, ...]:
    """Every job that comes after ``job`` through ``needs``, each after those it needs."""
    after = [other for other in workflow.jobs.values() if job.id in ancestors(workflow, other)]
    return tuple(sorted(after, key=lambda other: len(ancestors(workflow, other))))


def status_for(workflow: Workflow, job: Job, results: Mapping[JobId, JobResult]) -> Status:
    """What status functions answer in a job's ``if``: about all its ancestors, skipped ones too.

    Source: GitHub's documentation of ``failure()`` ("any ancestor job"), and actions/runner
    issue 491 for skipped ancestors.
    """
    success, failure = Tri.TRUE, Tri.FALSE
    for name in ancestors(workflow, job):
        needed = results[name].needed if name in results else SUCCEEDS
        success = both(success, _certainly(needed, Result.SUCCESS))
        failure = either(failure, _certainly(needed, Result.FAILURE))
    return Status(success=success, failure=failure, cancelled=Tri.FALSE)


def _certainly(results: Results, wanted: Result) -> Tri:
    if wanted not in results:
        return Tri.FALSE
    return Tri.TRUE if len(results) == 1 else Tri.UNKNOWN


def needs_of(job: Job, results: Mapping[JobId, JobResult]) -> dict[JobId, JobResult]:
    """The results a job's ``needs`` context holds."""
    return {name: results.get(name, _EXPECTED) for name in job.needs}


_EXPECTED = JobResult(results=SUCCEEDS, needed=SUCCEEDS, fails_run=Tri.FALSE)


def expected(scope: Scope) -> dict[JobId, JobResult]:
    """Every job's result when nothing goes wrong: success, or skipped where its ``if`` says so."""
    found: dict[JobId, JobResult] = {}
    for job in _in_order(scope.workflow):
        contexts = scope.job_contexts(needs_of(job, found), status_for(scope.workflow, job, found))
        runs = Tri.TRUE if job.if_ is None and not job.needs else holds(job.if_, contexts)
        results: Results = frozenset()
        if runs is not Tri.TRUE:
            results |= SKIPS
        if runs is not Tri.FALSE:
            results |= SUCCEEDS
        found[job.id] = JobResult(results=results, needed=results, fails_run=Tri.FALSE)
    return found


def _in_order(workflow: Workflow) -> Iterator[Job]:
    """Jobs, each after those it needs."""
    depth = {job.id: len(ancestors(workflow, job)) for job in workflow.jobs.values()}
    return iter(sorted(workflow.jobs.values(), key=lambda job: depth[job.id]))


def propagate(
    scope: Scope, faulted: Job, outcome: JobResult, baseline: Mapping[JobId, JobResult], failing: Failing
) -> dict[JobId, JobResult]:
    """Results of the faulted job and of all jobs after it; others stay as in ``baseline``."""
    results = dict(baseline)
    results[faulted.id] = outcome
    # What runs at all ran up to the fault: the jobs before it are taken to have succeeded.
    for name in ancestors(scope.workflow, faulted):
        results[name] = _EXPECTED
    for job in dependants(scope.workflow, faulted):
        needs = scope.job_contexts(needs_of(job, results), status_for(scope.workflow, job, results))
        results[job.id] = _run_job(scope, job, needs, failing)
    return {name: results[name] for name in (faulted.id, *(job.id for job in dependants(scope.workflow, faulted)))}


def _run_job(scope: Scope, job: Job, needs: Contexts, failing: Failing) -> JobResult:
    runs = holds(job.if_, needs)
    if runs is Tri.FALSE:
        return JobResult(results=SKIPS, needed=SKIPS, fails_run=Tri.FALSE)
    # A call of a reusable workflow has no steps here: it is taken to do what it did without the fault.
    results = run_steps(scope, job, needs, fault=None, failing=failing).results
    if runs is Tri.UNKNOWN:
        results |= SKIPS
    return job_result(results, switched_on(job.continue_on_error, needs))


def red(result: JobResult) -> Tri:
    """Whether the job's check ends in anything but success or skipped."""
    bad = result.results & (FAILS | {Result.CANCELLED})
    if not bad:
        return Tri.FALSE
    return Tri.TRUE if bad == result.results else Tri.UNKNOWN
