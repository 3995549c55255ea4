"""Listing and killing all processes of a trial, however they hide. Part of the supervisor."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from typing import Any

from covpath.bench.supervisor.kernel import descendants

_PATIENCE_SECONDS = 10.0
"""Longer than this a killed process can only hang inside the kernel."""


class Family:
    """The processes of one trial; ``how`` is the plan's ``members``.

    ``statuses`` holds the wait status of every child that has ended, orphans among them.
    """

    def __init__(self, how: dict[str, Any]) -> None:
        self.how = how
        self.statuses: dict[int, int] = {}

    def members(self) -> list[int]:
        """Those that live."""
        return members(self.how)

    def reap(self) -> None:
        """Collect children that have ended."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    break
                self.statuses[pid] = status

    def kill(self) -> bool:
        """Kill every process; False where one is still there after all patience."""
        once = _ONCE[self.how["kind"]]
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            self.reap()
            left = self.members()
            if not left:
                return True
            if time.monotonic() > end:
                return False
            once(self.how, left)
            time.sleep(0.002)


def members(how: dict[str, Any]) -> list[int]:
    """The processes in the trial's group, or all descendants where it has none."""
    if how["kind"] == "tree":
        return descendants(os.getpid())
    try:
        with open(how["procs"], "rb") as file:  # noqa: PTH123
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def _kill_v1(how: dict[str, Any], _left: list[int]) -> None:
    """Freeze, so that nothing can fork meanwhile; the signals take effect when thawed."""
    state = f"{how['freezer']}/freezer.state"
    _write(state, "FROZEN")
    end = time.monotonic() + 0.5
    while _read(state) != "FROZEN" and time.monotonic() < end:
        time.sleep(0.001)
    _signal(members(how), signal.SIGKILL)
    _write(state, "THAWED")


def _kill_v2(how: dict[str, Any], left: list[int]) -> None:
    """``cgroup.kill`` is atomic; before Linux 5.14 there is none."""
    if not _write(f"{how['group']}/cgroup.kill", "1"):
        _write(f"{how['group']}/cgroup.freeze", "1")
        _signal(left, signal.SIGKILL)
        _write(f"{how['group']}/cgroup.freeze", "0")


def _kill_tree(_how: dict[str, Any], left: list[int]) -> None:
    """Stop all first, so that a parent cannot replace what is killed."""
    _signal(left, signal.SIGSTOP)
    _signal(left, signal.SIGKILL)


_ONCE: dict[str, Callable[[dict[str, Any], list[int]], None]] = {"v1": _kill_v1, "v2": _kill_v2, "tree": _kill_tree}


def _signal(pids: list[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _write(path: str, text: str) -> bool:
    try:
        with open(path, "w", encoding="ascii") as file:  # noqa: PTH123
            file.write(text)
    except OSError:
        return False
    return True


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123
            return file.read().strip()
    except OSError:
        return ""
