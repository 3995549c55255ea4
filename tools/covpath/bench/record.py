"""The supervisor's result as parts of a trial's record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from covpath.evidence.trial import CpuUse, Enforcement, Knob, Limit, MemorySeries, MemoryUse, Outcome, PeakBasis
from covpath.quantity import show_seconds

_FOREIGN_SHARE = 0.05
_FOREIGN_LEAST_SECONDS = 0.1

NOTHING_RAN: dict[str, Any] = {
    "status": None,
    "wall": 0.0,
    "timed_out": False,
    "orphans": 0,
    "all_killed": True,
    "counters": {"user": 0.0, "system": 0.0},
    "foreign": None,
    "steal": None,
    "machine_oom_kills": 0,
    "growth": None,
    "samples": [],
    "log_dropped": 0,
}
"""The result of a trial whose files alone did not fit its disk."""


def settled(limits: Sequence[Limit], counters: Mapping[str, Any], outcome: Outcome) -> tuple[Limit, ...]:
    """Swap that this machine lacks could not matter where memory never reached its limit."""
    hits = counters.get("limit_hits")
    result = []
    for limit in limits:
        if limit.knob is Knob.SWAP and limit.state is Enforcement.NOT_ENFORCED and outcome is not Outcome.OOM:
            if hits == 0:
                why = "memory never reached its limit, so swap could not matter"
                limit = replace(limit, state=Enforcement.ENFORCED, reason=f"{limit.reason}; {why}")
            elif hits is not None:
                limit = replace(limit, state=Enforcement.OBSERVED, reason=f"{limit.reason}; page cache had to go")
        result.append(limit)
    return tuple(result)


def distrust(limits: Sequence[Limit], failed: Mapping[Knob, str]) -> tuple[Limit, ...]:
    """The limits, those that failed their proof no longer called enforced."""
    return tuple(
        replace(limit, state=Enforcement.NOT_ENFORCED, reason=f"it failed its proof: {failed[limit.knob]}")
        if limit.knob in failed and limit.state is Enforcement.ENFORCED
        else limit
        for limit in limits
    )


def cpu_use(result: dict[str, Any]) -> CpuUse:
    """Processor time of the whole tree."""
    counters = result["counters"]
    return CpuUse(
        user_seconds=round(counters["user"], 6),
        system_seconds=round(counters["system"], 6),
        throttled_seconds=counters.get("throttled"),
        foreign_seconds=None if result["foreign"] is None else round(result["foreign"], 3),
        steal_seconds=None if result["steal"] is None else round(result["steal"], 3),
    )


def memory_use(result: dict[str, Any]) -> MemoryUse:
    """The kernel's high-water mark, or the largest of what was sampled and of what single processes had."""
    counters = result["counters"]
    rows = result["samples"]
    columns = [tuple(column) for column in zip(*rows, strict=True)] or [()] * 6
    seconds, anonymous, shared, files, kernel, swap = columns
    unreclaimable = [row[1] + row[2] + row[4] for row in rows]
    peak, basis = counters.get("peak"), PeakBasis.HIGH_WATER_MARK
    if peak is None:
        sums = [sum(row[1:5]) for row in rows]
        basis = PeakBasis.SAMPLED
        peak = max([*sums, *([counters["largest"]] if "largest" in counters else [])], default=None)
    return MemoryUse(
        peak_bytes=peak,
        peak_basis=basis,
        unreclaimable_peak_bytes=max(unreclaimable, default=None),
        swap_peak_bytes=max(swap, default=None),
        oom_kills=counters.get("oom_kills"),
        series=MemorySeries(
            seconds=seconds,
            anonymous_bytes=anonymous,
            shared_bytes=shared,
            file_bytes=files,
            kernel_bytes=kernel,
            swap_bytes=swap,
        ),
    )


def warnings_of(result: dict[str, Any]) -> tuple[str, ...]:
    """What was wrong with the measurement, one sentence each."""
    told = []
    foreign, wall = result["foreign"], result["wall"]
    if foreign is not None and foreign > _FOREIGN_SHARE * wall and foreign > _FOREIGN_LEAST_SECONDS:
        told.append(f"other programs used {show_seconds(foreign)} of processor time meanwhile")
    if result["orphans"]:
        told.append(f"{result['orphans']} processes outlived the command and were killed")
    if not result["all_killed"]:
        told.append("a process could not be killed")
    if result["log_dropped"]:
        told.append("output beyond the bound was dropped")
    return tuple(told)
