"""How the jobs of a file are made advisory: what a move falls in with where it has the choice."""

from __future__ import annotations

from collections import Counter
from enum import Enum

from covpath.gate.verdict import JobVerdict
from covpath.moves.gate.flags import may_be_on
from covpath.moves.judging import Judging
from covpath.terms import Gate, JobId
from covpath.workflow.model import Workflow


class Way(Enum):
    """A way to let a failure pass and still show it."""

    JOB = "the job's continue-on-error"
    STEP = "the step's continue-on-error, with an annotation"
    SHELL = "an annotation behind ||"


def habit(workflow: Workflow, job: JobId, judging: Judging) -> Way:
    """The way most other jobs of the file have; the job's own flag where there is none."""
    found: Counter[Way] = Counter()
    for other in workflow.jobs.values():
        if other.id == job or other.uses is not None:
            continue
        way = _way(workflow, other.id, judging.job(workflow, other))
        if way is not None:
            found[way] += 1
    best = max(Way, key=lambda way: found[way])
    return best if found[best] > found[Way.JOB] else Way.JOB


def _way(workflow: Workflow, job_id: JobId, verdict: JobVerdict) -> Way | None:
    """How a job that is advisory in the open is made so."""
    job = workflow.jobs[job_id]
    if verdict.gate is not Gate.ADVISORY or verdict.measuring is None:
        return None
    if job.continue_on_error is not None and may_be_on(job.continue_on_error):
        return Way.JOB
    flag = job.steps[verdict.measuring].continue_on_error
    if flag is not None and may_be_on(flag):
        return Way.STEP
    return Way.SHELL if any(reason.code.startswith("shell-mask-or-list") for reason in verdict.reasons) else None
