"""From a target to its last day.

All days are UTC and inclusive: what is due on a day is in time until that day ends, and
overdue on the day after. A sprint's length is never guessed, and no clock is read here:
"today" is an argument.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias

from msgspec import Struct

from covpath.errors import InputError, Place, Refusal
from covpath.ledger.days import parse_day
from covpath.ledger.model import Cadence, CalendarSpec, DateTarget, Sprint, SprintFile, SprintList, SprintTarget, Target

ReadText: TypeAlias = Callable[[str], str]
"""Gives a repository file's text by its path from the root; raises InputError where it cannot."""

_DIGITS = 12  # more of them lie beyond all calendars, and Python refuses to count that far
_SPRINT_NUMBER = re.compile(r"(?i)(?:sprint[ _-]*)?(\d{1,9})")


class UnknownDay(Struct, frozen=True, kw_only=True):
    """That the last day of a target cannot be told, why, and what would tell it."""

    reason: str
    hint: str
    place: Place | None = None


class Calendar(Struct, frozen=True, kw_only=True):
    """Sprints with their first and last days.

    ``known`` are the sprints written down, in time order. With ``days`` every further one
    is computed from the last known, in both directions, and sprints are numbers.
    """

    known: tuple[Sprint, ...]
    days: int | None
    source: str
    place: Place | None = None

    def span(self, name: str) -> Sprint | UnknownDay:
        """First and last day of a sprint."""
        for sprint in self.known:
            if sprint.name == name:
                return sprint
        if self.days is None:
            return self._unknown(name)
        if not name.isdecimal():
            return UnknownDay(
                reason=f"sprint {name} has no number, and {self.source} counts sprints by number.",
                hint="Write `sprint` and a number, or list the sprints.",
                place=self.place,
            )
        return self._counted(int(name[:_DIGITS]), self.days)

    def sprint_on(self, day: date) -> Sprint | None:
        """The sprint that ``day`` belongs to, or None where the calendar does not know one."""
        for sprint in self.known:
            if sprint.first <= day <= sprint.last:
                return sprint
        if self.days is None:
            return None
        anchor = self.known[-1]
        if day > anchor.last:
            number = int(anchor.name) + 1 + ((day - anchor.last).days - 1) // self.days
        else:
            number = int(anchor.name) + (day - anchor.first).days // self.days
        found = self._counted(number, self.days) if number >= 0 else None
        return found if isinstance(found, Sprint) and found.first <= day <= found.last else None

    def distance(self, earlier: Target, later: Target) -> int | None:
        """How many sprints lie between two sprint targets, or None where that cannot be told."""
        if not isinstance(earlier, SprintTarget) or not isinstance(later, SprintTarget):
            return None
        if self.days is not None and earlier.name.isdecimal() and later.name.isdecimal():
            return int(later.name) - int(earlier.name)
        names = [sprint.name for sprint in self.known]
        if earlier.name in names and later.name in names:
            return names.index(later.name) - names.index(earlier.name)
        return None

    def _counted(self, number: int, days: int) -> Sprint | UnknownDay:
        anchor = self.known[-1]
        steps = number - int(anchor.name)
        try:
            if steps > 0:
                # Counted from the known end, which a file may say itself.
                first = anchor.last + timedelta(days=1 + (steps - 1) * days)
            else:
                first = anchor.first + timedelta(days=steps * days)
            return Sprint(name=str(number), first=first, last=first + timedelta(days=days - 1))
        except OverflowError:
            return UnknownDay(
                reason=f"sprint {number} lies outside of what calendars can count.",
                hint="Check the number.",
                place=self.place,
            )

    def _unknown(self, name: str) -> UnknownDay:
        if self.known and self.known[-1].name.isdecimal() and len(self.known) == 1:
            reason = (
                f"{self.source} knows only sprint {self.known[0].name}, and nothing says how long a sprint is; "
                "covpath does not guess it."
            )
            return UnknownDay(reason=reason, hint="Add `days:` to the calendar.", place=self.place)
        return UnknownDay(
            reason=f"sprint {name} is not in {self.source}.", hint="Add it there, or use a date.", place=self.place
        )


