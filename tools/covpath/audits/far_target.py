"""A target so far away that nobody will remember what it was for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from covpath.audits.deadline import MOST_DAYS, last_day, shown, until_place
from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject, names_of

ID = "far-target"
TITLE = "the target of an entry is more than a year away"
EXPLANATION = """\
A job that may be advisory for years is permanently advisory, without anybody having said so: nothing falls due
before the people who decided have left. A year is the longest that other tools allow (cargo-vet's wildcard audits).

What to do: choose a day or sprint within a year, which can be moved with a reason, or decide `permanent-advisory`
and name the review.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each open entry with such a target; a far review is `no-review`'s."""
    for entry in subject.open_entries:
        last = last_day(subject, entry) if entry.target is not None else None
        if not isinstance(last, date) or (last - subject.today).days <= MOST_DAYS:
            continue
        yield Finding(
            rule=ID,
            severity=Severity.WARNING,
            message=f"{names_of(entry)}: {shown(entry, last)}, more than a year away",
            place=until_place(entry),
            hint="Choose a day within a year, or decide permanent-advisory with a review.",
            job=subject.ref_of(entry),
            key=names_of(entry),
        )
