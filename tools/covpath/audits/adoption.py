"""What is advisory today, as entries that keep it so until somebody decides."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from covpath.audits import unexplained
from covpath.audits.comment_beside import comment_beside
from covpath.audits.levers import is_soft, legs_of, levers, masked_steps, soft_legs
from covpath.audits.subject import AuditSubject
from covpath.gate.verdict import JobVerdict
from covpath.ledger.draft import NOBODY_SAID
from covpath.ledger.model import Accepted
from covpath.terms import Gate, Tri
from covpath.workflow.model import Workflow


class Adoption(Struct, frozen=True, kw_only=True):
    """A job to be adopted: a reason that only says what was found, and what is accepted by it."""

    verdict: JobVerdict
    reason: str
    accepts: tuple[Accepted, ...]


def adoptable(subject: AuditSubject) -> Iterator[Adoption]:
    """Exactly the jobs that the audit finds unexplained."""
    for finding in unexplained.check(subject):
        assert finding.job is not None
        verdict = subject.verdicts.of(finding.job)
        assert verdict is not None
        why = _said(subject.verdicts.job(finding.job)[0], verdict)
        reason = f"{_found(verdict)} when this file began; {why}"
        yield Adoption(verdict=verdict, reason=reason, accepts=tuple(_accepts(verdict)))


def _said(workflow: Workflow, verdict: JobVerdict) -> str:
    """The first comment beside what softens the job, or that there is none."""
    comments = (comment_beside(workflow, lever) for lever in levers(verdict))
    return next((f'its comment says "{comment}"' for comment in comments if comment is not None), NOBODY_SAID)


def _found(verdict: JobVerdict) -> str:
    if is_soft(verdict.gate):
        return f"was {verdict.gate}"
    if soft_legs(verdict):
        return f"did not block in {legs_of(verdict)}"
    steps = masked_steps(verdict)
    names = ", ".join(step.label for step in steps)
    return f"masked the step{'' if len(steps) == 1 else 's'} {names}"


def _accepts(verdict: JobVerdict) -> Iterator[Accepted]:
    """What is true of the job today; all of it is accepted, so that only a change is reported."""
    if verdict.gate is Gate.ADVISORY:
        yield Accepted.ADVISORY
    elif verdict.gate is Gate.SILENT:
        yield Accepted.SILENT
    if is_soft(verdict.gate) and verdict.on_runner_loss.check_red is Tri.TRUE:
        yield Accepted.RUNNER_LOSS
    if verdict.coverage and verdict.data.green_without_data is Tri.TRUE:
        yield Accepted.NO_DATA
