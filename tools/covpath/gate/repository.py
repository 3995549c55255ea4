"""A repository's workflows together: names that jobs share, and required checks that may never come."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from msgspec import Struct

from covpath.errors import Place
from covpath.gate.required import RequiredChecks
from covpath.gate.scripts.purpose import is_setup
from covpath.gate.scripts.shell_effect import shell_for
from covpath.gate.simulation.run import Run
from covpath.gate.simulation.runs import Runs
from covpath.patterns import regex
from covpath.terms import JobRef, Reason, Tri
from covpath.workflow.model import Job, Workflow
from covpath.yamltext.nodes import Mapping, deref

_CONTEXTS = regex(r"\b(?:github|inputs|vars|needs)\b", re.IGNORECASE)
"""What a job's condition can ask about; without any it skips nothing while all goes well."""


class Reporter(Struct, frozen=True, kw_only=True):
    """A job that reports a check. ``stands_in``: it does nothing, such as a twin for paths the real one leaves out."""

    ref: JobRef
    place: Place
    stands_in: bool


class SharedName(Struct, frozen=True, kw_only=True):
    """A check name that several jobs report: branch protection cannot tell them apart."""

    name: str
    reporters: tuple[Reporter, ...]


class StuckCheck(Struct, frozen=True, kw_only=True):
    """A required check that may never report, and why; the pull request then waits without an end."""

    name: str
    ref: JobRef
    reason: Reason


def shared_names(
    runs: Runs, workflows: Iterable[Workflow], among: AbstractSet[JobRef] | None = None
) -> tuple[SharedName, ...]:
    """The names, wholly known, that more than one job reports under the same kind of event.

    ``among``: only these jobs are asked, where it is known that no others share a name.
    """
    named: dict[str, dict[JobRef, Reporter]] = {}
    told: dict[JobRef, Reporter] = {}
    for workflow, job, run in _reporting(runs, workflows, among):
        ref = workflow.ref(job)
        if ref not in told:
            told[ref] = Reporter(ref=ref, place=workflow.place(job.key), stands_in=_stands_in(workflow, job))
        for check in runs.checks(run, job):
            if check.known:
                named.setdefault(check.text, {}).setdefault(ref, told[ref])
    return tuple(
        SharedName(name=name, reporters=tuple(found.values())) for name, found in named.items() if len(found) > 1
    )


def _reporting(
    runs: Runs, workflows: Iterable[Workflow], among: AbstractSet[JobRef] | None
) -> Iterator[tuple[Workflow, Job, Run]]:
    """Every job with the runs in which it reports checks of its own."""
    for workflow in workflows:
        for job in workflow.jobs.values():
            if job.uses is None and (among is None or workflow.ref(job) in among):
                yield from (
                    (workflow, job, run)
                    for origin in runs.origins(workflow)
                    if (run := runs.first(origin, job)) is not None and not run.doubtful
                )


def _stands_in(workflow: Workflow, job: Job) -> bool:
    """Whether a job only says something."""
    return bool(job.steps) and all(
        step.run is not None and is_setup(step, shell_for(workflow, job, step)) for step in job.steps
    )


def stuck_checks(runs: Runs, workflows: Iterable[Workflow], required: RequiredChecks) -> tuple[StuckCheck, ...]:
    """The required checks of which every reporter stays away from some pull requests (or from the queue).

    A check that no workflow here reports may come from another app, so nothing is said of it.
    """
    if not required.known:
        return ()
    found = tuple(workflows)
    queue = has_queue(runs, found)
    stuck: list[StuckCheck] = []
    for name in sorted(required.names):
        offers = [
            (workflow, job, stays_away(runs, workflow, job, queue=queue))
            for workflow in found
            for job in workflow.jobs.values()
            if job.uses is None and _reports(runs, workflow, job, name)
        ]
        reasons = [reason for _, _, reason in offers if reason is not None]
        if offers and len(reasons) == len(offers):
            workflow, job, _ = offers[0]
            stuck.append(StuckCheck(name=name, ref=workflow.ref(job), reason=reasons[0]))
    return tuple(stuck)


def has_queue(runs: Runs, workflows: Iterable[Workflow]) -> bool:
    """Whether some workflow runs in a merge queue."""
    return any(runs.signal(workflow).merge_queue is Tri.TRUE for workflow in workflows)


def _reports(runs: Runs, workflow: Workflow, job: Job, name: str) -> bool:
    """Whether a job may report a check of that name, under any event."""
    own = [run for origin in runs.origins(workflow) for run in origin.runs] or [runs.imagined(workflow)]
    return any(check.could_be(name) is Tri.TRUE for run in own for check in runs.checks(run, job))


def _has_matrix(job: Job) -> bool:
    strategy = deref(job.strategy) if job.strategy is not None else None
    return isinstance(strategy, Mapping) and strategy.get("matrix") is not None


def stays_away(runs: Runs, workflow: Workflow, job: Job, *, queue: bool) -> Reason | None:
    """Why a job's checks do not come for every pull request; None where they do.

    ``queue``: whether some workflow runs in a merge queue, where they are waited for too.
    """
    signal = runs.signal(workflow)
    called = any(origin.caller is not None and origin.runs for origin in runs.origins(workflow))
    place = workflow.place(workflow.on if workflow.on is not None else job.key)
    code = message = ""
    if called:
        return None
    if not signal.events:
        code, message = "never-runs", "its workflow never runs for a pull request"
    elif signal.path_filtered:
        code, message = "path-filter", "its workflow does not run for pull requests that touch other paths"
    elif signal.branch_filtered and signal.new_commits is Tri.TRUE and "pull_request" not in signal.events:
        code, message = "branch-filter", "its workflow does not run for branches of other names"
    elif signal.new_commits is not Tri.TRUE and signal.merge_queue is Tri.FALSE:
        code, message = "not-every-commit", "its workflow does not run for every new commit of a pull request"
    elif queue and signal.merge_queue is Tri.FALSE:
        code, message = "not-in-queue", "its workflow does not run in the merge queue that others run in"
    elif job.if_ is not None and _has_matrix(job) and _CONTEXTS.search(job.if_.value):
        place = workflow.place(job.if_)
        code, message = "matrix-skipped", "where the job's `if` skips it, the matrix is not expanded: no leg reports"
    return Reason(code=code, message=message, place=place) if code else None
