"""Evidence that speaks of a job as it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from covpath.audits.finding import Finding, Severity
from covpath.audits.past import SetupAt
from covpath.audits.setup import JobSetup, setup_of
from covpath.audits.subject import AuditSubject
from covpath.evidence.model import Evidence as Saved
from covpath.ledger.model import Entry, Evidence, EvidenceForm
from covpath.terms import JobRef

ID = "evidence-old"
TITLE = "evidence is older than the job it speaks of: measuring step, toolchain or runner changed since"
EXPLANATION = """\
A measurement is one of a command, a toolchain and a runner. When one of them changes, it is a measurement of
another job, however carefully it was made. A saved benchmark knows its commit; other evidence has its date, or
else the day on which git first saw it in the entry: it cannot be younger. What changed on that very day is given
the benefit of the doubt. Where the history is cut off it is unknown, and said so.

What to do: measure again (`covpath bench --job JOB`), or look at a newer run, and name that.
"""


class _Since(Struct, frozen=True, kw_only=True):
    """From when a piece of evidence is: a commit, or a day (a later day's changes count), or neither is known."""

    said: str
    commit: str | None = None
    day: date | None = None


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each piece of evidence and job where the job has changed since."""
    if not subject.past.known:
        return
    for entry in subject.open_entries:
        if not entry.evidence:
            continue
        for ref in subject.refs_of(entry):
            for piece in entry.evidence:
                yield from _of_piece(subject, entry, piece, ref)


def _of_piece(subject: AuditSubject, entry: Entry, piece: Evidence, ref: JobRef) -> Iterator[Finding]:
    since = _since(subject, entry, piece)
    if since is None:
        return
    now = setup_of(*subject.verdicts.job(ref))
    then = _then(subject, ref, since)
    if then is None:
        if not subject.past.complete:
            yield _finding(piece, ref, Severity.NOTE, f"whether {piece.where} is older than the job is unknown: "
                           "the history is cut off", "Fetch all of it: git fetch --unshallow.")  # fmt: skip
        return
    changed = now.differs_in(then)
    if changed:
        what = " and ".join(changed)
        yield _finding(
            piece,
            ref,
            Severity.WARNING,
            f"{ref.job}: {piece.where} is {since.said}, and {what} changed since{_when(subject, ref, now)}",
            _hint(subject, ref),
        )


def _hint(subject: AuditSubject, ref: JobRef) -> str:
    verdict = subject.verdicts.of(ref)
    if verdict is not None and verdict.coverage:
        return f"Measure again: covpath bench --job {ref}."
    return "Look at a newer run, and name that."


def _since(subject: AuditSubject, entry: Entry, piece: Evidence) -> _Since | None:
    saved = subject.evidence(piece.where) if piece.form is EvidenceForm.FILE else None
    if isinstance(saved, Saved):
        if saved.subject.commit is not None:
            return _Since(said=f"of commit {saved.subject.commit[:8]}", commit=saved.subject.commit)
        if _is_day(saved.created[:10]):
            return _Since(said=f"of {saved.created[:10]}", day=date.fromisoformat(saved.created[:10]))
    if piece.day is not None:
        return _Since(said=f"of {piece.day}", day=piece.day)
    return _first_seen(subject, entry, piece)


def _first_seen(subject: AuditSubject, entry: Entry, piece: Evidence) -> _Since | None:
    histories = [subject.past.exceptions.jobs.get(str(job)) for job in entry.jobs]
    seen = [one.evidence[piece.where] for one in histories if one is not None and piece.where in one.evidence]
    first = min(seen, key=lambda one: one.day, default=None)
    if first is None or subject.past.is_cut_off_at(first.commit):
        return _Since(said="older than the history")
    if not first.commit:
        return None  # not committed yet, so nothing can have changed since
    return _Since(said=f"known since {first.day}", commit=first.commit)


def _then(subject: AuditSubject, ref: JobRef, since: _Since) -> JobSetup | None:
    if since.commit is not None:
        return subject.past.setup_at(since.commit, ref.workflow, ref.job)
    if since.day is None:
        return None
    for version in subject.past.setups(ref.workflow, ref.job):
        if version.day <= since.day:
            return version.setup
    return None


def _when(subject: AuditSubject, ref: JobRef, now: JobSetup) -> str:
    """The oldest commit from which on the job is as it is now, where one can be named."""
    last: SetupAt | None = None
    for version in subject.past.setups(ref.workflow, ref.job):
        if version.setup is None or now.differs_in(version.setup):
            break
        last = version
    return f" (last on {last.day}, {last.commit[:8]})" if last is not None else ""


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _finding(piece: Evidence, ref: JobRef, severity: Severity, message: str, hint: str) -> Finding:
    return Finding(rule=ID, severity=severity, message=message, place=piece.place, hint=hint, job=ref, key=piece.where)
