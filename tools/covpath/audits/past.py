"""What git remembers of jobs and of the exceptions file; asked only by the rules that need it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cached_property

from msgspec import Struct

from covpath.audits.setup import JobSetup, setup_of
from covpath.errors import CovpathError
from covpath.ledger.history import History
from covpath.ledger.versions import Working, past
from covpath.outside.git import Repository, text_of
from covpath.outside.revisions import Change, blobs, history
from covpath.terms import JobId
from covpath.workflow.model import Workflow
from covpath.workflow.reading import read_workflow


class SetupAt(Struct, frozen=True, kw_only=True):
    """What a job was measured with as a commit left it; None where it did not exist or cannot be read."""

    commit: str
    day: date
    setup: JobSetup | None


class Past:
    """The history of one repository as it is at a revision; without git, or a first commit, nothing is known.

    ``working`` is the exceptions file as it lies there, where that state is audited.
    """

    def __init__(
        self, repository: Repository, exceptions_path: str, *, revision: str = "HEAD", working: Working | None = None
    ) -> None:
        self._repository = repository
        self._path = exceptions_path
        self._revision = revision
        self._working = working
        self._versions: dict[str, tuple[Change, ...]] = {}
        self._blobs: dict[tuple[str, str], str | None] = {}
        self._parsed: dict[str, Workflow | None] = {}

    @cached_property
    def known(self) -> bool:
        """Whether there is any history."""
        return self._repository.has_git and self._repository.head() is not None

    @cached_property
    def complete(self) -> bool:
        """Whether it goes back to the beginning; a shallow clone's does not."""
        return self.known and not self._repository.is_shallow()

    @cached_property
    def exceptions(self) -> History:
        """The past of the exceptions file; of nothing where there is no history."""
        if not self.known:
            return History(jobs={}, complete=False, unreadable=())
        return past(self._repository, self._path, self._revision, working=self._working)

    def is_cut_off_at(self, commit: str) -> bool:
        """Whether the exceptions file's history begins with ``commit`` only because it was cut off there."""
        return not self.complete and commit == self._oldest

    @cached_property
    def _oldest(self) -> str | None:
        changes = history(self._repository, self._path, self._revision) if self.known else ()
        return changes[-1].commit if changes else None

    def setups(self, path: str, job: JobId) -> Iterator[SetupAt]:
        """What a job was measured with, commit by commit of its file, the newest first."""
        for change, workflow in self._workflows(path):
            found = workflow.jobs.get(job) if workflow is not None else None
            setup = setup_of(workflow, found) if workflow is not None and found is not None else None
            yield SetupAt(commit=change.commit, day=change.when.date(), setup=setup)

    def last_with(self, path: str, job: JobId) -> Workflow | None:
        """The newest version of a workflow file that had a job of that id."""
        for _, workflow in self._workflows(path):
            if workflow is not None and job in workflow.jobs:
                return workflow
        return None

    def setup_at(self, commit: str, path: str, job: JobId) -> JobSetup | None:
        """What a job was measured with at a commit; None where that cannot be told."""
        workflow = self.workflow_at(commit, path)
        found = workflow.jobs.get(job) if workflow is not None else None
        return setup_of(workflow, found) if workflow is not None and found is not None else None

    def workflow_at(self, commit: str, path: str) -> Workflow | None:
        """A workflow file as it was at a commit; None where there was none, or it cannot be told."""
        blob = self._blob_at(commit, path)
        if blob is None:
            return None
        if blob not in self._parsed:
            self._parsed[blob] = _workflow(path, blobs(self._repository, [blob])[blob])
        return self._parsed[blob]

    def _blob_at(self, commit: str, path: str) -> str | None:
        """The content of a file at a commit. All commits that brought evidence or decisions are asked at once."""
        if not _COMMIT.fullmatch(commit) or "\n" in path:
            return None
        if (commit, path) not in self._blobs:
            seen = {one.commit for job in self.exceptions.jobs.values() for one in job.evidence.values()}
            decided = {job.decided.commit for job in self.exceptions.jobs.values() if job.decided is not None}
            asked = sorted(one for one in {commit, *seen, *decided} if _COMMIT.fullmatch(one))
            lines = "".join(f"{one}:{path}\n" for one in asked)
            answer = text_of(self._repository.git("cat-file", "--batch-check", given=lines.encode()))
            for one, line in zip(asked, answer.splitlines(), strict=True):
                words = line.split(" ")
                self._blobs[one, path] = words[0] if words[1:2] == ["blob"] else None
        return self._blobs[commit, path]

    def _workflows(self, path: str) -> Iterator[tuple[Change, Workflow | None]]:
        if path not in self._versions:
            self._versions[path] = history(self._repository, path, self._revision) if self.known else ()
        yield from self._read(self._versions[path])

    def _read(self, changes: tuple[Change, ...]) -> Iterator[tuple[Change, Workflow | None]]:
        for start in range(0, len(changes), _TOGETHER):
            some = changes[start : start + _TOGETHER]
            asked = [change.after for change in some if change.after is not None and change.after not in self._parsed]
            texts = blobs(self._repository, asked) if asked else {}
            for change in some:
                if change.after is None:
                    yield change, None
                    continue
                if change.after not in self._parsed:
                    self._parsed[change.after] = _workflow(change.path, texts[change.after])
                yield change, self._parsed[change.after]


_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_TOGETHER = 20
"""Versions that are read from git at once: most questions are answered by the newest few."""


def _workflow(path: str, data: bytes | None) -> Workflow | None:
    try:
        return None if data is None else read_workflow(path, data)
    except CovpathError:
        return None
