"""Files as they are at a revision, and how they came to be so.

All of it is read from git's object store; nothing is checked out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from covpath.errors import OutsideError
from covpath.outside.files import MAX_BYTES
from covpath.outside.git import Repository, text_of
from covpath.outside.processes import Completed

_BATCH_BYTES = 64 * 2**20


class TreeEntry(Struct, frozen=True, kw_only=True):
    """What lies at a path at a revision: ``path`` from the root, ``mode`` as git writes it (``100644``)."""

    path: str
    mode: str
    blob: str

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file: not a link, not a submodule, not a directory."""
        return self.mode.startswith("100")


class Change(Struct, frozen=True, kw_only=True):
    """One commit's change of one file; ``before`` or ``after`` is None where there was none.

    ``path`` is the file's name after the commit. ``when`` is the commit date in UTC.
    """

    commit: str
    author: str
    email: str
    when: datetime
    path: str
    before: str | None
    after: str | None


def tree(repository: Repository, revision: str, under: str = "") -> tuple[TreeEntry, ...]:
    """The files at ``revision``, those below the directory ``under`` only where it is given."""
    where = ("--", under.rstrip("/") + "/") if under else ()
    done = repository.git("ls-tree", "-r", "-z", "--full-tree", repository.resolve(revision), *where)
    return tuple(entry for entry in _entries(done) if entry.is_file)


def show(repository: Repository, revision: str, path: str) -> bytes | None:
    """The content of ``path`` at ``revision``; None where there is no such regular file."""
    done = repository.git("ls-tree", "-z", "--full-tree", repository.resolve(revision), "--", path)
    for entry in _entries(done):
        if entry.path == path and entry.is_file:
            return blobs(repository, [entry.blob])[entry.blob]
    return None


def history(repository: Repository, path: str, revision: str = "HEAD") -> tuple[Change, ...]:
    """Every commit that changed ``path``, newest first, renames followed.

    Merges are not changes: what they bring was changed by a commit of its own.
    """
    done = repository.git(
        "log", "--follow", "--topo-order", "--root", "--raw", "-z", "--no-abbrev", "--find-renames",
        "--no-ext-diff", "--no-textconv", "--encoding=UTF-8", "--format=tformat:commit %H%x00%an%x00%ae%x00%ct",
        repository.resolve(revision), "--", path,
    )  # fmt: skip
    return tuple(_changes(done.output.decode("utf-8", "replace").split("\0")))


def blobs(repository: Repository, ids: Iterable[str]) -> dict[str, bytes]:
    """The contents of these blobs, in one or two calls however many they are.

    Raises OutsideError where one is missing (a partial clone) or larger than any file
    covpath reads.
    """
    wanted = tuple(dict.fromkeys(ids))
    contents: dict[str, bytes] = {}
    for batch in _batches(_sizes(repository, wanted)):
        answer = repository.git("cat-file", "--batch", given="".join(f"{blob}\n" for blob in batch).encode()).output
        contents.update(_split_batch(answer))
    return contents


def _sizes(repository: Repository, wanted: Sequence[str]) -> dict[str, int]:
    if not wanted:
        return {}
    answer = text_of(
        repository.git("cat-file", "--batch-check", given="".join(f"{blob}\n" for blob in wanted).encode())
    )
    sizes: dict[str, int] = {}
    for line in answer.splitlines():
        blob, kind, *size = line.split(" ")
        if kind != "blob":
            raise OutsideError(f"git has no file content {blob}.", hint="Fetch the whole repository, without a filter.")
        sizes[blob] = int(size[0])
        if sizes[blob] > MAX_BYTES:
            raise OutsideError(f"the file content {blob} in git is too large to be read.")
    return sizes


def _entries(done: Completed) -> Iterator[TreeEntry]:
    for record in done.output.decode("utf-8", "surrogateescape").split("\0"):
        if record:
            facts, path = record.split("\t", 1)
            mode, _, blob = facts.split(" ")
            yield TreeEntry(path=path, mode=mode, blob=blob)


def _changes(tokens: Sequence[str]) -> Iterator[Change]:
    """``commit ID``, author, address, time; then ``:MODE MODE ID ID STATUS``, path, and for a rename a second path."""
    words = iter(tokens)
    commit = author = email = ""
    when = datetime.fromtimestamp(0, UTC)
    for word in words:
        if word.startswith("commit "):
            commit, author, email = word[7:], next(words), next(words)
            when = datetime.fromtimestamp(int(next(words)), UTC)
        elif word.lstrip("\n").startswith(":"):
            _, _, before, after, status = word.lstrip("\n").split(" ")
            path = next(words)
            if status[0] in "RC":
                path = next(words)
            yield Change(
                commit=commit,
                author=author,
                email=email,
                when=when,
                path=path,
                before=_blob(before),
                after=_blob(after),
            )


def _blob(name: str) -> str | None:
    return name if name.strip("0") else None


def _batches(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    batch: list[str] = []
    total = 0
    for blob, size in sizes.items():
        if batch and total + size > _BATCH_BYTES:
            yield batch
            batch, total = [], 0
        batch.append(blob)
        total += size
    if batch:
        yield batch


def _split_batch(answer: bytes) -> Iterator[tuple[str, bytes]]:
    """``ID blob SIZE\\n``, SIZE bytes, ``\\n``, and so on."""
    start = 0
    while start < len(answer):
        end = answer.index(b"\n", start)
        blob, _, size = answer[start:end].decode("ascii").split(" ")
        start = end + 1 + int(size) + 1
        yield blob, answer[end + 1 : start - 1]
