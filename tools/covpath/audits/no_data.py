"""A coverage job that can be green without a report."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject
from covpath.gate.verdict import JobVerdict
from covpath.ledger.model import Accepted, Entry
from covpath.terms import Gate, Tri

ID = "no-data"
TITLE = "a coverage job can be green without having produced or delivered a report"
EXPLANATION = """\
A green coverage job says nothing where the measurement may fail unseen, or where the upload passes with nothing
delivered: most uploads' default. The number on the badge is then that of the last run that worked, and nobody
notices. A green job that produced no data is not a resolution.

What to do: let the measuring step block, and tell the upload to fail (`fail_ci_if_error: true`,
`if-no-files-found: error`); where it is known and wanted so, write `accepts: no-data` in an entry.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each coverage job whose green run may hold no data."""
    for verdict in subject.verdicts.noteworthy():
        if verdict.coverage and verdict.gate is not Gate.NO_SIGNAL and verdict.data.green_without_data is Tri.TRUE:
            yield _finding(subject.entry_of(verdict.ref), verdict)


def _finding(entry: Entry | None, verdict: JobVerdict) -> Finding:
    accepted = entry is not None and entry.accepts_this(Accepted.NO_DATA)
    reasons = [(reason.message, reason.place) for reason in verdict.data.reasons if reason.place is not None]
    return Finding(
        rule=ID,
        severity=Severity.NOTE if accepted else Severity.WARNING,
        message=f"{verdict.ref.job}: a green run may hold no report{', accepted' if accepted else ''}",
        place=reasons[0][1] if reasons else verdict.place,
        hint="The entry accepts it." if accepted else "Let the measurement and its upload fail, or accept `no-data`.",
        job=verdict.ref,
        key=" ".join(sorted(reason.code for reason in verdict.data.reasons)),
        related=tuple(reasons),
    )
