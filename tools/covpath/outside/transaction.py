"""Several files replaced together, or none of them.

Old and new bytes lie in a journal before the first file is touched; whatever kills the
process, the next start finishes the write or takes it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec import Struct

from covpath.errors import CovpathError, OutsideError, Place, Refusal
from covpath.outside.files import inside, read_bytes, remove_copies, shown, sync_directory, write_atomically

LOCK_WAIT_SECONDS = 60.0
_LIST = "journal.json"


class Replacement(Struct, frozen=True, kw_only=True):
    """One file's bytes before and after; ``before`` is None where there was no file."""

    path: Path
    before: bytes | None
    after: bytes


class Transaction:
    """Read, decide and write under one lock: ``with Transaction(root) as writing: ...``.

    Entering waits for other writers and finishes what an interrupted one left (``recovered``
    says what). Leaving normally writes all that was staged; leaving by an exception writes
    nothing. Raises Refusal where a file is no longer what it was when it was read.
    """

    def __init__(self, root: Path, *, wait_seconds: float = LOCK_WAIT_SECONDS) -> None:
        self.root = root
        self.recovered: tuple[str, ...] = ()
        self._staged: dict[Path, Replacement] = {}
        self._lock = _locked(root, wait_seconds)

    def __enter__(self) -> Self:
        self._lock.__enter__()
        try:
            self.recovered = _recover(self.root)
        except BaseException as error:
            self._lock.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def replace(self, path: Path, *, before: bytes | None, after: bytes) -> None:
        """Stage ``after`` for ``path``, which held ``before`` when it was read."""
        self._staged[path] = Replacement(path=path, before=before, after=after)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._commit()
        finally:
            self._lock.__exit__(kind, error, trace)

    def _commit(self) -> None:
        changes = tuple(change for change in self._staged.values() if change.before != change.after)
        for change in changes:
            if _current(change.path, self.root) != change.before:
                raise Refusal(
                    "this file was changed by somebody else in the meantime; nothing was written.",
                    place=Place(shown(change.path, self.root)),
                    hint="Run the command again.",
                )
        if changes:
            journal = _write_journal(self.root, changes)
            _apply(self.root, changes)
            _close(journal)


def recover(root: Path, *, wait_seconds: float = LOCK_WAIT_SECONDS) -> tuple[str, ...]:
    """Finish or take back a write that was interrupted in ``root``; one sentence for each thing done."""
    if not (state_directory(root) / "journal").exists():
        return ()
    with _locked(root, wait_seconds):
        return _recover(root)


def state_directory(root: Path) -> Path:
    """Where covpath keeps what is not for version control: in ``.git``, else in ``.covpath``."""
    dot_git = root / ".git"
    if (dot_git / "HEAD").is_file():
        return dot_git / "covpath"
    if dot_git.is_file():  # a worktree or a submodule: "gitdir: PATH"
        said = read_bytes(dot_git, limit=10_000).decode("utf-8", "surrogateescape").strip()
        directory = root / said.removeprefix("gitdir:").strip()
        if said.startswith("gitdir:") and (directory / "HEAD").is_file():
            return directory / "covpath"
    return root / ".covpath"


@contextmanager
def _locked(root: Path, wait_seconds: float) -> Iterator[None]:
    # Imported here: reading a repository locks nothing.
    from filelock import FileLock, Timeout

    directory = state_directory(root)
    if directory.is_symlink():  # a folder of somebody else's making may say where we write
        raise Refusal("this is a symbolic link; covpath keeps nothing behind it.", place=Place(str(directory)))
    lock = FileLock(directory / "lock", timeout=wait_seconds)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise OutsideError(
            "another covpath is writing here.", place=Place(str(root)), hint="Run the command again when it is done."
        ) from error
    except OSError as error:
        raise OutsideError(f"cannot be locked: {error.strerror}.", place=Place(str(directory))) from error
    try:
        yield
    finally:
        lock.release()


def _current(path: Path, root: Path) -> bytes | None:
    try:
        path.lstat()
    except FileNotFoundError:
        return None
    except OSError:
        pass  # reading says what is wrong
    return read_bytes(path, within=root)


def _write_journal(root: Path, changes: tuple[Replacement, ...]) -> Path:
    """Bytes first, the list last: a journal without its list was never decided on."""
    # Imported here, as below what removes folders: what only reads a repository needs neither.
    import json

    journal = state_directory(root) / "journal"
    journal.mkdir()
    for number, change in enumerate(changes):
        if change.before is not None:
            write_atomically(journal / f"{number}.before", change.before)
        write_atomically(journal / f"{number}.after", change.after)
    # Paths from the root: the folder may have moved before anybody recovers.
    paths = [inside(change.path, root).relative_to(root.resolve()).as_posix() for change in changes]
    write_atomically(journal / _LIST, json.dumps(paths).encode())
    sync_directory(journal.parent)
    return journal


def _apply(root: Path, changes: tuple[Replacement, ...]) -> None:
    """Write them all; where one cannot be written, take the earlier ones back."""
    done: list[Replacement] = []
    try:
        for change in changes:
            write_atomically(change.path, change.after, within=root)
            done.append(change)
    except CovpathError:
        for change in reversed(done):
            _restore(root, change)
        _close(state_directory(root) / "journal")
        raise


def _restore(root: Path, change: Replacement) -> None:
    if change.before is None:
        inside(change.path, root).unlink(missing_ok=True)
    else:
        write_atomically(change.path, change.before, within=root)


def _close(journal: Path) -> None:
    (journal / _LIST).unlink(missing_ok=True)
    sync_directory(journal)
    _remove(journal)


def _remove(journal: Path) -> None:
    import shutil

    shutil.rmtree(journal)


def _recover(root: Path) -> tuple[str, ...]:
    journal = state_directory(root) / "journal"
    if not journal.is_dir():
        return ()
    if not (journal / _LIST).is_file():
        _remove(journal)
        return ("An interrupted write was dropped before it had changed any file.",)
    changes = _read_journal(root, journal)
    strange = [change for change in changes if _current(change.path, root) not in (change.before, change.after)]
    if strange:
        for change in changes:
            remove_copies(inside(change.path, root))
            if change not in strange and _current(change.path, root) == change.after:
                _restore(root, change)
        told = tuple(
            f"{shown(change.path, root)} was changed after an interrupted write; it was left as it is, "
            "and the other files of that write have their old content."
            for change in strange
        )
    else:
        for change in changes:
            write_atomically(change.path, change.after, within=root)
            remove_copies(inside(change.path, root))
        told = tuple(f"An interrupted write of {shown(change.path, root)} was finished." for change in changes)
    _close(journal)
    return told


def _read_journal(root: Path, journal: Path) -> tuple[Replacement, ...]:
    import json

    try:
        return tuple(
            Replacement(
                path=root / name,
                before=read_bytes(journal / f"{number}.before") if (journal / f"{number}.before").exists() else None,
                after=read_bytes(journal / f"{number}.after"),
            )
            for number, name in enumerate(json.loads(read_bytes(journal / _LIST)))
        )
    except (ValueError, TypeError) as error:
        raise OutsideError(
            "this record of an interrupted write is damaged.",
            place=Place(str(journal / _LIST)),
            hint="Look at the files beside it, then delete the folder.",
        ) from error
