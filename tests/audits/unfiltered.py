"""The audit without what spares it work: every job is judged, every step, every name worked out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from covpath.audits.finding import Finding
from covpath.audits.table import audit
from covpath.commands.audited import Asked, look_at
from covpath.outside.git import Repository
from covpath.terms import JobRef
from covpath.workflow.model import Workflow
from covpath.workflow.reading import read_workflow
from covpath.workflow.repository import WORKFLOW_FOLDER, WorkflowSet

DAY = date(2026, 11, 25)


@contextmanager
def without_prefilter() -> Iterator[None]:
    """Inside, nothing is told apart without being judged."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("covpath.audits.quiet.Quiet.is_quiet", lambda *_: False)
        patch.setattr("covpath.audits.quiet.Quiet.may_mask", lambda *_: True)
        patch.setattr("covpath.audits.quiet.Quiet.never_runs", lambda *_: False)
        patch.setattr("covpath.audits.verdicts.could_share", every_job)
        yield


def every_job(workflows: Iterable[Workflow]) -> frozenset[JobRef]:
    """All jobs, as those that could share a name."""
    return frozenset(workflow.ref(job) for workflow in workflows for job in workflow.jobs.values())


class InMemory:
    """The state of files that lie nowhere."""

    revision = "HEAD"
    is_committed = True

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    @property
    def top(self) -> frozenset[str]:
        return frozenset(path.partition("/")[0] for path in self._files)

    def read(self, path: str) -> bytes | None:
        text = self._files.get(path)
        return text.encode() if text is not None else None

    def present(self, paths: Sequence[str]) -> tuple[str, ...]:
        return tuple(path for path in paths if path in self._files)

    def workflows(self) -> WorkflowSet:
        paths = sorted(path for path in self._files if path.startswith(WORKFLOW_FOLDER))
        found = tuple(read_workflow(path, self._files[path].encode()) for path in paths)
        return WorkflowSet(workflows=found, unreadable=())


def findings(files: Mapping[str, str]) -> tuple[Finding, ...]:
    """What the audit finds in these files, a repository without a history."""
    nowhere = Repository(root=Path("nowhere"), has_git=False)
    return audit(look_at(nowhere, InMemory(files), Asked(today=DAY)).subject)
