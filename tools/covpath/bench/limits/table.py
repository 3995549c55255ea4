"""The ways to confine that there are, the best first, and the choice among them."""

from __future__ import annotations

from covpath.bench.limits import cgroup_v1, cgroup_v2, unprivileged
from covpath.bench.limits.ask import Means

TABLE: tuple[Means, ...] = (cgroup_v2, cgroup_v1, unprivileged)


def best() -> Means:
    """The first that can be used here."""
    return next(means for means in TABLE if means.obstacle() is None)


def obstacles() -> tuple[str, ...]:
    """Why those before the best cannot be used, one sentence each."""
    told = []
    for means in TABLE:
        reason = means.obstacle()
        if reason is None:
            break
        told.append(f"{means.NAME}: {reason}")
    return tuple(told)
