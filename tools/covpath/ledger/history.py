"""Who decided what when, and how often a date was moved: what the past of the exceptions file amounts to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum

from msgspec import Struct, field

from covpath.ledger.calendar import Calendar, UnknownDay, due
from covpath.ledger.entries import read_target
from covpath.ledger.model import Entry, SprintTarget, Target
from covpath.terms import Tri


class ChangeKind(Enum):
    """What a commit did to a job's entry."""

    ADDED = "added"
    RENAMED = "renamed"
    DECIDED = "decided"
    MOVED = "moved"
    """The target (or the review, or which of the two it is) became another one."""
    OWNED = "owned"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    REMOVED = "removed"


class Change(Struct, frozen=True, kw_only=True):
    """One commit's change of one job's entry, in the words of the file."""

    kind: ChangeKind
    commit: str
    day: date
    author: str
    before: str | None
    after: str | None
    new_evidence: bool
    """Whether the commit brought evidence that no earlier version of the entry had."""


class Postponement(Struct, frozen=True, kw_only=True):
    """A target that was moved. ``days`` and ``sprints`` are how far, None where that cannot be told."""

    change: Change
    before: Target
    after: Target
    later: Tri
    days: int | None
    sprints: int | None


class Drift(Struct, frozen=True, kw_only=True):
    """All postponements of an entry together; ``unsupported`` of them came without new evidence."""

    times: int
    unsupported: int
    days: int | None
    sprints: int | None
    first: Target
    last: Target


class FirstSeen(Struct, frozen=True, kw_only=True):
    """The commit that brought something. ``day`` is UTC."""

    commit: str
    day: date


class JobHistory(Struct, frozen=True, kw_only=True):
    """The changes of one job's entry, oldest first; ``names`` are the names it has had, the present one last.

    ``evidence`` tells of each piece (by what ``Evidence.where`` says) which commit brought it;
    what was there before the history begins is not in it.
    """

    names: tuple[str, ...]
    changes: tuple[Change, ...]
    evidence: Mapping[str, FirstSeen] = field(default_factory=dict)

    @property
    def decided(self) -> Change | None:
        """The change that made the present decision: who, and when."""
        deciding = (ChangeKind.ADDED, ChangeKind.DECIDED)
        return next((change for change in reversed(self.changes) if change.kind in deciding), None)

    @property
    def began(self) -> date | None:
        """The day of the first entry for this job."""
        return self.changes[0].day if self.changes else None

    def moves(self, calendar: Calendar | None) -> tuple[Postponement, ...]:
        """Every change of a target into another, earlier ones and unclear ones too."""
        return tuple(_moves(self.changes, calendar))

    def drift(self, calendar: Calendar | None) -> Drift | None:
        """What the moves to a later time amount to, or None where there was none."""
        later = [move for move in self.moves(calendar) if move.later is Tri.TRUE]
        if not later:
            return None
        return Drift(
            times=len(later),
            unsupported=sum(not move.change.new_evidence for move in later),
            days=_sum([move.days for move in later]),
            sprints=_sum([move.sprints for move in later]),
            first=later[0].before,
            last=later[-1].after,
        )


class History(Struct, frozen=True, kw_only=True):
    """The past of every job that ever had an entry.

    ``complete`` is false where the history was cut off (a shallow clone): what is older is
    then unknown. ``unreadable`` are the commits whose version could not be read.
    """

    jobs: dict[str, JobHistory]
    complete: bool
    unreadable: tuple[str, ...]

    def of(self, entry: Entry) -> JobHistory | None:
        """The past of an entry: of its jobs, the one known longest."""
        known = [self.jobs[str(job)] for job in entry.jobs if str(job) in self.jobs]
        return max(known, key=lambda history: len(history.changes), default=None)


def _moves(changes: tuple[Change, ...], calendar: Calendar | None) -> Iterator[Postponement]:
    for change in changes:
        if change.kind is not ChangeKind.MOVED or change.before is None or change.after is None:
            continue
        try:
            before, after = read_target(change.before), read_target(change.after)
        except ValueError:
            continue
        sprints = _sprints(before, after, calendar)
        days = _days(before, after, calendar)
        distance = sprints if days is None else days
        later = Tri.UNKNOWN if distance is None else Tri.of(distance > 0)
        yield Postponement(change=change, before=before, after=after, later=later, days=days, sprints=sprints)


def _sprints(before: Target, after: Target, calendar: Calendar | None) -> int | None:
    if calendar is not None:
        return calendar.distance(before, after)
    match before, after:
        case SprintTarget(name=one), SprintTarget(name=other) if one.isdecimal() and other.isdecimal():
            return int(other[:12]) - int(one[:12])
        case _:
            return None


def _days(before: Target, after: Target, calendar: Calendar | None) -> int | None:
    first, last = due(before, calendar), due(after, calendar)
    if isinstance(first, UnknownDay) or isinstance(last, UnknownDay):
        return None
    return (last - first).days


def _sum(numbers: list[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None
