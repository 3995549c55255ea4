"""Bytes from and to the disk: one read, one replacement. Knows nothing of what the bytes mean.

A file is replaced by renaming a finished copy over it, so a reader sees the old bytes or
the new ones, whenever the machine stops.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from functools import lru_cache
from pathlib import Path

from covpath.errors import InputError, OutsideError, Place, Refusal

MAX_BYTES = 50_000_000
"""No file covpath reads whole is larger; a bigger one is a mistake or an attack."""

_TO_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_OPENS_NO_LINK = hasattr(os, "O_NOFOLLOW")
_AT_ONCE = 1 << 20
"""Bytes asked for in one reading."""

_STALE_AFTER_SECONDS = 3600
"""A temporary file this old was left by a process that was killed."""


def read_bytes(path: Path | str, *, within: Path | None = None, limit: int = MAX_BYTES) -> bytes:
    """The whole content of a regular file; where a great many are read, one named by a text takes less time.

    With ``within`` the file, symbolic links followed, must lie under that directory.
    Raises InputError, placed at the file, for whatever cannot be read.
    """
    real = _real(path, within)
    try:
        try:
            handle = os.open(real, _TO_READ)
        except OSError:
            if within is None or not os.path.islink(real):  # noqa: PTH114 - as _real says
                raise
            real = str(inside(Path(path), within))
            handle = os.open(real, _TO_READ)
        try:
            status = os.fstat(handle)
            _expect_readable(status, path, within, limit)
            data = _whole(handle, status.st_size, limit)
        finally:
            os.close(handle)
    except OSError as error:
        place = Place(shown(Path(path), within))
        raise (_directory(place) if os.path.isdir(real) else _unreadable(error, place)) from error  # noqa: PTH112
    if len(data) > limit:  # it grew while it was read, or its size is not told (as under /proc)
        raise _too_large(len(data), limit, Place(shown(Path(path), within)))
    return data


def names_in(directory: Path, place: Place | None = None) -> list[str]:
    """What lies in a directory, in no order. Raises InputError, at ``place``, where it cannot be listed."""
    try:
        return os.listdir(directory)  # noqa: PTH208 - names, as many as there are, and no paths
    except OSError as error:
        raise _not_listed(error, place or Place(str(directory))) from error


def files_in(directory: Path, place: Place | None = None) -> list[str]:
    """The same without the directories in it; a symbolic link counts as a file, wherever it leads."""
    try:
        with os.scandir(directory) as entries:
            return [entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)]
    except OSError as error:
        raise _not_listed(error, place or Place(str(directory))) from error


def _not_listed(error: OSError, place: Place) -> InputError:
    return InputError(f"this directory cannot be listed: {_reason(error)}.", place=place)


def _whole(handle: int, size: int, limit: int) -> bytes:
    """What a file of probably that size holds, until its end or until it holds more than ``limit`` bytes."""
    data = os.read(handle, size + 1)
    if len(data) == size > 0:  # nearly always: what ends where its size says is read
        return data
    if len(data) <= limit and (more := os.read(handle, _AT_ONCE)):
        pieces = [data, more]
        left = limit + 1 - len(data) - len(more)
        while left > 0 and (more := os.read(handle, min(left, _AT_ONCE))):
            pieces.append(more)
            left -= len(more)
        return b"".join(pieces)
    return data


def _real(path: Path | str, within: Path | None) -> str:
    """Where a file really lies; checked to be under ``within`` where that is given.

    It may be a link still where the system does not open one when told not to: nearly none is, and one call less is
    asked of the system for each of the others.
    """
    if within is None:
        return str(_resolved(Path(path), Place(shown(Path(path), None))))
    text = str(path)
    folder, _, name = text.rpartition(os.sep)
    if folder and name not in ("", ".", "..") and "\0" not in text:
        root = _real_folder(str(within))
        folder = _real_folder(folder)
        real = os.path.join(folder, name)  # noqa: PTH118 - a hundred thousand files are read
        below = folder == root or folder.startswith(root.rstrip(os.sep) + os.sep)
        if below and (_OPENS_NO_LINK or not os.path.islink(real)):  # noqa: PTH114
            return real
    return str(inside(Path(path), within))


@lru_cache(maxsize=256)
def _real_folder(folder: str) -> str:
    """A folder without symbolic links. Remembered: many files of one folder, and folders of one, are read in a row."""
    parent, name = os.path.split(folder)
    # Elsewhere than on Windows a folder is where it lies in its parent, unless it is a link.
    if os.sep == "/" and parent != folder and parent.startswith(os.sep) and name not in ("", ".", ".."):
        real = os.path.join(_real_folder(parent), name)  # noqa: PTH118 - as above
        if not os.path.islink(real):  # noqa: PTH114
            return real
    return str(_resolved(Path(folder), Place(folder)))


def write_atomically(path: Path, data: bytes, *, within: Path | None = None) -> None:
    """Replace the content of ``path``, or create it with its directories.

    Mode and ownership of an existing file stay. A symbolic link is followed only where
    ``within`` is given and its target lies under that directory. The new bytes are on the
    disk when this returns. A file with other hard links is parted from them.

    Raises Refusal where writing would empty a file, leave the directory or override a
    read-only file, and OutsideError where the disk or its permissions do not allow it.
    """
    place = Place(shown(path, within))
    try:
        target = _writable_target(path, within, place)
        target.parent.mkdir(parents=True, exist_ok=True)
        before = target.stat() if target.exists() else None
        _expect_replaceable(target, before, data, place)
        remove_copies(target, older_than=_STALE_AFTER_SECONDS)
        copy = target.with_name(f".{target.name}.covpath-{os.urandom(6).hex()}")
        try:
            _write_synced(copy, data, before)
            copy.replace(target)
        except BaseException:
            copy.unlink(missing_ok=True)
            raise
        sync_directory(target.parent)
    except OSError as error:
        raise OutsideError(
            f"cannot be written: {_reason(error)}.", place=place, hint="Nothing was changed in it."
        ) from error


def remove_copies(target: Path, *, older_than: float = 0.0) -> None:
    """Delete unfinished copies of ``target`` that a killed process left beside it.

    ``older_than`` in seconds spares those of a process that is writing now.
    """
    prefix = f".{target.name}.covpath-"
    for entry in os.scandir(target.parent):
        if entry.name.startswith(prefix) and time.time() - entry.stat(follow_symlinks=False).st_mtime >= older_than:
            Path(entry.path).unlink(missing_ok=True)


def inside(path: Path, root: Path) -> Path:
    """``path`` with every symbolic link followed, which must lie under ``root``.

    Raises InputError where it does not.
    """
    place = Place(shown(path, root))
    real = _resolved(path, place)
    if not real.is_relative_to(_resolved(root, place)):
        raise InputError(
            f"this leads out of {root}.",
            place=place,
            hint="A symbolic link or a path with '..' is followed only inside the repository.",
        )
    return real


def shown(path: Path, root: Path | None) -> str:
    """``path`` as people see it: from ``root`` where it lies under it, always with ``/``."""
    if root is not None and path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return path.as_posix()


def sync_directory(directory: Path) -> None:
    """Make renames in ``directory`` survive a power cut, where the system has such a call."""
    if sys.platform != "win32":
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _resolved(path: Path, place: Place) -> Path:
    """``path`` without symbolic links; the file itself need not exist."""
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        raise InputError("this is a symbolic link that leads back to itself.", place=place) from error
    except ValueError as error:
        raise InputError("this is not a file name: it contains a null character.", place=place) from error


def _expect_readable(status: os.stat_result, path: Path | str, within: Path | None, limit: int) -> None:
    if stat.S_ISREG(status.st_mode) and status.st_size <= limit:
        return
    place = Place(shown(Path(path), within))
    if stat.S_ISDIR(status.st_mode):
        raise _directory(place)
    if not stat.S_ISREG(status.st_mode):
        raise InputError("this is not a regular file.", place=place, hint="Pipes, sockets and devices are not read.")
    raise _too_large(status.st_size, limit, place)


def _directory(place: Place) -> InputError:
    return InputError("this is a directory, not a file.", place=place, hint="Name a file in it.")


def _too_large(size: int, limit: int, place: Place) -> InputError:
    # Imported here: it is what `decimal` is needed for.
    from covpath.quantity import show_bytes

    return InputError(f"this file is too large: {show_bytes(size)}, the limit is {show_bytes(limit)}.", place=place)


def _unreadable(error: OSError, place: Place) -> InputError:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return InputError("there is no such file.", place=place, hint="Check the path.")
        case errno.EACCES | errno.EPERM:
            return InputError("this file may not be read.", place=place, hint="Check its permissions.")
        case errno.ENXIO:
            return InputError("this is not a regular file.", place=place)
        case _:
            return InputError(f"this file cannot be read: {_reason(error)}.", place=place)


def _writable_target(path: Path, within: Path | None, place: Place) -> Path:
    if within is not None:
        return inside(path, within)
    if path.is_symlink():
        raise Refusal("this is a symbolic link; it is not written through.", place=place, hint="Name its target.")
    return path


def _expect_replaceable(target: Path, before: os.stat_result | None, data: bytes, place: Place) -> None:
    if before is None:
        return
    if not stat.S_ISREG(before.st_mode):
        raise Refusal("this is not a regular file; it is not replaced.", place=place)
    if before.st_size and not data:
        raise Refusal("this would empty the file.", place=place, hint="Delete it by hand if that is what you want.")
    if not os.access(target, os.W_OK) or not before.st_mode & 0o222:
        raise Refusal("this file is read-only.", place=place, hint="Make it writable first.")


def _write_synced(copy: Path, data: bytes, before: os.stat_result | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(copy, flags, 0o666)
    with os.fdopen(handle, "wb") as file:
        if before is not None and sys.platform != "win32":
            own = os.fstat(file.fileno())
            if (own.st_uid, own.st_gid) != (before.st_uid, before.st_gid):
                os.fchown(file.fileno(), before.st_uid, before.st_gid)
            os.fchmod(file.fileno(), stat.S_IMODE(before.st_mode))
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
