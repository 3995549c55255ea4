"""Where the control groups of this process lie in the file system."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct


class Hierarchies(Struct, frozen=True, kw_only=True):
    """Directories of this process's own groups: version 1 by controller, and version 2 with its mount point."""

    v1: dict[str, Path]
    v2: Path | None
    v2_root: Path | None


def find(mountinfo: str, cgroup: str) -> Hierarchies:
    """From the texts of ``/proc/self/mountinfo`` and ``/proc/self/cgroup`` (cgroups(7))."""
    own = {}
    for line in cgroup.splitlines():
        _, controllers, path = line.split(":", 2)
        for name in controllers.split(","):
            own[name] = path
    v1: dict[str, Path] = {}
    v2: Path | None = None
    v2_root: Path | None = None
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        root, point = (_unescaped(word) for word in before.split()[3:5])
        kind, _, options = after.split(" ", 2)
        if kind == "cgroup2" and "" in own:
            v2_root = Path(point)
            v2 = _directory(point, root, own[""])
        elif kind == "cgroup":
            for name in options.split(","):
                if name in own and name not in v1:
                    v1[name] = _directory(point, root, own[name])
    return Hierarchies(v1=v1, v2=v2, v2_root=v2_root)


def here() -> Hierarchies:
    """Those of this process; empty where there is no ``/proc`` or no control group."""
    try:
        return find(Path("/proc/self/mountinfo").read_text(), Path("/proc/self/cgroup").read_text())
    except OSError:
        return Hierarchies(v1={}, v2=None, v2_root=None)


def _directory(point: str, root: str, own: str) -> Path:
    """The own group below the mount point; the mount point itself where it lies outside what is mounted."""
    relative = os.path.relpath(own, root) if own.startswith("/") else "."
    return Path(point) if relative.startswith("..") else Path(point) / relative


def _unescaped(word: str) -> str:
    """mountinfo writes space, tab, newline and backslash as octal."""
    return word.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
