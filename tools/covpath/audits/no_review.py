"""A permanent exception that nobody will look at again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from covpath.audits.deadline import MOST_DAYS, last_day
from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject, names_of
from covpath.terms import Decision

ID = "no-review"
TITLE = "a permanent exception has no review, or one more than a year away"
EXPLANATION = """\
Permanent is a decision about today's reasons: the tool gets better, the runner bigger, the team another one. So
a permanent-advisory entry names a day on which somebody looks at it again, within a year. A target is something
else: the day by which the job is taken out of what counts as a failure.

What to do: add `review:` to the entry, a sprint or a day.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """Permanent entries without a review, or with one too far away to be one."""
    for entry in subject.open_entries:
        if entry.decision is not Decision.PERMANENT_ADVISORY:
            continue
        last = last_day(subject, entry)
        if entry.review is None:
            why, place = "is permanent and has no review", entry.place_of("decision")
        elif entry.target is None and isinstance(last, date) and (last - subject.today).days > MOST_DAYS:
            why, place = f"is reviewed only on {last}, more than a year away", entry.place_of("review")
        else:
            continue
        yield Finding(
            rule=ID,
            severity=Severity.WARNING,
            message=f"{names_of(entry)} {why}",
            place=place,
            hint="Add `review:`, a sprint or a day within a year.",
            job=subject.ref_of(entry),
            key=names_of(entry),
        )