def open_calendar(spec: CalendarSpec, read: ReadText) -> Calendar:
    """The calendar a file describes; ``read`` gives the JSON file it may point to.

    Raises InputError where that file cannot be read, and Refusal where nothing says how
    long a sprint is: not even the current sprint's last day could be told.
    """
    match spec:
        case Cadence():
            first = Sprint(name=str(spec.sprint), first=spec.starts, last=spec.starts + timedelta(days=spec.days - 1))
            return Calendar(known=(first,), days=spec.days, source="the calendar", place=spec.place)
        case SprintList():
            return Calendar(known=spec.sprints, days=None, source="the calendar's list", place=spec.place)
        case SprintFile():
            return _from_file(spec, read(spec.file))


def due(target: Target, calendar: Calendar | None) -> date | UnknownDay:
    """The last day on which ``target`` is in time."""
    if isinstance(target, DateTarget):
        return target.day
    if calendar is None:
        return UnknownDay(
            reason=f"no calendar says when {target} ends.",
            hint="Add `calendar:` to the exceptions file, or use a date.",
        )
    span = calendar.span(target.name)
    return span if isinstance(span, UnknownDay) else span.last


def is_overdue(last_day: date, today: date) -> bool:
    """Whether ``today`` is the day after ``last_day`` or later."""
    return today > last_day


def utc_today(now: datetime) -> date:
    """The day in UTC of a moment; raises ValueError for one without a time zone."""
    if now.tzinfo is None:
        raise ValueError("a moment without a time zone has no day in UTC")
    return now.astimezone(UTC).date()


def _from_file(spec: SprintFile, text: str) -> Calendar:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        place = Place(spec.file, line, getattr(error, "colno", None))
        raise InputError(
            f"is not JSON: {getattr(error, 'msg', error)}.", place=place, hint="The calendar needs it."
        ) from None
    number = _number(_at(data, spec.sprint, spec), spec)
    first = _day(_at(data, spec.starts, spec), spec.starts, spec)
    if spec.ends is not None:
        last = _day(_at(data, spec.ends, spec), spec.ends, spec)
    elif spec.days is not None:
        last = first + timedelta(days=spec.days - 1)
    else:
        raise Refusal(
            f"{spec.file} says when sprint {number} begins ({first}) and nothing says how long it is; "
            "covpath does not guess it.",
            place=spec.place,
            hint="Add the length in days to the calendar, such as `days: 14`, or `ends:` where the file knows the end.",
        )
    if last < first:
        raise InputError(f"sprint {number} ends before it begins.", place=Place(spec.file))
    known = (Sprint(name=str(number), first=first, last=last),)
    return Calendar(known=known, days=spec.days, source=spec.file, place=spec.place)


def _at(data: Any, pointer: str, spec: SprintFile) -> Any:
    """The value at a JSON pointer (RFC 6901)."""
    value = data
    for raw in pointer.split("/")[1:]:
        step = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            raise InputError(
                f"there is nothing at {pointer}.",
                place=Place(spec.file),
                hint=f"The calendar in {spec.place} points there.",
            )
    return value


def _number(value: Any, spec: SprintFile) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = _SPRINT_NUMBER.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise InputError(
            f"{spec.sprint} holds {json.dumps(value)[:60]}, which is no sprint's number.",
            place=Place(spec.file),
            hint=f"The calendar in {spec.place} points there.",
        )
    return int(match[1])


def _day(value: Any, pointer: str, spec: SprintFile) -> date:
    """A day, or the day in UTC of a moment."""
    try:
        if not isinstance(value, str):
            raise ValueError(f"{json.dumps(value)[:60]} is no date.")
        if len(value) <= 10:
            return parse_day(value)
        moment = datetime.fromisoformat(value)
        return moment.date() if moment.tzinfo is None else utc_today(moment)
    except ValueError as wrong:
        raise InputError(
            f"{pointer} holds no day: {wrong}",
            place=Place(spec.file),
            hint=f"The calendar in {spec.place} points there.",
        ) from None
