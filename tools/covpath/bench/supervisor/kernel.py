"""The few system calls that Python has no name for (before 3.12), and reading ``/proc``.

Imported by the supervisor, which starts once per trial: nothing but small parts of the
standard library here.
"""

from __future__ import annotations

import ctypes
import os

_LIBC = ctypes.CDLL(None, use_errno=True)

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_CLONE_NEWNS = 0x00020000
_MS_REC = 0x4000
_MS_PRIVATE = 0x40000
_MS_BIND = 0x1000
_MNT_DETACH = 2


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def become_subreaper() -> None:
    """Orphans among our descendants become our children (prctl(2))."""
    _check(_LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def die_with_parent(signal_number: int) -> None:
    """Get ``signal_number`` when the parent dies; survives exec (prctl(2))."""
    _check(_LIBC.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0), "prctl")


def private_mounts() -> None:
    """From now on, mounts of this process and its descendants are seen by nobody else."""
    _check(_LIBC.unshare(_CLONE_NEWNS), "unshare")
    _check(_LIBC.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None), "mount")


def mount_tmpfs(target: str, size_bytes: int) -> None:
    """An empty file system in memory, of at most that size, writable by all."""
    options = f"size={size_bytes},mode=1777".encode()
    _check(_LIBC.mount(b"tmpfs", os.fsencode(target), b"tmpfs", 0, options), "mount")


def bind(source: str, target: str) -> None:
    """Show ``source`` at ``target`` as well."""
    _check(_LIBC.mount(os.fsencode(source), os.fsencode(target), None, _MS_BIND, None), "mount")


def unmount(target: str) -> None:
    """Take away what is mounted at ``target``, and all below it, now or when the last user has gone."""
    _check(_LIBC.umount2(os.fsencode(target), _MNT_DETACH), "umount")


def sync_file_system(path: str) -> None:
    """Write all that is dirty in the file system of ``path`` (syncfs(2))."""
    handle = os.open(path, os.O_RDONLY)
    try:
        _check(_LIBC.syncfs(handle), "syncfs")
    finally:
        os.close(handle)


def start_time(pid: int) -> int | None:
    """When a process began, in clock ticks since boot: with ``pid`` it names a process for good."""
    fields = stat_fields(pid)
    return None if fields is None else int(fields[19])


def stat_fields(pid: int) -> list[str] | None:
    """The fields of ``/proc/PID/stat`` after the name (the first is the state), or None."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - pathlib is slow to import
            data = file.read().decode("utf-8", "replace")
    except OSError:
        return None
    return data[data.rfind(")") + 2 :].split()


def descendants(root: int) -> list[int]:
    """All living descendants of ``root``; zombies are left out."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        fields = stat_fields(int(name)) if name.isdigit() else None
        if fields is not None and fields[0] not in "ZX":
            children.setdefault(int(fields[1]), []).append(int(name))
    found: list[int] = []
    waiting = [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found
