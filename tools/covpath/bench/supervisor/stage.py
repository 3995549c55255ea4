"""The place a trial runs in: its own mounts, a fresh copy of the prepared files, memory warm or cold.

Part of the supervisor: it runs where the mounts are seen.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import Any

from covpath.bench.supervisor.kernel import bind, mount_tmpfs, private_mounts, sync_file_system

PARTS = ("work", "home", "tmp", "github")
"""What a trial's directory holds: the copy, HOME, TMPDIR, and the files GitHub gives to a step."""


class StageError(Exception):
    """The trial could not be prepared; nothing of it was run."""


class TooSmall(StageError):
    """The prepared files alone do not fit the disk that was asked for."""


def set_up(spec: dict[str, Any]) -> dict[str, Any]:
    """Mount what is asked, copy, and set the cache state. Returns what was found: free space, growth so far."""
    trial = spec["trial"]
    disk = spec.get("disk", {})
    found: dict[str, Any] = {}
    if disk:
        private_mounts()
    if "disk_bytes" in disk:
        _empty(trial)
        found["disk_free"] = _mount_image(spec["image"], trial, disk)
    if not spec["fresh"]:
        return found
    for part in PARTS:
        _empty(os.path.join(trial, part))  # noqa: PTH118
    try:
        _copy(spec["prepared"], trial)
    except StageError as error:
        if "disk_bytes" in disk and free_bytes(trial) < 2**20:
            raise TooSmall("the prepared files alone do not fit the disk") from error
        raise
    for path in spec["remove"]:
        _remove_inside(path, trial)
    if disk.get("tmp_bytes"):
        mount_tmpfs(os.path.join(trial, "tmp"), disk["tmp_bytes"])  # noqa: PTH118
    if disk and not any(path.startswith("/tmp/") for path in spec["needs"]):  # noqa: S108
        bind(os.path.join(trial, "tmp"), "/tmp")  # noqa: PTH118, S108
    if spec["cache"] == "cold":
        _evict([trial, *spec["evict"]])
    return found


def _remove_inside(path: str, trial: str) -> None:
    """Delete a file of the copy; links in the copy must not lead the deletion out of it."""
    directory = os.path.realpath(os.path.dirname(path))  # noqa: PTH120
    if not f"{directory}/".startswith(f"{os.path.realpath(trial)}/"):
        raise StageError(f"the report {path} does not lie in the repository's copy")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108


def _copy(prepared: str, trial: str) -> None:
    for part in PARTS:
        source = os.path.join(prepared, part)  # noqa: PTH118
        if os.path.isdir(source):  # noqa: PTH112
            _run("cp", "-a", "--reflink=auto", f"{source}/.", os.path.join(trial, part))  # noqa: PTH118


def free_bytes(path: str) -> int:
    """Space that the trial's file system has left."""
    stat = os.statvfs(path)
    return stat.f_bavail * stat.f_frsize


def used_bytes(path: str) -> int:
    """Disk blocks of all files below ``path``; what cannot be read counts nothing."""
    total = 0
    waiting = [path]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
    return total


def collect(pairs: list[list[str]]) -> None:
    """Copy regular files out of the trial before its mounts vanish; what is none, or none yet, is left out."""
    for source, target in pairs:
        if os.path.isfile(source):  # noqa: PTH113 - a pipe or a device would have no end
            shutil.copy2(source, target)


def _mount_image(image: str, target: str, disk: dict[str, Any]) -> int:
    """A file system with exactly the free space asked for; the file goes with the last mount."""
    asked = disk["disk_bytes"]
    os.environ["PATH"] = disk["path"]
    with open(image, "wb") as file:  # noqa: PTH123
        file.truncate(asked + asked // 20 + 2**25)
    # Blocks as large and inodes as many as on a runner's own disk: by default a small file system has neither.
    inodes = str(max(2**16, asked // 2**14))
    options = "lazy_itable_init=1,nodiscard"
    shape = ("-m", "0", "-O", "^has_journal", "-b", "4096", "-N", inodes, "-E", options)
    _run("mkfs.ext4", "-q", "-F", *shape, image)
    _run("mount", "-o", "loop", image, target)
    os.unlink(image)  # noqa: PTH108
    surplus = free_bytes(target) - asked
    if surplus > 0:
        ballast = os.open(os.path.join(target, ".ballast"), os.O_CREAT | os.O_WRONLY, 0o600)  # noqa: PTH118
        os.posix_fallocate(ballast, 0, surplus)
        os.close(ballast)
    return free_bytes(target)


def _evict(directories: list[str]) -> None:
    """Drop the pages of all files below from memory; only clean pages can be dropped."""
    for top in directories:
        sync_file_system(top)
        for directory, _, names in os.walk(top):
            for name in names:
                with contextlib.suppress(OSError):
                    handle = os.open(os.path.join(directory, name), os.O_RDONLY | os.O_NOFOLLOW)  # noqa: PTH118
                    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
                    os.close(handle)


def _empty(path: str) -> None:
    """An empty directory, whatever was there."""
    if os.path.lexists(path):
        _run("rm", "-rf", "--one-file-system", path)
    os.makedirs(path)  # noqa: PTH103


def _run(*argv: str) -> None:
    """Run a tool and wait; StageError where it fails (its words are on our standard error)."""
    try:
        pid = os.posix_spawnp(argv[0], argv, os.environ)
    except OSError as error:
        raise StageError(f"{argv[0]} cannot be started: {error.strerror}") from None
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status != 0:
        raise StageError(f"{argv[0]} failed with status {status}")
