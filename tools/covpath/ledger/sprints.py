"""What the file says about sprints, to the model. The days themselves are ``calendar``'s."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from covpath.ledger.days import parse_day
from covpath.ledger.entries import outside_of_repository
from covpath.ledger.model import Cadence, CalendarSpec, Sprint, SprintFile, SprintList
from covpath.ledger.problems import Inspection


def read_calendar(data: dict[str, Any], inspection: Inspection) -> CalendarSpec | None:
    """The calendar, or None where it contradicts itself (reported to ``inspection``)."""
    place = inspection.place("calendar")
    if "list" in data:
        return _list(data["list"], inspection)
    if "file" in data:
        wrong = outside_of_repository(data["file"])
        if wrong:
            inspection.report(wrong, ("calendar", "file"))
            return None
        return SprintFile(
            file=data["file"],
            sprint=data["sprint"],
            starts=data["starts"],
            ends=data.get("ends"),
            days=data.get("days"),
            place=place,
        )
    return Cadence(sprint=data["sprint"], starts=parse_day(data["starts"]), days=data["days"], place=place)


def _list(data: list[dict[str, Any]], inspection: Inspection) -> SprintList | None:
    sprints = [
        Sprint(name=str(item["sprint"]), first=parse_day(item["starts"]), last=parse_day(item["ends"])) for item in data
    ]
    for index, sprint in enumerate(sprints):
        route = ("calendar", "list", index)
        if sprint.last < sprint.first:
            inspection.report(f"sprint {sprint.name} ends before it begins.", (*route, "ends"))
        if any(sprint.name == earlier.name for earlier in sprints[:index]):
            inspection.report(f"sprint {sprint.name} is listed twice.", (*route, "sprint"))
    for index, (before, after) in enumerate(pairwise(sprints), start=1):
        if after.first <= before.last:
            inspection.report(
                f"sprint {after.name} begins before sprint {before.name} has ended.",
                ("calendar", "list", index, "starts"),
                hint="Both days belong to a sprint: the next one begins on the day after.",
            )
    if not inspection.is_sound("calendar"):
        return None
    return SprintList(sprints=tuple(sprints), place=inspection.place("calendar"))
