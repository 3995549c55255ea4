"""An entry marked as resolved that is not."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.levers import is_soft, legs_of, levers, masked_steps, soft_legs, undo
from covpath.audits.subject import AuditSubject
from covpath.gate.verdict import JobVerdict
from covpath.ledger.model import Accepted, Entry
from covpath.terms import EvidenceKind, Gate, Tri

ID = "not-resolved"
TITLE = "an entry is marked as resolved, and its job is not"
EXPLANATION = """\
Resolved means that the job blocks again and has produced a report. A job that is still advisory is not resolved,
and neither is a green coverage job that may hold no data, as long as no run and no benchmark has been seen that
did produce some.

What to do: make it block (`covpath move JOB --gate blocking`), name the run or benchmark that shows the report,
or take the `resolved` out of the entry.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each job of a resolved entry that has no other, open one."""
    for entry in subject.resolved_entries:
        for verdict in subject.jobs_of(entry):
            why = _why_not(entry, verdict) if subject.entry_of(verdict.ref) is None else None
            if why is None:
                continue
            found = levers(verdict)
            yield Finding(
                rule=ID,
                severity=Severity.ERROR,
                message=f"{verdict.ref.job} was called resolved on {entry.resolved}, and {why}",
                place=found[0].place if found else verdict.place,
                hint=f"Undo: {undo(verdict)}; or take `resolved` out of the entry.",
                job=verdict.ref,
                key=str(verdict.gate),
                related=(
                    *((lever.message, lever.place) for lever in found),
                    ("the entry", entry.place_of("resolved")),
                ),
            )


def _why_not(entry: Entry, verdict: JobVerdict) -> str | None:
    if is_soft(verdict.gate):
        return f"is still {verdict.gate}"
    if verdict.gate is Gate.BLOCKING and masked_steps(verdict):
        names = ", ".join(f"`{step.label}`" for step in masked_steps(verdict))
        return f"its step {names} is still masked"
    if soft_legs(verdict):
        return f"it does not block in {legs_of(verdict)}"
    if verdict.coverage and verdict.data.green_without_data is Tri.TRUE and not _has_seen_data(entry):
        return "a green run may hold no report; none has been seen"
    return None


def _has_seen_data(entry: Entry) -> bool:
    seen = any(piece.kind is not EvidenceKind.REPORTED for piece in entry.evidence)
    return seen or entry.accepts_this(Accepted.NO_DATA)
