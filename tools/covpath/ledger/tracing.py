"""Following entries through the versions of the exceptions file, whatever they are called and wherever they stand.

Pure: versions come in, each with what it was made from, oldest first. ``versions`` reads
them from git.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from msgspec import Struct, field

from covpath.errors import InputError
from covpath.ledger.history import Change, ChangeKind, FirstSeen, History, JobHistory
from covpath.ledger.snapshots import Snapshot, Snapshots, State


class Version(Struct, frozen=True, kw_only=True):
    """One commit's change of the file; ``before`` or ``after`` is None where there was no file. ``day`` is UTC."""

    commit: str
    day: date
    author: str
    before: str | None
    after: str | None


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
    jobs = {
        job: JobHistory(
            names=tuple(track.names),
            changes=tuple(track.changes),
            evidence={where: seen for where, seen in track.evidence.items() if seen is not None},
        )
        for job, track in tracks.items()
    }
    return History(jobs=jobs, complete=complete, unreadable=tuple(unreadable))


_NOTHING = Snapshot(owner=None, by_job={})


class _Track(Struct, kw_only=True):
    """One job's history while it is followed."""

    names: list[str]
    changes: list[Change] = field(default_factory=list)
    evidence: dict[str, FirstSeen | None] = field(default_factory=dict)
    """Every piece it ever had; None where it was there before the history begins."""
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
        known = tracks.pop(job, None)
        track = known or _Track(names=[job], last=old[job], evidence=dict.fromkeys(old[job].evidence))
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
        _settle(track, version, new[job])
    same_owner = before.owner == after.owner
    for job, state in new.items():
        past = old.get(job)
        if past is not None and (past is not state or not same_owner) and (past != state or not same_owner):
            track = tracks.setdefault(job, _Track(names=[job], evidence=dict.fromkeys(past.evidence)))
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
    _settle(track, version, new)


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
            new_evidence=not evidence <= track.evidence.keys(),
        )
    )


def _settle(track: _Track, version: Version, state: State) -> None:
    for where in state.evidence:
        track.evidence.setdefault(where, FirstSeen(commit=version.commit, day=version.day))
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
