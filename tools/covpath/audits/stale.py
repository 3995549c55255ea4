"""An entry about a job that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.renaming import is_stale, renamed
from covpath.audits.subject import AuditSubject
from covpath.terms import JobRef
from covpath.workflow.repository import WORKFLOW_FOLDER

ID = "stale"
TITLE = "an entry names a job that no workflow has"
EXPLANATION = """\
An entry and a job must find each other: an entry whose job was removed or renamed explains nothing, and the
renamed job would be without one. Where the job lives on under another name or in another file, it is named: the
job as git last saw it is compared with those there are now, and without a history the names are.

What to do: name the job as it is called now (`covpath audit --fix` does), or remove the entry
(`covpath exceptions resolve JOB`).
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each name of an open entry that means no job."""
    for entry in subject.open_entries:
        for name in entry.jobs:
            if not is_stale(subject, name):
                continue
            now = renamed(subject, name)
            yield Finding(
                rule=ID,
                severity=Severity.ERROR,
                message=f"there is no job {name}" + (f"; it is {now} now" if now else ""),
                place=entry.place_of("job"),
                hint=f"covpath audit --fix names it {now}." if now else f"covpath exceptions resolve {name}",
                job=JobRef(f"{WORKFLOW_FOLDER}/{name.file.rsplit('/', 1)[-1]}", name.job),
                key=str(name),
            )
