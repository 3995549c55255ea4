"""What is staged: the files as the next commit will have them, told by git without writing anything."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from covpath.outside.git import Repository, text_of
from covpath.outside.revisions import TreeEntry, tree

_RAW = (
    "diff-index", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--ignore-submodules",
    "--ita-invisible-in-index",
)  # fmt: skip


class Index(Struct, frozen=True, kw_only=True):
    """The files that are staged, by path, and those in conflict, which have no content.

    ``changed``: whether anything differs from HEAD.
    """

    files: Mapping[str, TreeEntry]
    conflicts: frozenset[str]
    changed: bool


def staged(repository: Repository, index: Path | None = None) -> Index:
    """What is staged in the repository's index, or in the one that a commit under way has made of it.

    A file that is only announced (``git add --intent-to-add``) is not staged.
    """
    head = repository.head()
    base = head if head is not None else text_of(repository.git("hash-object", "-t", "tree", "--stdin"))
    done = repository.git(*_RAW, base, index=index)
    files = {entry.path: entry for entry in tree(repository, head)} if head is not None else {}
    conflicts: set[str] = set()
    changes = list(_changes(done.output.decode("utf-8", "surrogateescape").split("\0")))
    for status, entry in changes:
        files.pop(entry.path, None)
        if status == "U":
            conflicts.add(entry.path)
        elif status != "D" and entry.is_file:
            files[entry.path] = entry
    return Index(files=files, conflicts=frozenset(conflicts), changed=bool(changes))


def _changes(tokens: list[str]) -> Iterator[tuple[str, TreeEntry]]:
    """``:MODE MODE ID ID STATUS``, then the path."""
    for facts, path in zip(tokens[::2], tokens[1::2], strict=False):
        _, mode, _, blob, status = facts.removeprefix(":").split(" ")
        yield status[0], TreeEntry(path=path, mode=mode, blob=blob)


def index_of_commit(repository: Repository, environment: Mapping[str, str]) -> Path | None:
    """The index of the commit that is being made in this repository, as git tells its hooks; None where none is.

    ``git commit -a`` and ``git commit FILE`` make one of their own. That of another repository,
    from whose hook covpath was started, is none.
    """
    told = environment.get("GIT_INDEX_FILE")
    if not told or not repository.has_git:
        return None
    path = Path(os.path.realpath(repository.root / told))
    directory = Path(os.path.realpath(text_of(repository.git("rev-parse", "--absolute-git-dir"))))
    return path if path.parent == directory else None


def merged(repository: Repository) -> tuple[str, ...]:
    """The commits that the next commit will merge into HEAD: none but in a merge that is not finished."""
    path = repository.root / text_of(repository.git("rev-parse", "--git-path", "MERGE_HEAD"))
    try:
        return tuple(path.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return ()
