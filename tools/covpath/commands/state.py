"""The files of a repository as they lie there, or as a commit has them."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from covpath.errors import CovpathError, InputError, Place
from covpath.outside.files import read_bytes
from covpath.outside.git import Repository
from covpath.workflow.model import Workflow
from covpath.workflow.reading import read_workflow
from covpath.workflow.repository import WorkflowSet, collect, read_all


class State(Protocol):
    """One state of the files."""

    @property
    def revision(self) -> str:
        """The commit whose history is the state's."""

    @property
    def is_committed(self) -> bool:
        """Whether the state is a commit's."""

    def read(self, path: str) -> bytes | None:
        """A file by its path from the root; None where there is none. Raises InputError where it cannot be read."""

    def workflows(self) -> WorkflowSet:
        """Every workflow."""


class WorkingTree(Struct, frozen=True, kw_only=True, dict=True):
    """The files as they lie there."""

    root: Path
    revision: str = "HEAD"
    is_committed: bool = False

    @cached_property
    def _top(self) -> frozenset[str]:
        """What lies in the root. Most files that are asked for are not there; this tells without asking for each."""
        try:
            with os.scandir(self.root) as entries:
                return frozenset(entry.name for entry in entries)
        except OSError as error:
            reason = (error.strerror or "it cannot be read").lower()
            raise InputError(f"this directory cannot be listed: {reason}.", place=Place(str(self.root))) from error

    def read(self, path: str) -> bytes | None:
        """A file's bytes, symbolic links followed inside the repository only."""
        first = path.partition("/")[0]
        if first not in self._top and first not in ("", ".", ".."):
            return None
        whole = self.root / path
        return read_bytes(whole, within=self.root) if whole.is_file() else None

    def workflows(self) -> WorkflowSet:
        """Every workflow."""
        return read_all(self.root)


class Committed(Struct, frozen=True, kw_only=True):
    """The files as a commit has them; nothing is checked out."""

    repository: Repository
    revision: str
    is_committed: bool = True

    def read(self, path: str) -> bytes | None:
        """A file's bytes at the commit."""
        from covpath.outside.revisions import show

        return show(self.repository, self.revision, path)

    def workflows(self) -> WorkflowSet:
        """Every workflow at the commit."""
        # Imported here: the files as they lie there are what is asked for most.
        from covpath.outside.revisions import blobs, workflows

        entries = workflows(self.repository, self.revision)
        contents = blobs(self.repository, [entry.blob for entry in entries])
        return collect(_read(entry.path, contents[entry.blob]) for entry in sorted(entries, key=lambda one: one.path))


def _read(path: str, data: bytes) -> Workflow | CovpathError:
    try:
        return read_workflow(path, data)
    except CovpathError as error:
        return error if error.place else InputError(error.message, place=Place(path), hint=error.hint)
