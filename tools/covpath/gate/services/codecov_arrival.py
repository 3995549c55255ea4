"""Whether the reports of a job reach Codecov for every pull request: a status is posted only about a report."""

from __future__ import annotations

from covpath.gate.repository import stays_away
from covpath.gate.services.codecov_uploads import upload_steps
from covpath.gate.simulation.effect import JobSimulation
from covpath.gate.simulation.jobs import expected
from covpath.gate.simulation.logic import SKIPS
from covpath.gate.simulation.run import Run
from covpath.gate.simulation.runs import Runs
from covpath.gate.simulation.scope import Scope
from covpath.terms import Reason, Tri
from covpath.workflow.expressions.references import references_in
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.model import Job, Workflow
from covpath.yamltext.nodes import Scalar

MAY_SKIP = "upload-may-be-skipped"
"""The code of the one reason that depends on the pull request."""
_THE_SAME_EVERYWHERE = frozenset({"repository", "repository_owner", "repository_id", "event_name"})
"""What does not differ among the pull requests of one repository."""


def missing_upload(runs: Runs, workflow: Workflow, job: Job, *, queue: bool) -> Reason | None:
    """Why no report comes from a job that uploads, for some pull requests or all; None where one always comes.

    ``queue``: whether reports are needed from a merge queue as well.
    """
    away = stays_away(runs, workflow, job, queue=queue)
    if away is not None and away.code != "matrix-skipped":
        return away
    # What is left out for pull requests may run for the push of their branch.
    ran = [run for origin in runs.origins(workflow) for run in origin.runs if runs.runs_in(run, job)]
    if not ran:
        return Reason(code="never-runs", message="the job never runs for a pull request", place=workflow.place(job.key))
    return _skipped_step(runs, workflow, job, ran) or _skipped_job(workflow, job, ran)


def _skipped_step(runs: Runs, workflow: Workflow, job: Job, ran: list[Run]) -> Reason | None:
    """Its upload is left out in every leg."""
    steps = upload_steps(job)
    for run in ran:
        legs = runs.legs(run, job)
        for leg in legs:
            simulation = JobSimulation(run, job, leg, legs, alone=len(legs) > 1)
            if not steps or any(simulation.runs(step) is not Tri.FALSE for step in steps):
                return None
    place = workflow.place(steps[0].if_ if steps[0].if_ is not None else steps[0].node)
    return Reason(code="upload-skipped", message="the upload does not run for a pull request", place=place)


def _skipped_job(workflow: Workflow, job: Job, ran: list[Run]) -> Reason | None:
    """The job is left out for some pull requests, as far as is known."""
    if not all(expected(Scope(run))[job.id].results & SKIPS for run in ran):
        return None
    before = [workflow.jobs[name] for name in ran[0].graph.ancestors(job)]
    deciding = next((one.if_ for one in (job, *before) if one.if_ is not None and _may_differ(one.if_)), None)
    if deciding is None:
        return None
    return Reason(
        code=MAY_SKIP, message="nothing is uploaded where its `if` skips the job", place=workflow.place(deciding)
    )


def _may_differ(condition: Scalar) -> bool:
    """Whether a condition may hold for one pull request and not for another."""
    try:
        read = references_in(condition.value, bare=True)
    except ExpressionError:
        return False
    return any(not any(one.reads("github", name) for name in _THE_SAME_EVERYWHERE) for one in read)
