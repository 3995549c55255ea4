"""Disk space: a file system of the runner's size in a file, mounted where only the trial sees it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from covpath.bench.limits.ask import Ask
from covpath.evidence.trial import Enforcement, Knob, Limit

NAME = "loop-ext4"

_SYS_ADMIN = 21
"""Bit number of CAP_SYS_ADMIN (capabilities(7))."""

_TOOLS = ("mkfs.ext4", "mount")
_SBIN = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def obstacle() -> str | None:
    """Why no file system can be mounted here; None where it can."""
    if not _may_mount():
        return "no permission to mount a file system"
    absent = [name for name in _TOOLS if shutil.which(name, path=_SBIN) is None]
    if absent:
        return f"{' and '.join(absent)} cannot be found"
    if not Path("/dev/loop-control").exists():
        return "this machine has no loop devices"
    return None


def plan(ask: Ask, scratch: Path) -> tuple[Limit | None, dict[str, Any]]:
    """The limit if it can be known before the trial, and what the supervisor needs to set it up.

    With a plan the limit is known only after mounting: see :func:`mounted`.
    """
    tmp = {"tmp_bytes": (ask.memory_bytes or 0) // 2} if ask.tmp_in_memory and _may_mount() else {}
    if ask.disk_bytes is None:
        return None, tmp
    reason = obstacle()
    if reason is not None:
        why = f"{reason}; the growth was measured"
        return _limit(ask.disk_bytes, Enforcement.OBSERVED, reason=why), tmp
    if shutil.disk_usage(scratch).free < ask.disk_bytes:
        why = "the runner has more free disk than this machine"
        return _limit(ask.disk_bytes, Enforcement.PREDICTED, reason=why), tmp
    return None, {**tmp, "disk_bytes": ask.disk_bytes, "path": _SBIN}


def mounted(asked: int, free_bytes: int) -> Limit:
    """The limit as the mounted file system has it: enforced where its free space is what was asked."""
    if abs(free_bytes - asked) <= max(2**20, asked // 50):
        return _limit(asked, Enforcement.ENFORCED, read_back=free_bytes)
    return _limit(asked, Enforcement.NOT_ENFORCED, read_back=free_bytes, reason="the file system has another size")


def _limit(asked: int, state: Enforcement, *, read_back: float | None = None, reason: str = "") -> Limit:
    return Limit(knob=Knob.DISK, asked=asked, read_back=read_back, state=state, means=NAME, reason=reason)


def _may_mount() -> bool:
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> _SYS_ADMIN & 1)
    return False
