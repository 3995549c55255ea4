"""Reading what a trial uses: the kernel's counters of its groups, or of its processes. Part of the supervisor."""

from __future__ import annotations

import os
import resource
from typing import Any, Protocol

from covpath.bench.supervisor.kernel import descendants

Row = tuple[int, int, int, int, int]
"""One sample in bytes: anonymous, shared, file, kernel, swap."""


class Meter(Protocol):
    """Counters of one trial."""

    def begin(self, pid: int) -> None:
        """What processor time was used so far, by the first process ``pid``, is not the command's."""

    def sample(self) -> Row:
        """Memory now."""

    def final(self) -> dict[str, Any]:
        """Everything, after the last process has ended and was waited for."""


def meter_for(plan: dict[str, Any]) -> Meter:
    """The meter that the plan's ``meter`` describes."""
    if plan["kind"] == "v1":
        return GroupsV1(plan)
    return GroupV2(plan["group"]) if plan["kind"] == "v2" else Tree()


class GroupsV1:
    """Version 1: the high-water mark and cpuacct are exact for the whole tree."""

    def __init__(self, plan: dict[str, str]) -> None:
        self.memory, self.cpuacct, self.cpu = plan["memory"], plan["cpuacct"], plan.get("cpu")
        self.before = 0

    def begin(self, pid: int) -> None:  # noqa: ARG002 - the group has no other process
        """See Meter."""
        self.before = self._used()

    def sample(self) -> Row:
        """See Meter."""
        stat = _table(f"{self.memory}/memory.stat")
        kernel = _number(f"{self.memory}/memory.kmem.usage_in_bytes") or 0
        shared = stat.get("total_shmem", 0)
        files = max(0, stat.get("total_cache", 0) - shared)
        return stat.get("total_rss", 0), shared, files, kernel, stat.get("total_swap", 0)

    def final(self) -> dict[str, Any]:
        """See Meter."""
        throttled = _table(f"{self.cpu}/cpu.stat").get("throttled_time") if self.cpu else None
        return {
            "peak": _number(f"{self.memory}/memory.max_usage_in_bytes"),
            "oom_kills": _table(f"{self.memory}/memory.oom_control").get("oom_kill"),
            "limit_hits": _number(f"{self.memory}/memory.failcnt"),
            **self._cpu(),
            "throttled": None if throttled is None else throttled / 1e9,
        }

    def _cpu(self) -> dict[str, float]:
        """The total is exact; user and system are counted in clock ticks and only tell its shares."""
        total = (self._used() - self.before) / 1e9
        ticks = [_number(f"{self.cpuacct}/cpuacct.usage_{kind}") or 0 for kind in ("user", "sys")]
        user = total * ticks[0] / sum(ticks) if any(ticks) else total
        return {"user": user, "system": total - user}

    def _used(self) -> int:
        return _number(f"{self.cpuacct}/cpuacct.usage") or 0


class GroupV2:
    """Version 2; ``memory.peak`` needs Linux 5.19."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.before: dict[str, int] = {}

    def begin(self, pid: int) -> None:  # noqa: ARG002 - the group has no other process
        """See Meter."""
        self.before = _table(f"{self.group}/cpu.stat")

    def sample(self) -> Row:
        """See Meter."""
        stat = _table(f"{self.group}/memory.stat")
        shared = stat.get("shmem", 0)
        files = max(0, stat.get("file", 0) - shared)
        swap = _number(f"{self.group}/memory.swap.current") or 0
        return stat.get("anon", 0), shared, files, stat.get("kernel", 0), swap

    def final(self) -> dict[str, Any]:
        """See Meter."""
        events = _table(f"{self.group}/memory.events")
        cpu = _table(f"{self.group}/cpu.stat")
        return {
            "peak": _number(f"{self.group}/memory.peak"),
            "oom_kills": events.get("oom_kill"),
            "limit_hits": events.get("max"),
            "user": self._since(cpu, "user_usec"),
            "system": self._since(cpu, "system_usec"),
            "throttled": self._since(cpu, "throttled_usec") if "throttled_usec" in cpu else None,
        }

    def _since(self, cpu: dict[str, int], name: str) -> float:
        return (cpu.get(name, 0) - self.before.get(name, 0)) / 1e6


class Tree:
    """Without groups: proportional set sizes now and then, and what wait(2) reports in the end."""

    def __init__(self) -> None:
        self.before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.launch = 0.0

    def begin(self, pid: int) -> None:
        """See Meter. The scheduler knows nanoseconds where ``times`` knows ticks."""
        self.launch = next(iter(_numbers(f"/proc/{pid}/schedstat")), 0) / 1e9

    def sample(self) -> Row:
        """See Meter."""
        anonymous = shared = files = swap = 0
        for pid in descendants(os.getpid()):
            sizes = _rollup(pid)
            anonymous += sizes.get("Pss_Anon", 0)
            shared += sizes.get("Pss_Shmem", 0)
            files += sizes.get("Pss_File", 0)
            swap += sizes.get("SwapPss", 0)
        return anonymous, shared, files, 0, swap

    def final(self) -> dict[str, Any]:
        """See Meter."""
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        user, system = now.ru_utime - self.before.ru_utime, now.ru_stime - self.before.ru_stime
        share = max(0.0, 1 - self.launch / (user + system)) if user + system else 0.0
        return {"largest": now.ru_maxrss * 1024, "user": user * share, "system": system * share}


def machine_counters() -> dict[str, float]:
    """Seconds that all processors were busy and were taken by the hypervisor, and the machine's own OOM kills."""
    with open("/proc/stat", "rb") as file:  # noqa: PTH123
        ticks = [int(word) for word in file.readline().split()[1:]]
    tick = os.sysconf("SC_CLK_TCK")
    user, nice, system, _idle, _iowait, irq, softirq, steal = ticks[:8]
    busy = (user + nice + system + irq + softirq) / tick
    return {"busy": busy, "steal": steal / tick, "oom_kills": _table("/proc/vmstat").get("oom_kill", 0)}


def _rollup(pid: int) -> dict[str, int]:
    """``/proc/PID/smaps_rollup`` in bytes; empty for a process that has ended."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:  # noqa: PTH123
            lines = file.read().decode("ascii", "replace").splitlines()[1:]
    except OSError:
        return {}
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith("kB")}


def _number(path: str) -> int | None:
    return next(iter(_numbers(path)), None)


def _numbers(path: str) -> list[int]:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return [int(word) for word in file.read().split()]
    except (OSError, ValueError):
        return []


def _table(path: str) -> dict[str, int]:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            words = file.read().decode("ascii").split()
    except OSError:
        return {}
    return dict(zip(words[::2], map(int, words[1::2]), strict=False))
