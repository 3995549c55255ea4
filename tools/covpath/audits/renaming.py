"""Which job an entry speaks of under the name it had before."""

from __future__ import annotations

import difflib

from covpath.audits.subject import AuditSubject
from covpath.ledger.model import JobName
from covpath.terms import JobRef
from covpath.workflow.model import Job, Workflow
from covpath.workflow.repository import WORKFLOW_FOLDER

_ALIKE = 0.62
"""How much of a job's text lives on in a renamed one; the similarity used in the survey of real histories."""


def all_renamed(subject: AuditSubject) -> frozenset[JobRef]:
    """The jobs of which an open entry speaks under the name they had before."""
    stale = (name for entry in subject.open_entries for name in entry.jobs if is_stale(subject, name))
    return frozenset(now for name in stale if (now := renamed(subject, name)) is not None)


def is_stale(subject: AuditSubject, name: JobName) -> bool:
    """Whether a name means no job, as far as all files could be read."""
    known = subject.verdicts.by_id.get(name.job, ())
    return not any(map(name.matches, known)) and not _may_be_unread(subject, name)


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
