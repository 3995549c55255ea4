"""Who decided what when, and how often a date was moved: the past of the exceptions file.

Pure: versions come in, each with what it was made from, oldest first. ``versions`` reads
them from git.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from covpath.errors import InputError
from covpath.ledger.calendar import Calendar, UnknownDay, due
from covpath.ledger.entries import read_target
from covpath.ledger.model import Entry, SprintTarget, Target
from covpath.ledger.snapshots import Snapshot, Snapshots, State
from covpath.terms import Tri


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One commit's change of the file; ``before`` or ``after`` is None where there was no file. ``day`` is UTC."""

    commit: str
    day: date
    author: str
    before: str | None
    after: str | None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One commit's change of one job's entry, in the words of the file."""

    kind: ChangeKind
    commit: str
    day: date
    author: str
    before: str | None
    after: str | None
    new_evidence: bool
    """Whether the commit brought evidence that no earlier version of the entry had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponement:
    """A target that was moved. ``days`` and ``sprints`` are how far, None where that cannot be told."""

    change: Change
    before: Target
    after: Target
    later: Tri
    days: int | None
    sprints: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """All postponements of an entry together; ``unsupported`` of them came without new evidence."""

    times: int
    unsupported: int
    days: int | None
    sprints: int | None
    first: Target
    last: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class JobHistory:
    """The changes of one job's entry, oldest first; ``names`` are the names it has had, the present one last."""

    names: tuple[str, ...]
    changes: tuple[Change, ...]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
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


def trace(versions: Iterable[Version], *, complete: bool = True) -> History:
    """Follow the entries through all versions, oldest first."""
    tracks: dict[str, _Track] = {}
    unreadable: list[str] = []
    snapshots = Snapshots()
    last = _NOTHING
    for version in versions:
        before = _read(snapshots, version.before)
        after = _read(snapshots, version.after)
        if after is None:
            unreadable.append(version.commit)
            continue
        _follow(tracks, version, last if before is None else before, after)
        last = after
    jobs = {job: JobHistory(names=tuple(track.names), changes=tuple(track.changes)) for job, track in tracks.items()}
    return History(jobs=jobs, complete=complete, unreadable=tuple(unreadable))


_NOTHING = Snapshot(owner=None, by_job={})


@dataclass(slots=True, kw_only=True)
class _Track:
    """One job's history while it is followed."""

    names: list[str]
    changes: list[Change] = field(default_factory=list)
    evidence: set[str] = field(default_factory=set)
    last: State | None = None


def _read(snapshots: Snapshots, text: str | None) -> Snapshot | None:
    """What a version said; nothing where there was no file, None where it cannot be read."""
    if text is None:
        return _NOTHING
    try:
        return snapshots.of(text)
    except InputError:
        return None


def _follow(tracks: dict[str, _Track], version: Version, before: Snapshot, after: Snapshot) -> None:
    old, new = before.by_job, after.by_job
    gone = [job for job in old if job not in new]
    come = [job for job in new if job not in old]
    for job, follower in _renamed(gone, come, old, new):
        track = tracks.pop(job, None) or _Track(names=[job], last=old[job])
        track.names.append(follower)
        tracks[follower] = track
        _note(track, version, ChangeKind.RENAMED, job, follower)
        _compare(track, version, (old[job], before.owner), (new[follower], after.owner))
        gone.remove(job)
        come.remove(follower)
    for job in gone:
        if job in tracks:
            _note(tracks[job], version, ChangeKind.REMOVED, old[job].decision, None)
    for job in come:
        track = tracks.setdefault(job, _Track(names=[job]))
        earlier = track.last
        _note(track, version, ChangeKind.ADDED, None, new[job].decision, new[job].evidence)
        if earlier is not None:  # taken out and put back: the clock did not start anew
            _compare_until(track, version, earlier, new[job])
        _settle(track, new[job])
    same_owner = before.owner == after.owner
    for job, state in new.items():
        past = old.get(job)
        if past is not None and (past is not state or not same_owner) and (past != state or not same_owner):
            track = tracks.setdefault(job, _Track(names=[job], evidence=set(past.evidence)))
            _compare(track, version, (past, before.owner), (state, after.owner))


def _compare(
    track: _Track, version: Version, before: tuple[State, str | None], after: tuple[State, str | None]
) -> None:
    """Note each way in which an entry differs from what it was; the second of each pair is the default owner."""
    (old, old_owner), (new, new_owner) = before, after
    if old.decision != new.decision:
        _note(track, version, ChangeKind.DECIDED, old.decision, new.decision, new.evidence)
    _compare_until(track, version, old, new)
    if (old.owner or old_owner) != (new.owner or new_owner):
        _note(track, version, ChangeKind.OWNED, old.owner or old_owner, new.owner or new_owner)
    if (old.resolved is None) != (new.resolved is None):
        kind = ChangeKind.REOPENED if new.resolved is None else ChangeKind.RESOLVED
        _note(track, version, kind, old.resolved, new.resolved, new.evidence)
    _settle(track, new)


def _compare_until(track: _Track, version: Version, old: State, new: State) -> None:
    if old.until != new.until:
        _note(track, version, ChangeKind.MOVED, old.until, new.until, new.evidence)


def _note(
    track: _Track,
    version: Version,
    kind: ChangeKind,
    before: str | None,
    after: str | None,
    evidence: frozenset[str] = frozenset(),
) -> None:
    track.changes.append(
        Change(
            kind=kind,
            commit=version.commit,
            day=version.day,
            author=version.author,
            before=before,
            after=after,
            new_evidence=not evidence <= track.evidence,
        )
    )


def _settle(track: _Track, state: State) -> None:
    track.evidence |= state.evidence
    track.last = state


def _renamed(
    gone: list[str], come: list[str], old: dict[str, State], new: dict[str, State]
) -> Iterator[tuple[str, str]]:
    """Jobs that vanished in the commit in which another with the same entry appeared."""
    free = list(come)
    for job in list(gone):
        alike = [other for other in free if _is_alike(old[job], new[other])]
        if alike:
            free.remove(alike[0])
            yield job, alike[0]


def _is_alike(one: State, other: State) -> bool:
    """Whether two entries say the same but for their job: the same reason, or all else the same."""
    if one.reason is not None and one.reason == other.reason:
        return one.decision == other.decision or one.until == other.until
    rest = ("decision", "owner", "target", "review", "evidence")
    return bool(one.evidence) and all(getattr(one, name) == getattr(other, name) for name in rest)


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
