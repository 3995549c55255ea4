"""``covpath status --base REV``: what this branch changes about what can block a merge, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from covpath.commands.linking import links_of, texts_of, tracer_of
from covpath.commands.state import Committed, State, WorkingTree
from covpath.errors import CovpathError
from covpath.gate.compare import GateChange, compare
from covpath.gate.judge import Judge
from covpath.gate.required import RequiredChecks
from covpath.gate.verdict import JobVerdict
from covpath.outside.git import Repository
from covpath.report.status_changes import to_json, to_text

Changes = tuple[tuple[GateChange, ...], tuple[CovpathError, ...]]


def changes_since(
    repository: Repository, base: str, required: RequiredChecks, others: Iterable[Path], wanted: Callable[[str], bool]
) -> Changes:
    """The changes since the branch left ``base``, of the jobs that are ``wanted``, and what could not be read."""
    start = repository.merge_base(base, "HEAD") or repository.resolve(base)
    before, unreadable_before = _judged(Committed(repository=repository, revision=start), required, others)
    after, unreadable = _judged(WorkingTree(root=repository.root), required, others)
    not_read = {error.place.file for error in (*unreadable_before, *unreadable) if error.place is not None}
    found = tuple(
        change
        for change in compare(before, after)
        if change.ref.workflow not in not_read and (wanted(str(change.ref.job)) or wanted(str(change.ref)))
    )
    return found, unreadable


def _judged(
    state: State, required: RequiredChecks, others: Iterable[Path]
) -> tuple[list[JobVerdict], tuple[CovpathError, ...]]:
    read = state.workflows()
    links = links_of(state, read.workflows, others)
    judge = Judge(required=required, links=links, behind=tracer_of(texts_of(state), links, others).alternatives)
    return [verdict for workflow in read.workflows for verdict in judge.workflow(workflow)], read.unreadable


def shown(changes: Changes, base: str, form: str) -> str:
    """The changes for the screen, as text or JSON."""
    found, unreadable = changes
    if form == "json":
        return json.dumps(to_json(found, unreadable, base), indent=2, ensure_ascii=False) + "\n"
    return to_text(found, unreadable)
