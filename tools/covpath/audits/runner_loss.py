"""A job that shall not block, and turns red all the same when its runner is lost."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.levers import is_partly_soft
from covpath.audits.subject import AuditSubject
from covpath.gate.verdict import JobVerdict
from covpath.ledger.model import Accepted, Entry
from covpath.terms import Blocks, Gate, Tri

ID = "runner-loss"
TITLE = "a job that is excepted is still red, or blocks, when its runner is lost"
EXPLANATION = """\
No setting of a step survives the loss of the runner: a machine that is shut down, runs out of memory or into the
job's time limit turns the job's check red, whatever `continue-on-error` its steps have. An entry that says a job
does not block is then not true on the worst day. Where the check is known to be required, the merge is blocked.

What to do: a runner on which the job completes, or the flag at the job; where it is known and taken into the
bargain, write `accepts: [..., runner-loss]`.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each job with an open entry that a lost runner turns red."""
    for entry in subject.open_entries:
        for verdict in subject.jobs_of(entry):
            if _is_about_a_part(verdict) or verdict.on_runner_loss.check_red is not Tri.TRUE:
                continue
            yield _finding(entry, verdict)


def _is_about_a_part(verdict: JobVerdict) -> bool:
    """Whether the job itself may well block, so that only a step or a leg of it is excepted."""
    return verdict.gate is Gate.BLOCKING or (verdict.gate is Gate.UNKNOWN and is_partly_soft(verdict))


def _finding(entry: Entry, verdict: JobVerdict) -> Finding:
    loss = verdict.on_runner_loss
    blocked = loss.blocks.value is Blocks.YES
    names = ", ".join(f"`{name}`" for name in loss.blocks.checks)
    what = f"the required check {names} turns red" if blocked else "its check turns red"
    accepted = entry.accepts_this(Accepted.RUNNER_LOSS)
    worse = Severity.ERROR if blocked else Severity.WARNING
    return Finding(
        rule=ID,
        severity=Severity.NOTE if accepted else worse,
        message=f"{verdict.ref.job}: when the runner is lost {what}{', accepted' if accepted else ''}",
        place=entry.place_of("accepts") if accepted else verdict.place,
        hint="The entry accepts it." if accepted else "Move it to a runner it survives on, or accept `runner-loss`.",
        job=verdict.ref,
        key="blocks" if blocked else "red",
        related=tuple((reason.message, reason.place) for reason in loss.reasons if reason.place is not None),
    )
