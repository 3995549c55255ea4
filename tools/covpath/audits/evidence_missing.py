"""A decision without anything that was seen, or with evidence that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject, names_of
from covpath.errors import CovpathError
from covpath.evidence.model import Evidence as Saved
from covpath.ledger.model import Entry, Evidence, EvidenceForm, JobName
from covpath.terms import Decision, EvidenceKind

ID = "evidence-missing"
TITLE = "a decision has no evidence, or evidence that is not there or about another job"
EXPLANATION = """\
"Tarpaulin fills the runner's disk" is a claim until somebody can look: at a run's address, or at a benchmark's
saved result under ci/evidence. A file that an entry names and the repository does not have, a `measured` file
that no benchmark wrote, and a benchmark of another job are no evidence either.

What to do: `covpath bench --job JOB` measures and saves it; `covpath decide JOB --record` names it in the entry.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each decided entry without evidence, and for each piece that is none."""
    for entry in subject.open_entries:
        if not entry.evidence and entry.decision is not Decision.UNDECIDED:
            yield Finding(
                rule=ID,
                severity=Severity.WARNING,
                message=f"{names_of(entry)}: {entry.decision} without evidence",
                place=entry.place,
                hint="Name a run's address, or a benchmark saved under ci/evidence.",
                job=subject.ref_of(entry),
                key=names_of(entry),
            )
        for piece in entry.evidence:
            wrong = _wrong(subject, entry, piece)
            if wrong is not None:
                yield Finding(
                    rule=ID,
                    severity=Severity.ERROR,
                    message=f"{names_of(entry)}: {piece.where} {wrong}",
                    place=piece.place,
                    hint=_hint(subject, entry),
                    job=subject.ref_of(entry),
                    key=piece.where,
                )


def _hint(subject: AuditSubject, entry: Entry) -> str:
    measured = subject.measured(entry)
    if measured is not None:
        return f"covpath bench --job {measured} measures it, or take it out of the entry."
    return "Name a run, or a file that is there and about it, or take it out of the entry."


def _wrong(subject: AuditSubject, entry: Entry, piece: Evidence) -> str | None:
    """What is wrong with a piece of evidence that is a file."""
    if piece.form is not EvidenceForm.FILE:
        return None
    found = subject.evidence(piece.where)
    if found is None:
        return "is not there"
    if piece.kind is not EvidenceKind.MEASURED:
        return None
    if isinstance(found, CovpathError):
        return f"is no saved benchmark: {found.message.rstrip('.')}"
    if not found.trials:
        return "holds no trial, so nothing was measured"
    return None if is_about(found, entry) else f"is about {found.subject.job}, not about this job"


def is_about(saved: Saved, entry: Entry) -> bool:
    """Whether a benchmark speaks of one of an entry's jobs, as far as it says."""
    if saved.subject.job is None or ":" not in saved.subject.job:
        return True
    name = JobName.parse(saved.subject.job)
    return any(
        name.job == job.job and (name.file.endswith(job.file) or job.file.endswith(name.file)) for job in entry.jobs
    )
