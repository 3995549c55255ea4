"""Control groups, version 1: one hierarchy per controller, a group of ours in each."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from covpath.bench.limits.ask import (
    PRECEDENCE,
    Ask,
    Capacity,
    Confined,
    Knobs,
    beyond,
    count_cpus,
    own_cpus,
    read_number,
)
from covpath.bench.limits.mounts import here
from covpath.errors import OutsideError, Place
from covpath.evidence.trial import Enforcement, Knob, Limit

NAME = "cgroup-v1"

_NEEDED = ("memory", "cpuset", "cpuacct", "freezer")
_PERIOD_MICROSECONDS = 100_000
_ORDINARY_SHARES = 1024
_PAGE = os.sysconf("SC_PAGE_SIZE")


def obstacle() -> str | None:
    """Why version 1 cannot be used; None where it can."""
    found = here().v1
    absent = [name for name in _NEEDED if name not in found]
    if absent:
        return f"there is no version 1 hierarchy for {', '.join(absent)}"
    closed = [name for name in _NEEDED if not os.access(found[name], os.W_OK)]
    return f"no permission to make groups for {', '.join(closed)}" if closed else None


def confine(ask: Ask, name: str) -> Confined:
    """Make a group ``name`` in every hierarchy and set the limits."""
    found = here().v1
    parents = {key: found[key] for key in (*_NEEDED, "cpu") if key in found}
    groups = {key: parent / name for key, parent in parents.items()}
    directories = tuple(dict.fromkeys(groups.values()))  # cpu and cpuacct often share one
    try:
        for directory in directories:
            directory.mkdir()
        limits = _set_all(ask, groups, parents["cpuset"])
    except OSError as error:
        for directory in directories:
            with contextlib.suppress(OSError):
                directory.rmdir()
        raise OutsideError(
            f"no control group can be made: {error.strerror}.", place=Place(str(error.filename))
        ) from error
    plan = {
        "join": [str(directory / "cgroup.procs") for directory in directories],
        "cpus": list(own_cpus(ask, Capacity.of_this_machine())),
        "members": {"kind": "v1", "procs": str(groups["memory"] / "cgroup.procs"), "freezer": str(groups["freezer"])},
        "meter": {"kind": "v1", **{key: str(path) for key, path in groups.items()}},
    }
    return Confined(limits=limits, plan=plan, groups=directories)


def _set_all(ask: Ask, groups: dict[str, Path], cpuset_parent: Path) -> tuple[Limit, ...]:
    capacity = Capacity.of_this_machine()
    too_big = beyond(ask, capacity)
    knobs = Knobs(NAME)
    _set_cpuset(ask, groups["cpuset"], cpuset_parent, capacity)
    if "cpu" in groups:
        (groups["cpu"] / "cpu.shares").write_text(str(PRECEDENCE * _ORDINARY_SHARES))
    if ask.cpus is not None:
        if Knob.CPUS in too_big:
            knobs.note(Knob.CPUS, ask.cpus, Enforcement.PREDICTED, reason=too_big[Knob.CPUS])
        elif ask.cpus == int(ask.cpus):
            cpus = groups["cpuset"] / "cpuset.cpus"
            knobs.set(Knob.CPUS, ask.cpus, lambda: float(count_cpus(cpus.read_text())), 0)
        else:
            _set_quota(knobs, ask.cpus, groups.get("cpu"))
    if ask.memory_bytes is not None:
        memory = groups["memory"]
        if Knob.MEMORY in too_big:
            knobs.note(Knob.MEMORY, ask.memory_bytes, Enforcement.PREDICTED, reason=too_big[Knob.MEMORY])
            knobs.note(Knob.SWAP, ask.swap_bytes, Enforcement.PREDICTED, reason="it is limited together with memory")
        else:
            limit, asked = memory / "memory.limit_in_bytes", ask.memory_bytes
            knobs.set(Knob.MEMORY, asked, lambda: _write(limit, asked), _PAGE)
            _set_swap(knobs, ask, memory, capacity)
    return tuple(knobs.entries)


def _set_cpuset(ask: Ask, group: Path, parent: Path, capacity: Capacity) -> None:
    """A group takes no process before it has both processors and memory nodes (cpuset(7))."""
    (group / "cpuset.mems").write_text((parent / "cpuset.mems").read_text())
    (group / "cpuset.cpus").write_text(",".join(map(str, own_cpus(ask, capacity))))


def _set_quota(knobs: Knobs, cpus: float, group: Path | None) -> None:
    if group is None:
        knobs.note(Knob.CPUS, cpus, Enforcement.NOT_ENFORCED, reason="there is no hierarchy for cpu")
        return

    def write() -> float:
        (group / "cpu.cfs_period_us").write_text(str(_PERIOD_MICROSECONDS))
        return _write(group / "cpu.cfs_quota_us", round(cpus * _PERIOD_MICROSECONDS)) / _PERIOD_MICROSECONDS

    knobs.set(Knob.CPUS, cpus, write, 0.01)


def _set_swap(knobs: Knobs, ask: Ask, memory: Path, capacity: Capacity) -> None:
    """Version 1 limits memory and swap together."""
    if ask.swap_bytes is None or ask.memory_bytes is None:
        return
    if ask.swap_bytes > capacity.swap_bytes:
        reason = "the runner has more swap than this machine"
        knobs.note(Knob.SWAP, ask.swap_bytes, Enforcement.NOT_ENFORCED, reason=reason)
    both = memory / "memory.memsw.limit_in_bytes"
    total = ask.memory_bytes + min(ask.swap_bytes, capacity.swap_bytes)
    if not both.exists():
        if capacity.swap_bytes == 0:
            knobs.note(Knob.SWAP, ask.swap_bytes, Enforcement.ENFORCED, read_back=0, reason="there is no swap")
        else:
            reason = "the kernel does not account for swap (swapaccount=1)"
            knobs.note(Knob.SWAP, ask.swap_bytes, Enforcement.NOT_ENFORCED, reason=reason)
        return
    base = read_number(memory / "memory.limit_in_bytes")
    if ask.swap_bytes > capacity.swap_bytes:
        _write(both, total)
    else:
        knobs.set(Knob.SWAP, ask.swap_bytes, lambda: _write(both, total) - base, 2 * _PAGE)


def _write(path: Path, value: int) -> int:
    path.write_text(str(value))
    return read_number(path)
