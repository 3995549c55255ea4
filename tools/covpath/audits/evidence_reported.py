"""A decision that rests on somebody's word alone."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject, names_of
from covpath.ledger.model import Entry
from covpath.terms import Decision, EvidenceKind

ID = "evidence-reported"
TITLE = "a decision rests on somebody's word: its evidence is only reported"
EXPLANATION = """\
"8 to 15 minutes, memory is no problem" was reported in good faith, and wrong: on that runner the build was still
swapping after 50 minutes. Evidence is measured (a benchmark's saved result), observed (a run that was looked
at), or reported (somebody's word), and is never shown as more than it is.

What to do: `covpath bench --job JOB` measures it before the decision costs a sprint.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each decided entry all of whose evidence is somebody's word."""
    for entry in subject.open_entries:
        if entry.decision is Decision.UNDECIDED or not entry.evidence:
            continue
        if all(piece.kind is EvidenceKind.REPORTED for piece in entry.evidence):
            yield Finding(
                rule=ID,
                severity=Severity.WARNING,
                message=f"{names_of(entry)}: {entry.decision}, and all its evidence is only reported",
                place=entry.evidence[0].place,
                hint=_hint(subject, entry),
                job=subject.ref_of(entry),
                key=names_of(entry),
            )


def _hint(subject: AuditSubject, entry: Entry) -> str:
    measured = subject.measured(entry)
    if measured is not None:
        return f"covpath bench --job {measured} measures it."
    return "Look at a run, and name it: https://github.com/OWNER/REPO/actions/runs/ID."
