"""Control groups, version 2: one group of ours below the first group that lets us have controllers.

That is our own group where it is delegated to us (``systemd-run --user --scope -p Delegate=yes``),
else, for root, the nearest group above that can enable them.
"""

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

NAME = "cgroup-v2"

_NEEDED = "memory"
_WELCOME = ("cpuset", "cpu")
"""Without cpuset a number of processors is held as a share of time; systemd rarely delegates it to users."""
_PERIOD_MICROSECONDS = 100_000
_ORDINARY_WEIGHT = 100
_PAGE = os.sysconf("SC_PAGE_SIZE")


def obstacle() -> str | None:
    """Why version 2 cannot be used; None where it can. Enables controllers below the group it finds."""
    found = here()
    if found.v2 is None or found.v2_root is None:
        return "there is no version 2 hierarchy"
    if _NEEDED not in _words(found.v2_root / "cgroup.controllers"):
        return "the version 2 hierarchy has no controller for memory"
    if _parent() is None:
        return "no group there may have groups with controllers (try: systemd-run --user --scope -p Delegate=yes)"
    return None


def confine(ask: Ask, name: str) -> Confined:
    """Make the group ``name`` and set the limits."""
    parent = _parent()
    if parent is None:
        raise OutsideError("no control group can be made: none is delegated to us.")
    group = parent / name
    try:
        group.mkdir()
        limits = _set_all(ask, group)
    except OSError as error:
        with contextlib.suppress(OSError):
            group.rmdir()
        raise OutsideError(
            f"no control group can be made: {error.strerror}.", place=Place(str(error.filename))
        ) from error
    plan = {
        "join": [str(group / "cgroup.procs")],
        "cpus": list(own_cpus(ask, Capacity.of_this_machine())),
        "members": {"kind": "v2", "procs": str(group / "cgroup.procs"), "group": str(group)},
        "meter": {"kind": "v2", "group": str(group)},
    }
    return Confined(limits=limits, plan=plan, groups=(group,))


def _parent() -> Path | None:
    """The nearest group, from our own upwards, under which groups get all controllers."""
    found = here()
    if found.v2 is None or found.v2_root is None:
        return None
    group = found.v2
    while True:
        if os.access(group, os.W_OK) and (_enable(group) or (_delegated(group) and _evacuate(group))):
            return group
        if group == found.v2_root:
            return None
        group = group.parent


def _enable(group: Path) -> bool:
    """Give groups below ``group`` the controllers; fails where it holds processes and is not the root.

    Memory goes first: enabling another one in a group with processes would make it threaded for
    good, and no place for memory limits. Those that are only welcome are tried one by one.
    """
    control = group / "cgroup.subtree_control"
    for name in (_NEEDED, *_WELCOME):
        try:
            if name not in _words(control):
                control.write_text(f"+{name}")
        except OSError:
            if name == _NEEDED:
                return False
    return True


def _delegated(group: Path) -> bool:
    """Whether systemd has marked the group as ours to divide (systemd, "Control Group APIs and Delegation")."""
    for attribute in ("user.delegate", "trusted.delegate"):
        with contextlib.suppress(OSError):
            if os.getxattr(group, attribute) == b"1":
                return True
    return False


def _evacuate(group: Path) -> bool:
    """Move the processes of a delegated group into a leaf, so that it may divide (no internal processes)."""
    leaf = group / "covpath-self"
    try:
        leaf.mkdir(exist_ok=True)
        for pid in _words(group / "cgroup.procs"):
            (leaf / "cgroup.procs").write_text(pid)
    except OSError:
        return False
    return _enable(group)


def _set_all(ask: Ask, group: Path) -> tuple[Limit, ...]:
    capacity = Capacity.of_this_machine()
    too_big = beyond(ask, capacity)
    knobs = Knobs(NAME)
    cpuset, weight = group / "cpuset.cpus", group / "cpu.weight"
    if weight.exists():
        weight.write_text(str(PRECEDENCE * _ORDINARY_WEIGHT))
    if cpuset.exists():
        cpuset.write_text(",".join(map(str, own_cpus(ask, capacity))))
    if ask.cpus is not None:
        if Knob.CPUS in too_big:
            knobs.note(Knob.CPUS, ask.cpus, Enforcement.PREDICTED, reason=too_big[Knob.CPUS])
        else:
            _set_cpus(knobs, ask.cpus, group)
    if ask.memory_bytes is not None:
        asked = ask.memory_bytes
        if Knob.MEMORY in too_big:
            knobs.note(Knob.MEMORY, asked, Enforcement.PREDICTED, reason=too_big[Knob.MEMORY])
        else:
            knobs.set(Knob.MEMORY, asked, lambda: _write(group / "memory.max", asked), _PAGE)
    if ask.swap_bytes is not None:
        _set_swap(knobs, ask.swap_bytes, group / "memory.swap.max", capacity)
    return tuple(knobs.entries)


def _set_cpus(knobs: Knobs, cpus: float, group: Path) -> None:
    effective, quota = group / "cpuset.cpus.effective", group / "cpu.max"
    if cpus == int(cpus) and effective.exists():
        knobs.set(Knob.CPUS, cpus, lambda: float(count_cpus(effective.read_text())), 0)
    elif not quota.exists():
        reason = "neither cpuset nor cpu is delegated; bound by affinity, which a program may change"
        knobs.note(Knob.CPUS, cpus, Enforcement.OBSERVED, reason=reason)
    elif cpus == int(cpus):
        reason = "held as a share of time: cpuset is not delegated, and affinity is what programs see"
        knobs.note(Knob.CPUS, cpus, Enforcement.ENFORCED, read_back=_write_quota(quota, cpus), reason=reason)
    else:
        knobs.set(Knob.CPUS, cpus, lambda: _write_quota(quota, cpus), 0.01)


def _set_swap(knobs: Knobs, asked: int, limit: Path, capacity: Capacity) -> None:
    if asked > capacity.swap_bytes:
        reason = "the runner has more swap than this machine"
        knobs.note(Knob.SWAP, asked, Enforcement.NOT_ENFORCED, reason=reason)
    elif not limit.exists():
        state = Enforcement.ENFORCED if capacity.swap_bytes == 0 else Enforcement.NOT_ENFORCED
        knobs.note(Knob.SWAP, asked, state, reason="the kernel does not account for swap")
    else:
        knobs.set(Knob.SWAP, asked, lambda: _write(limit, asked), _PAGE)


def _write(path: Path, value: int) -> int:
    path.write_text(str(value))
    return read_number(path)


def _write_quota(path: Path, cpus: float) -> float:
    path.write_text(f"{round(cpus * _PERIOD_MICROSECONDS)} {_PERIOD_MICROSECONDS}")
    quota, period = path.read_text("ascii").split()
    return int(quota) / int(period)


def _words(path: Path) -> list[str]:
    return path.read_text("ascii").split()
