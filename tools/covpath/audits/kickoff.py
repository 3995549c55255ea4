"""What stands between the team and a sprint that is about to begin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from covpath.audits.deadline import last_day, shown
from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject, names_of
from covpath.errors import UsageError
from covpath.ledger.calendar import UnknownDay
from covpath.ledger.model import DEFAULT_PATH, Entry, Sprint, SprintTarget
from covpath.terms import Decision

ID = "kickoff"
TITLE = "something has to be settled before a sprint begins (--kickoff SPRINT)"
EXPLANATION = """\
Asked about a sprint (`covpath audit --kickoff 24`), the audit says what stands between the team and its first
day: entries that nobody has decided, entries that were to be carried out before it begins, and entries without
an owner. What is to be carried out in that sprint is told as a note: it is the sprint's own work.

What to do: decide (`covpath decide JOB --record`), carry out or postpone, each with its reason.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each open entry that is in the way or part of the sprint; none where nobody asked."""
    if subject.kickoff is None:
        return
    sprint = _asked(subject, subject.kickoff)
    for entry in subject.open_entries:
        last = last_day(subject, entry)
        why = _in_the_way(entry, last, sprint)
        if why is not None:
            yield _finding(subject, entry, Severity.ERROR, f"before sprint {sprint.name} ({sprint.first}): {why}")
        elif isinstance(last, date) and sprint.first <= last <= sprint.last:
            told = f"part of sprint {sprint.name}: {entry.decision}, {shown(entry, last)}, {entry.owner or 'no owner'}"
            yield _finding(subject, entry, Severity.NOTE, told)


def _asked(subject: AuditSubject, name: str) -> Sprint:
    """The sprint that is asked about. Raises UsageError where the calendar cannot date it."""
    calendar = subject.calendar
    if calendar is None:
        why = "there is no calendar" if subject.ledger is not None else "there is no exceptions file"
        hint = f"Add one to {DEFAULT_PATH}, such as `calendar: {{sprint: 23, starts: 2026-03-22, days: 14}}`."
        raise UsageError(f"when sprint {name} begins cannot be told: {why}.", hint=hint)
    if isinstance(calendar, UnknownDay):
        raise UsageError(f"when sprint {name} begins cannot be told: {calendar.reason}", hint=calendar.hint)
    span = calendar.span(name.lower().removeprefix("sprint").strip())
    if isinstance(span, UnknownDay):
        raise UsageError(f"when sprint {name} begins cannot be told: {span.reason}", hint=span.hint)
    return span


def _in_the_way(entry: Entry, last: date | UnknownDay | None, sprint: Sprint) -> str | None:
    if entry.decision is Decision.UNDECIDED:
        return "it has to be decided"
    if entry.owner is None:
        return "it has to get an owner"
    if isinstance(last, UnknownDay) or last is None:
        return f"its target `{entry.until}` has to be one that can be dated"
    if last < sprint.first:
        what = "reviewed" if entry.target is None else "carried out"
        by = str(entry.until) if isinstance(entry.until, SprintTarget) else str(last)
        return f"it was to be {what} by {by}"
    return None


def _finding(subject: AuditSubject, entry: Entry, severity: Severity, message: str) -> Finding:
    return Finding(
        rule=ID,
        severity=severity,
        message=f"{names_of(entry)}: {message}",
        place=entry.place,
        hint=f"covpath decide {entry.jobs[0]} shows the ways out.",
        job=subject.ref_of(entry),
        key=names_of(entry),
        by_time=True,
    )
