"""What is asked of a way to confine, what it answers, and what this machine can give at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct, field

from covpath.evidence.runner import RunnerProfile
from covpath.evidence.trial import Enforcement, Knob, Limit

PRECEDENCE = 10
"""A trial weighs as much as this many ordinary groups: foreign load shall not look like the trial's own time."""


class Ask(Struct, frozen=True, kw_only=True):
    """Limits for one trial, in bytes, processors and seconds; None: no limit."""

    memory_bytes: int | None = None
    swap_bytes: int | None = None
    cpus: float | None = None
    disk_bytes: int | None = None
    time_seconds: float | None = None
    tmp_in_memory: bool = False

    @staticmethod
    def of(runner: RunnerProfile, time_limit_seconds: float | None = None) -> Ask:
        """A runner's limits; the shorter of its time limit and the job's own holds."""
        times = [time for time in (runner.time_limit_seconds, time_limit_seconds) if time is not None]
        return Ask(
            memory_bytes=runner.usable_memory_bytes,
            swap_bytes=runner.swap_bytes,
            cpus=runner.cpus,
            disk_bytes=runner.disk_bytes,
            time_seconds=min(times, default=None),
            tmp_in_memory=runner.tmp_in_memory,
        )


class Capacity(Struct, frozen=True, kw_only=True):
    """What this machine has to give: the processors we may use, and memory and swap of the whole machine."""

    cpus: tuple[int, ...]
    memory_bytes: int
    swap_bytes: int

    @staticmethod
    def of_this_machine() -> Capacity:
        """Read from the scheduler and from ``/proc/meminfo``."""
        info = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text("ascii").splitlines())
        sizes = {key: int(info[key].split()[0]) * 1024 for key in ("MemTotal", "SwapTotal")}
        return Capacity(
            cpus=tuple(sorted(os.sched_getaffinity(0))),
            memory_bytes=sizes["MemTotal"],
            swap_bytes=sizes["SwapTotal"],
        )


class Confined(Struct, frozen=True, kw_only=True):
    """A place that a trial's first process can be put into.

    ``limits`` is what was asked and read back. ``plan`` is what the supervisor needs: files to
    join, processors to bind to, how to list and kill, which counters to read. ``groups`` are the
    directories to remove, innermost first.
    """

    limits: tuple[Limit, ...]
    plan: dict[str, Any]
    groups: tuple[Path, ...] = ()

    def remove(self) -> None:
        """Remove the groups; they must be empty. One that is gone already is no error."""
        for group in self.groups:
            with contextlib.suppress(FileNotFoundError):
                group.rmdir()


class Means(Protocol):
    """One way to confine a process tree: a module with these names."""

    NAME: str

    def obstacle(self) -> str | None:
        """Why it cannot be used here, in one sentence; None where it can."""

    def confine(self, ask: Ask, name: str) -> Confined:
        """Make groups called ``name`` with the limits asked for. OutsideError where that fails."""


class Knobs(Struct):
    """Collects limits while they are set: one entry per knob, in the order asked."""

    means: str
    entries: list[Limit] = field(default_factory=list)

    def note(
        self,
        knob: Knob,
        asked: float | None,
        state: Enforcement,
        *,
        read_back: float | None = None,
        reason: str = "",
    ) -> None:
        """Keep one limit's answer."""
        self.entries.append(
            Limit(knob=knob, asked=asked, read_back=read_back, state=state, means=self.means, reason=reason)
        )

    def set(self, knob: Knob, asked: float, write: Callable[[], float], tolerance: float) -> None:
        """Set a limit and read it back; it counts as enforced where both agree within ``tolerance``."""
        try:
            got = write()
        except (OSError, ValueError) as error:
            self.note(knob, asked, Enforcement.NOT_ENFORCED, reason=f"the kernel refused it: {error}")
            return
        if abs(got - asked) <= tolerance:
            self.note(knob, asked, Enforcement.ENFORCED, read_back=got)
        else:
            reason = "the kernel keeps another value than was asked"
            self.note(knob, asked, Enforcement.NOT_ENFORCED, read_back=got, reason=reason)


def beyond(ask: Ask, capacity: Capacity) -> dict[Knob, str]:
    """Why this machine is too small for what is asked, by knob; empty where it is not."""
    reasons = {}
    if ask.cpus is not None and ask.cpus > len(capacity.cpus):
        reasons[Knob.CPUS] = f"the runner has {ask.cpus:g} processors, this machine {len(capacity.cpus)}"
    if ask.memory_bytes is not None and ask.memory_bytes > capacity.memory_bytes:
        reasons[Knob.MEMORY] = "the runner has more memory than this machine"
    return reasons


def own_cpus(ask: Ask, capacity: Capacity) -> tuple[int, ...]:
    """The processors a trial gets: the highest numbers, which serve fewer interrupts."""
    if ask.cpus is None:
        return capacity.cpus
    whole = max(1, int(-(-ask.cpus // 1)))
    return capacity.cpus[-whole:]


def read_number(path: Path) -> int:
    """A counter file's number."""
    return int(path.read_text("ascii").split()[0])


def count_cpus(ranges: str) -> int:
    """The number of processors in a list such as ``0-2,5``."""
    count = 0
    for part in filter(None, ranges.strip().split(",")):
        first, _, last = part.partition("-")
        count += int(last or first) - int(first) + 1
    return count
