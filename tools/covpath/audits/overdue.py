"""An entry whose target has passed."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import AuditSubject, Finding, Severity
from covpath.ledger.calendar import Calendar, UnknownDay, due

ID = "overdue"
TITLE = "the target or review of an entry has passed"
EXPLANATION = """\
An entry is a promise with a date. All days are UTC and inclusive: an entry whose target is a sprint is in time
until that sprint's last day has ended, and overdue on the day after. A target whose day cannot be told (a sprint
without a calendar, a calendar without a length) is reported too: a promise nobody can date is none.

What to do: keep the promise (`covpath move JOB --gate blocking`, then `covpath exceptions resolve JOB`), or
move the target with a reason (`covpath exceptions postpone JOB --target ... --reason ...`).
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """Entries past their last day, and entries whose last day cannot be told."""
    calendar = subject.calendar if isinstance(subject.calendar, Calendar) else None
    for entry in subject.ledger.open_entries if subject.ledger is not None else ():
        if entry.until is None:
            continue
        name = " and ".join(map(str, entry.jobs))
        place = entry.place_of("target" if entry.target is not None else "review")
        last = due(entry.until, calendar)
        if isinstance(last, UnknownDay):
            why = subject.calendar if isinstance(subject.calendar, UnknownDay) and calendar is None else last
            yield Finding(
                rule=ID,
                severity=Severity.ERROR,
                message=f"{name}: the day of `{entry.until}` cannot be told: {why.reason.rstrip('.')}",
                place=place,
                hint=why.hint,
            )
        elif subject.today > last:
            days = (subject.today - last).days
            yield Finding(
                rule=ID,
                severity=Severity.ERROR,
                message=f"{name}: due {last}, {entry.owner or 'no owner'}, {days} day{'s' if days > 1 else ''} late",
                place=place,
                hint="Make it blocking and resolve the entry, or postpone it with a reason.",
                by_time=True,
            )
