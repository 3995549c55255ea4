"""``covpath status --base REV``: what this branch changes about what can block a merge, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from covpath.commands.linking import links_of, texts_of, tracer_of
from covpath.commands.state import Committed, State, WorkingTree
from covpath.commands.subject import with_other_services
from covpath.errors import CovpathError
from covpath.gate.compare import ChangeKind, GateChange, compare
from covpath.gate.judge import Judge
from covpath.gate.required import RequiredChecks
from covpath.gate.verdict import JobVerdict
from covpath.outside.git import Repository
from covpath.report.status_changes import to_json, to_text

if TYPE_CHECKING:
    from covpath.gate.services.compare_services import ServiceChange


class Changes(Struct, frozen=True, kw_only=True):
    """What changed about jobs and about what other services make of checks, and what could not be read."""

    jobs: tuple[GateChange, ...]
    services: tuple[ServiceChange, ...]
    unreadable: tuple[CovpathError, ...]


def changes_since(
    repository: Repository, base: str, required: RequiredChecks, others: Iterable[Path], wanted: Callable[[str], bool]
) -> Changes:
    """The changes since the branch left ``base``, of the jobs that are ``wanted``, and what could not be read."""
    start = repository.merge_base(base, "HEAD") or repository.resolve(base)
    plain = replace(required, codecov=None, mergify=None)
    before = _judged(Committed(repository=repository, revision=start), plain, others)
    after = _judged(WorkingTree(root=repository.root), plain, others)
    not_read = {error.place.file for one in (before, after) for error in one.unreadable if error.place is not None}
    unknown = any(one.required.mergify is not None and not one.required.mergify.readable for one in (before, after))
    return Changes(
        jobs=tuple(
            change
            for change in compare(before.verdicts, after.verdicts)
            if not (change.kind is ChangeKind.MERGIFY and unknown)
            if change.ref.workflow not in not_read and (wanted(str(change.ref.job)) or wanted(str(change.ref)))
        ),
        services=_services(before, after) if wanted("") else (),
        unreadable=after.unreadable,
    )


def _services(before: _Judged, after: _Judged) -> tuple[ServiceChange, ...]:
    states = (before.required, after.required)
    if all(one.codecov is None and one.mergify is None for one in states):
        return ()
    # Imported here: many repositories have neither.
    from covpath.gate.services.compare_services import compare_services

    reported = {check for one in (before, after) for verdict in one.verdicts for check in verdict.checks}
    return compare_services(*states, reported)


class _Judged(Struct, frozen=True, kw_only=True):
    verdicts: list[JobVerdict]
    required: RequiredChecks
    unreadable: tuple[CovpathError, ...]


def _judged(state: State, required: RequiredChecks, others: Iterable[Path]) -> _Judged:
    read = state.workflows()
    links = links_of(state, read.workflows, others)
    asked, errors = with_other_services(required, state)
    judge = Judge(required=asked, links=links, behind=tracer_of(texts_of(state), links, others).alternatives)
    verdicts = [verdict for workflow in read.workflows for verdict in judge.workflow(workflow)]
    return _Judged(verdicts=verdicts, required=asked, unreadable=(*read.unreadable, *errors))


def shown(changes: Changes, base: str, form: str) -> str:
    """The changes for the screen, as text or JSON."""
    parts = (changes.jobs, changes.services, changes.unreadable)
    if form == "json":
        return json.dumps(to_json(*parts, base), indent=2, ensure_ascii=False) + "\n"
    return to_text(*parts)
