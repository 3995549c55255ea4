"""An entry whose target comes soon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from covpath.audits.deadline import days, last_day, shown, until_place
from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject, names_of

ID = "due-soon"
TITLE = "the target or review of an entry comes within 14 days"
EXPLANATION = """\
A date that is seen coming can still be kept, and its owner is told before everybody else is stopped by it. The
last day itself is still in time.

What to do: see whether the decision is carried out; if it will not be, move the target now, with its reason
(`covpath exceptions postpone JOB --target ... --reason ...`).
"""

DAYS_AHEAD = 14


def check(subject: AuditSubject) -> Iterator[Finding]:
    """Entries whose last day is today or one of the next fourteen."""
    for entry in subject.open_entries:
        last = last_day(subject, entry)
        if not isinstance(last, date) or not 0 <= (last - subject.today).days <= DAYS_AHEAD:
            continue
        left = (last - subject.today).days
        when = "today" if left == 0 else f"in {days(left)}"
        yield Finding(
            rule=ID,
            severity=Severity.WARNING,
            message=f"{names_of(entry)}: {shown(entry, last)}, {when}, {entry.owner or 'no owner'}",
            place=until_place(entry),
            hint="Carry it out, or postpone it with a reason while there is time.",
            job=subject.ref_of(entry),
            key=f"{names_of(entry)} {entry.until}",
            by_time=True,
            weight=DAYS_AHEAD - left,
        )
