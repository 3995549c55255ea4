"""An entry about a job that is not there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject
from covpath.ledger.model import JobName
from covpath.terms import JobRef
from covpath.workflow.model import Job, Workflow
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

_ALIKE = 0.62
"""How much of a job's text lives on in a renamed one; the similarity used in the survey of real histories."""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each name of an open entry that means no job."""
    for entry in subject.open_entries:
        for name in entry.jobs:
            if any(map(name.matches, subject.verdicts.by_id.get(name.job, ()))) or _may_be_unread(subject, name):
                continue
            now = renamed(subject, name)
            yield Finding(
                rule=ID,
                severity=Severity.ERROR,
                message=f"there is no job {name}" + (f"; it is {now} now" if now else ""),
                place=entry.place_of("job"),
                hint=f"Name it {now} in the entry." if now else f"covpath exceptions resolve {name}",
                job=JobRef(f"{WORKFLOW_FOLDER}/{name.file.rsplit('/', 1)[-1]}", name.job),
                key=str(name),
            )


def _may_be_unread(subject: AuditSubject, name: JobName) -> bool:
    return any(path == name.file or path.endswith("/" + name.file) for path in subject.unreadable)


def renamed(subject: AuditSubject, name: JobName) -> JobRef | None:
    """The job that ``name`` most likely is called now: by its content in git, else by its name."""
    free = [ref for ref in subject.verdicts.refs if subject.entry_of(ref) is None]
    if not free:
        return None
    path = f"{WORKFLOW_FOLDER}/{name.file.rsplit('/', 1)[-1]}"
    before = subject.past.last_with(path, name.job)
    if before is not None:
        text = _text(before, before.jobs[name.job])
        scored = [(_likeness(text, _text(*subject.verdicts.job(ref))), ref) for ref in free]
        best, ref = max(scored, key=lambda item: item[0])
        return ref if best >= _ALIKE else None
    same_id = [ref for ref in free if ref.job == name.job]
    if len(same_id) == 1:
        return same_id[0]
    known = {str(ref.job): ref for ref in free if name.file.rsplit("/", 1)[-1] == ref.workflow.rsplit("/", 1)[-1]}
    near = difflib.get_close_matches(str(name.job), known, n=1, cutoff=_ALIKE)
    return known[near[0]] if near else None


def _text(workflow: Workflow, job: Job) -> list[str]:
    """A job's lines without its key and its name."""
    whole = workflow.document.source.text[job.node.start : job.node.end]
    lines = [line.strip() for line in whole.splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "name:"))]


def _likeness(one: list[str], other: list[str]) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()
