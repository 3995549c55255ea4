"""Which cells there are, which of them this machine can run, and in which order."""

from __future__ import annotations

import hashlib
import json
import math
import platform
import random
from collections.abc import Iterable, Sequence

from msgspec import Struct

from covpath.bench.limits.ask import Ask, Capacity, beyond
from covpath.bench.workbench import Ready
from covpath.evidence.codec import to_data
from covpath.evidence.runner import RunnerProfile
from covpath.evidence.trial import CacheState

REFERENCE_SECONDS = 6 * 3600.0
"""The longest a reference run may take where the job has no limit of its own: GitHub's own."""

_ARCHITECTURES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


class CellPlan(Struct, frozen=True, kw_only=True):
    """One cell to be measured; ``obstacle`` says why it cannot be, and is predicted instead.

    ``other_processor``: the obstacle is the processors' architecture, so that nothing can be foreseen.
    ``lost_seconds``: a run of it was given up after so long, which is the obstacle.

    ``runner`` is None for the reference run of a backend. ``key`` identifies what a trial of it
    would run, where and under which limits: trials with the same key are interchangeable.
    """

    ready: Ready
    runner: RunnerProfile | None
    cache: CacheState
    ask: Ask
    key: str
    obstacle: str | None = None
    other_processor: bool = False
    lost_seconds: float = 0.0

    @property
    def backend(self) -> str:
        """The backend's name."""
        return self.ready.variant.backend


class Plan(Struct, frozen=True, kw_only=True):
    """References first, then ``trials`` blocks of all cells, each block in its own random order.

    References are in the order in which backends were asked for; ``own`` names the one the job uses today.
    ``budget_seconds``: no trial begins later than this after the start. ``most_trials`` bounds the
    repeats of a cell near a limit.
    """

    references: tuple[CellPlan, ...]
    cells: tuple[CellPlan, ...]
    own: str | None = None
    trials: int = 1
    most_trials: int = 3
    seed: int = 1
    budget_seconds: float | None = None

    def block(self, number: int, cells: Iterable[CellPlan]) -> tuple[CellPlan, ...]:
        """``cells`` in the order of block ``number``; the same for the same seed."""
        order = list(cells)
        random.Random(f"{self.seed}/{number}").shuffle(order)  # noqa: S311 - an order, no secret
        return tuple(order)


def make_plan(
    variants: Sequence[Ready],
    runners: Sequence[RunnerProfile],
    *,
    machine: str,
    own: str | None = None,
    caches: Sequence[CacheState] = (CacheState.WARM,),
    time_limit_seconds: float | None = None,
    trials: int = 1,
    seed: int = 1,
    budget_seconds: float | None = None,
) -> Plan:
    """Every backend on every runner with every cache state; ``machine`` is this machine's fingerprint."""
    capacity = Capacity.of_this_machine()
    generous = _generous(runners, time_limit_seconds, capacity)
    references = tuple(
        CellPlan(
            ready=ready, runner=None, cache=caches[0], ask=generous, key=_key(ready, "", generous, caches[0], machine)
        )
        for ready in variants
    )
    cells = []
    for ready in variants:
        for runner in runners:
            ask = Ask.of(runner, time_limit_seconds)
            other = _other_processor(runner)
            obstacle = other or next(iter(beyond(ask, capacity).values()), None)
            cells += [
                CellPlan(
                    ready=ready,
                    runner=runner,
                    cache=cache,
                    ask=ask,
                    key=_key(ready, runner.name, ask, cache, machine),
                    obstacle=obstacle,
                    other_processor=other is not None,
                )
                for cache in caches
            ]
    return Plan(
        references=references,
        cells=tuple(cells),
        own=own,
        trials=trials,
        most_trials=max(3, trials),
        seed=seed,
        budget_seconds=budget_seconds,
    )


def _generous(runners: Sequence[RunnerProfile], time_limit_seconds: float | None, capacity: Capacity) -> Ask:
    """Without limits, but with no more processors than the largest runner has.

    More of them mean more workers, and more memory than the job takes on any runner asked for.
    """
    most = max((math.ceil(runner.cpus) for runner in runners), default=len(capacity.cpus))
    cpus = float(most) if most < len(capacity.cpus) else None
    return Ask(cpus=cpus, time_seconds=time_limit_seconds or REFERENCE_SECONDS)


def _other_processor(runner: RunnerProfile) -> str | None:
    own = _ARCHITECTURES.get(platform.machine().lower(), platform.machine())
    return (
        None
        if runner.architecture == own
        else f"the runner's processors are {runner.architecture}, this machine's {own}"
    )


def _key(ready: Ready, runner: str, ask: Ask, cache: CacheState, machine: str) -> str:
    parts = [ready.digest, ready.variant.backend, runner, to_data(ask), cache.value, machine]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
