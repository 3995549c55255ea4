"""An open entry about a job that blocks again."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.levers import is_partly_soft
from covpath.audits.subject import AuditSubject
from covpath.gate.verdict import JobVerdict
from covpath.ledger.model import Accepted, Entry, JobName
from covpath.terms import Gate, Tri

ID = "still-open"
TITLE = "a job blocks again, and its entry is still open"
EXPLANATION = """\
An exception that is no longer one hides the next: the day the job is made advisory again, the old entry would
explain it. So the entry goes with the reason for it. One that only accepts that a green run may hold no data
stays as long as that is so.

What to do: `covpath exceptions resolve JOB --write`; `covpath audit --fix` shows the diff.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each job of an open entry that needs none."""
    for entry in subject.open_entries:
        for verdict in subject.jobs_of(entry):
            if not needs_entry(entry, verdict):
                name = next(name for name in entry.jobs if name.matches(verdict.ref))
                yield _finding(entry, name, verdict)


def needs_entry(entry: Entry, verdict: JobVerdict) -> bool:
    """Whether something about a job is still as its entry explains or accepts it."""
    if verdict.gate is not Gate.BLOCKING or is_partly_soft(verdict):
        return True
    return entry.accepts_this(Accepted.NO_DATA) and verdict.data.green_without_data is Tri.TRUE


def _finding(entry: Entry, name: JobName, verdict: JobVerdict) -> Finding:
    return Finding(
        rule=ID,
        severity=Severity.ERROR,
        message=f"{verdict.ref.job} blocks again, and its entry is still open",
        place=entry.place_of("job"),
        hint=f"covpath exceptions resolve {name} --write",
        job=verdict.ref,
        key=str(name),
        related=(("the job", verdict.place),),
    )
