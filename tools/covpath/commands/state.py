"""The files of a repository as they lie there, or as a commit has them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from covpath.errors import CovpathError, InputError, Place
from covpath.outside.files import names_in, read_bytes
from covpath.outside.git import Repository
from covpath.workflow.model import Workflow
from covpath.workflow.reading import read_workflow
from covpath.workflow.repository import WORKFLOW_FOLDER, WorkflowSet, collect, read_all

if TYPE_CHECKING:
    from covpath.outside.index import Index
    from covpath.outside.revisions import TreeEntry


_GITHUB = ".github"


class State(Protocol):
    """One state of the files."""

    @property
    def revision(self) -> str:
        """The commit whose history is the state's."""

    @property
    def is_committed(self) -> bool:
        """Whether the state is a commit's."""

    @property
    def top(self) -> frozenset[str]:
        """The names of what lies in the root."""

    def read(self, path: str) -> bytes | None:
        """A file by its path from the root; None where there is none. Raises InputError where it cannot be read."""

    def present(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Those of some paths that are files, in their order."""

    def workflows(self) -> WorkflowSet:
        """Every workflow."""


class WorkingTree(Struct, frozen=True, kw_only=True, dict=True):
    """The files as they lie there."""

    root: Path
    revision: str = "HEAD"
    is_committed: bool = False

    @cached_property
    def top(self) -> frozenset[str]:
        """What lies in the root. Most files that are asked for are not there; this tells without asking for each."""
        return frozenset(names_in(self.root))

    @cached_property
    def _github(self) -> frozenset[str] | None:
        """What lies in the folder that most others are asked for in; None where that cannot be listed."""
        try:
            return frozenset(names_in(self.root / _GITHUB))
        except CovpathError:
            return None

    def _is_missing(self, path: str) -> bool:
        """Whether there is surely no such file."""
        first, _, rest = path.partition("/")
        if first not in self.top:
            return first not in ("", ".", "..")
        if first != _GITHUB or self._github is None:
            return False
        below = rest.partition("/")[0]
        return below not in self._github and below not in ("", ".", "..")

    def read(self, path: str) -> bytes | None:
        """A file's bytes, symbolic links followed inside the repository only."""
        if self._is_missing(path):
            return None
        whole = self.root / path
        return read_bytes(whole, within=self.root) if whole.is_file() else None

    def present(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Those of some paths that are files, in their order."""
        return tuple(path for path in paths if not self._is_missing(path) and (self.root / path).is_file())

    def workflows(self) -> WorkflowSet:
        """Every workflow."""
        return read_all(self.root)


class Committed(Struct, frozen=True, kw_only=True, dict=True):
    """The files as a commit has them; nothing is checked out."""

    repository: Repository
    revision: str
    is_committed: bool = True

    @cached_property
    def _files(self) -> Mapping[str, TreeEntry]:
        """All of them, asked for once: most files that are asked for are not there."""
        from covpath.outside.revisions import tree

        return {entry.path: entry for entry in tree(self.repository, self.revision)}

    @property
    def top(self) -> frozenset[str]:
        """The names of what lies in the root."""
        return frozenset(path.partition("/")[0] for path in self._files)

    def read(self, path: str) -> bytes | None:
        """A file's bytes at the commit."""
        return _content(self.repository, self._files.get(path))

    def present(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Those of some paths that are files at the commit, in their order."""
        return tuple(path for path in paths if path in self._files)

    def workflows(self) -> WorkflowSet:
        """Every workflow at the commit."""
        return collect(_workflows(self.repository, self._files))


class Staged(Struct, frozen=True, kw_only=True):
    """The files as the next commit will have them, whatever else lies there."""

    repository: Repository
    index: Index
    revision: str = "HEAD"
    is_committed: bool = False

    @property
    def top(self) -> frozenset[str]:
        """The names of what lies in the root."""
        return frozenset(path.partition("/")[0] for path in (*self.index.files, *self.index.conflicts))

    def read(self, path: str) -> bytes | None:
        """A file's bytes as they are staged. Raises InputError where it is in conflict."""
        if path in self.index.conflicts:
            raise _conflict(path)
        return _content(self.repository, self.index.files.get(path))

    def present(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Those of some paths that are staged files, in their order."""
        return tuple(path for path in paths if path in self.index.files or path in self.index.conflicts)

    def workflows(self) -> WorkflowSet:
        """Every workflow that is staged."""
        torn = (_conflict(path) for path in sorted(filter(_is_workflow, self.index.conflicts)))
        return collect((*_workflows(self.repository, self.index.files), *torn))


def _conflict(path: str) -> InputError:
    return InputError(
        "this file is in conflict.", place=Place(path), hint="Settle it, then stage it: git add " + shlex.quote(path)
    )


def _content(repository: Repository, entry: TreeEntry | None) -> bytes | None:
    # Imported here: the files as they lie there are what is asked for most.
    from covpath.outside.revisions import blobs

    return None if entry is None else blobs(repository, [entry.blob])[entry.blob]


def _workflows(repository: Repository, files: Mapping[str, TreeEntry]) -> Iterator[Workflow | CovpathError]:
    from covpath.outside.revisions import blobs

    entries = [files[path] for path in sorted(filter(_is_workflow, files))]
    contents = blobs(repository, [entry.blob for entry in entries])
    return (_read(entry.path, contents[entry.blob]) for entry in entries)


def _is_workflow(path: str) -> bool:
    """Whether GitHub looks at it: subdirectories are nothing to it."""
    folder, _, name = path.rpartition("/")
    return folder == WORKFLOW_FOLDER and name.endswith((".yml", ".yaml"))


def _read(path: str, data: bytes) -> Workflow | CovpathError:
    try:
        return read_workflow(path, data)
    except CovpathError as error:
        return error if error.place else InputError(error.message, place=Place(path), hint=error.hint)
