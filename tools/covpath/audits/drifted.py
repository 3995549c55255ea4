"""An entry whose target was moved to later."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.deadline import days, until_place
from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject, names_of
from covpath.ledger.history import Drift

ID = "drifted"
TITLE = "the target of an entry was moved to later"
EXPLANATION = """\
One date moved is a plan that met the world; a date moved again and again is no date. How often and how far is
read from git, whoever moved it and whatever the entry says. A move that brought new evidence (a run, a saved
benchmark) weighs less than one that only brought another date. Where the history is cut off, as in a shallow
clone, it is unknown how often, and said so.

What to do: decide with evidence (`covpath bench`, `covpath decide JOB`), or say that it is permanent.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each open entry that was postponed, and one where that cannot be known."""
    entries = [entry for entry in subject.open_entries if entry.until is not None]
    if not entries or not subject.past.known:
        return
    history = subject.past.exceptions
    for entry in entries:
        past = history.of(entry)
        drift = past.drift(subject.known_calendar) if past is not None else None
        if drift is not None:
            yield Finding(
                rule=ID,
                severity=Severity.WARNING if drift.unsupported else Severity.NOTE,
                message=f"{names_of(entry)}: {_told(drift)}{'' if history.complete else ', perhaps more often'}",
                place=until_place(entry),
                hint="Decide with evidence: covpath bench, covpath decide.",
                job=subject.ref_of(entry),
                key=f"{names_of(entry)} {drift.times} {entry.until}",
                weight=drift.times,
            )
    if not history.complete:
        yield Finding(
            rule=ID,
            severity=Severity.NOTE,
            message="how often targets were moved is unknown: the history is cut off (a shallow clone)",
            place=entries[0].place_of("target"),
            hint="Fetch all of it: git fetch --unshallow, or `fetch-depth: 0` for actions/checkout.",
            key="shallow",
        )


def _told(drift: Drift) -> str:
    times = {1: "once", 2: "twice"}.get(drift.times, f"{drift.times} times")
    far = [f"{drift.sprints} sprint{'' if drift.sprints == 1 else 's'}"] if drift.sprints else []
    far += [days(drift.days)] if drift.days and not drift.sprints else []
    by = f" by {far[0]}" if far else ""
    bare = "" if not drift.unsupported else f", {_of(drift)}without new evidence"
    return f"its target was moved {times}{by}, from {drift.first} to {drift.last}{bare}"


def _of(drift: Drift) -> str:
    if drift.unsupported == drift.times:
        return "each time " if drift.times > 1 else ""
    return f"{drift.unsupported} of them "
