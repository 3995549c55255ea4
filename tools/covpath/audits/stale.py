"""An entry about a job that is not there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from covpath.audits.finding import AuditSubject, Finding, Severity

ID = "stale"
TITLE = "an entry names a job that no workflow has"
EXPLANATION = """\
An entry and a job must find each other: an entry whose job was removed or renamed explains nothing, and the
renamed job would be without one. Where a job looks like the one that is gone, it is named.

What to do: name the job as it is called now, or remove the entry (`covpath exceptions resolve JOB`).
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each name of an open entry that means no job."""
    refs = [verdict.ref for verdict in subject.verdicts]
    for entry in subject.ledger.open_entries if subject.ledger is not None else ():
        for name in entry.jobs:
            if any(name.matches(ref) for ref in refs):
                continue
            known = {str(ref): ref for ref in refs}
            near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
            yield Finding(
                rule=ID,
                severity=Severity.ERROR,
                message=f"there is no job {name}" + (f"; {near[0]} looks like it" if near else ""),
                place=entry.place_of("job"),
                hint="Name the job as it is called now, or remove the entry.",
            )
