"""An entry whose target has passed."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.deadline import days, last_day, shown, until_place
from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject, names_of
from covpath.ledger.calendar import UnknownDay, is_overdue
from covpath.ledger.model import Entry

ID = "overdue"
TITLE = "the target or review of an entry has passed"
EXPLANATION = """\
An entry is a promise with a date. All days are UTC and inclusive: an entry whose target is a sprint is in time
until that sprint's last day has ended, and overdue on the day after. A target whose day cannot be told (a sprint
without a calendar, a calendar without a length) is reported too: a promise nobody can date is none.

What to do: keep the promise (`covpath move JOB --gate blocking`, then `covpath exceptions resolve JOB`), or
move the target with a reason (`covpath exceptions postpone JOB --target ... --reason ...`).
`covpath audit --fix` prepares the first, and with --target and --reason the second.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """Entries past their last day, and entries whose last day cannot be told."""
    for entry in subject.open_entries:
        last = last_day(subject, entry)
        if isinstance(last, UnknownDay):
            yield _undated(subject, entry, last)
        elif last is not None and is_overdue(last, subject.today):
            late = (subject.today - last).days
            yield Finding(
                rule=ID,
                severity=Severity.ERROR,
                message=f"{names_of(entry)}: {shown(entry, last)}, {entry.owner or 'no owner'}, {days(late)} late",
                place=until_place(entry),
                hint=_ways_out(entry),
                job=subject.ref_of(entry),
                key=f"{names_of(entry)} {entry.until}",
                by_time=True,
                weight=late,
            )


def _ways_out(entry: Entry) -> str:
    postpone = f"covpath exceptions postpone {entry.jobs[0]} --target ... --reason ..."
    if entry.target is None:
        return f"Look at it again. Let it block: covpath audit --fix. Keep it until the next review: {postpone}"
    return f"Keep the promise: covpath audit --fix. Postpone it: {postpone}"


def _undated(subject: AuditSubject, entry: Entry, why: UnknownDay) -> Finding:
    return Finding(
        rule=ID,
        severity=Severity.ERROR,
        message=f"{names_of(entry)}: the day of `{entry.until}` cannot be told: {why.reason.rstrip('.')}",
        place=until_place(entry),
        hint=why.hint,
        job=subject.ref_of(entry),
        key=f"{names_of(entry)} undated",
    )
