"""Without control groups: processors by affinity, time by our own timer, memory only watched."""

from __future__ import annotations

from covpath.bench.limits.ask import Ask, Capacity, Confined, Knobs, beyond, own_cpus
from covpath.evidence.trial import Enforcement, Knob

NAME = "unprivileged"


def obstacle() -> str | None:
    """Nothing stands in its way on Linux."""
    return None


def confine(ask: Ask, name: str) -> Confined:  # noqa: ARG001 - no group to be named
    """Bind to processors; say of the rest that it is only watched, or not even that."""
    capacity = Capacity.of_this_machine()
    too_big = beyond(ask, capacity)
    knobs = Knobs(NAME)
    if ask.cpus is not None:
        if Knob.CPUS in too_big:
            knobs.note(Knob.CPUS, ask.cpus, Enforcement.PREDICTED, reason=too_big[Knob.CPUS])
        elif ask.cpus == int(ask.cpus):
            reason = "set by affinity, which a program may change"
            knobs.note(Knob.CPUS, ask.cpus, Enforcement.OBSERVED, read_back=ask.cpus, reason=reason)
        else:
            reason = "a share of a processor needs control groups"
            knobs.note(Knob.CPUS, ask.cpus, Enforcement.NOT_ENFORCED, reason=reason)
    if ask.memory_bytes is not None:
        if Knob.MEMORY in too_big:
            knobs.note(Knob.MEMORY, ask.memory_bytes, Enforcement.PREDICTED, reason=too_big[Knob.MEMORY])
        else:
            reason = "a memory limit for a process tree needs control groups; its use was sampled"
            knobs.note(Knob.MEMORY, ask.memory_bytes, Enforcement.OBSERVED, reason=reason)
    if ask.swap_bytes is not None:
        reason = "a swap limit needs control groups"
        knobs.note(Knob.SWAP, ask.swap_bytes, Enforcement.NOT_ENFORCED, reason=reason)
    plan = {
        "join": [],
        "cpus": list(own_cpus(ask, capacity)),
        "members": {"kind": "tree"},
        "meter": {"kind": "tree"},
    }
    return Confined(limits=tuple(knobs.entries), plan=plan)
