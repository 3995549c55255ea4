"""A runner as it is: its limits hold by themselves, and are compared with what its profile says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from covpath.bench.limits.ask import Capacity
from covpath.evidence.runner import RunnerProfile
from covpath.evidence.trial import Enforcement, Knob, Limit
from covpath.quantity import show_bytes

CONFINEMENT = "the runner itself"
"""What a record of a real runner says instead of a way to confine."""

_TOLERANCE = 0.15
"""A machine has somewhat less memory than its profile promises: the kernel takes its part first."""

_TIME_MARGIN_SECONDS = 45.0
"""Before GitHub's own limit ends the job, there must be time to keep the record."""


class Found(Struct, frozen=True, kw_only=True):
    """What the machine has: processors, memory and swap in bytes, free disk space where the job works."""

    capacity: Capacity
    free_bytes: int

    @staticmethod
    def here(workspace: Path) -> Found:
        """Ask this machine."""
        stat = os.statvfs(workspace)
        return Found(capacity=Capacity.of_this_machine(), free_bytes=stat.f_bavail * stat.f_frsize)


def real_limits(profile: RunnerProfile, found: Found, time_seconds: float | None) -> tuple[Limit, ...]:
    """What the profile says and what was found, knob by knob; all of it held by the runner itself."""
    capacity = found.capacity
    pairs: tuple[tuple[Knob, float | None, float | None], ...] = (
        (Knob.MEMORY, profile.memory_bytes, capacity.memory_bytes),
        (Knob.SWAP, profile.swap_bytes, capacity.swap_bytes),
        (Knob.CPUS, profile.cpus, len(capacity.cpus)),
        (Knob.DISK, profile.disk_bytes, found.free_bytes),
        (Knob.TIME, profile.time_limit_seconds, time_seconds),
    )
    return tuple(
        Limit(knob=knob, asked=asked, read_back=read, state=Enforcement.REAL, means=CONFINEMENT)
        for knob, asked, read in pairs
        if asked is not None or read is not None
    )


def unlike(profile: RunnerProfile, found: Found) -> Iterator[str]:
    """How the machine differs from its profile, in sentences."""
    memory, cpus = found.capacity.memory_bytes, len(found.capacity.cpus)
    if abs(memory - profile.memory_bytes) > _TOLERANCE * profile.memory_bytes:
        yield f"the runner has {show_bytes(memory)} of memory, its profile says {show_bytes(profile.memory_bytes)}"
    if cpus != profile.cpus:
        yield f"the runner has {cpus} processors, its profile says {profile.cpus:g}"
    if profile.disk_bytes is not None and found.free_bytes < profile.disk_bytes * (1 - _TOLERANCE):
        yield f"{show_bytes(found.free_bytes)} of disk were free, its profile says {show_bytes(profile.disk_bytes)}"


def time_left(limits: list[float | None], elapsed: float) -> float | None:
    """Seconds until GitHub ends the job, less what keeping the record takes; None where nothing says.

    ``elapsed`` is how long the job has run. At least a second is left, so that a record is made.
    """
    known = [limit for limit in limits if limit is not None]
    if not known:
        return None
    return max(1.0, min(known) - elapsed - _TIME_MARGIN_SECONDS)


def job_elapsed(began: float, now: float) -> float:
    """How long the job has run: since its worker process was started, else since ``began``."""
    started = _worker_started()
    return now - min(began, started if started is not None else began)


def _worker_started() -> float | None:
    """When the process that runs this job was started, in seconds since the epoch; it runs one job only."""
    pid = os.getppid()
    try:
        boot = next(
            int(line.split()[1])
            for line in Path("/proc/stat").read_text("ascii").splitlines()
            if line.startswith("btime ")
        )
        while pid > 1:
            name, _, rest = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").partition("(")[2].rpartition(")")
            fields = rest.split()
            if name == "Runner.Worker":
                return boot + int(fields[19]) / os.sysconf("SC_CLK_TCK")
            pid = int(fields[1])
    except (OSError, ValueError, IndexError, StopIteration):
        return None
    return None
