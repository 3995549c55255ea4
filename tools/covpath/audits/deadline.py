"""The last day of an entry, and how to say how far off it is."""

from __future__ import annotations

from datetime import date

from covpath.audits.subject import AuditSubject
from covpath.errors import Place
from covpath.ledger.calendar import UnknownDay, due
from covpath.ledger.model import Entry, SprintTarget

MOST_DAYS = 366
"""As far ahead as a target or a review may lie."""


def last_day(subject: AuditSubject, entry: Entry) -> date | UnknownDay | None:
    """The last day on which an entry is in time; None where it has neither target nor review."""
    if entry.until is None:
        return None
    last = due(entry.until, subject.known_calendar)
    if isinstance(last, UnknownDay) and isinstance(subject.calendar, UnknownDay):
        return subject.calendar
    return last


def until_place(entry: Entry) -> Place:
    """Where the target, or else the review, stands."""
    return entry.place_of("target" if entry.target is not None else "review")


def days(number: int) -> str:
    """``1 day``, ``2 days``."""
    return f"{number} day{'' if number == 1 else 's'}"


def shown(entry: Entry, last: date) -> str:
    """``due 2026-10-30``, with the sprint where the target is one."""
    sprint = f" ({entry.until})" if isinstance(entry.until, SprintTarget) else ""
    return f"due {last}{sprint}"
