"""Whole grids that were run for real, three times over, and the planner's way through them by replay."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median

from msgspec.structs import replace

from covpath.bench.limits.ask import Ask
from covpath.bench.plan import CellPlan, Plan
from covpath.bench.planner import Answer, answer, next_step
from covpath.bench.subject import Variant
from covpath.bench.workbench import Ready
from covpath.evidence.cells import price_of_run
from covpath.evidence.runner import RunnerProfile
from covpath.evidence.trial import CacheState, CpuUse, DiskUse, MemoryUse, Outcome, PeakBasis, Role, Trial
from covpath.terms import Tri
from evidence_samples import MIB, RUNNER, TRIAL

GRIDS = Path(__file__).parents[1] / "cases" / "bench_grids"


def profile(memory: int, cpus: float) -> RunnerProfile:
    """An invented runner; its price grows with memory and processors."""
    price = round(memory * cpus / 10_000 + memory / 1_000_000, 6)
    name = f"{memory} MiB, {cpus:g} processors"
    return replace(RUNNER, name=name, cpus=cpus, memory_bytes=memory * MIB, price_per_minute_dollars=price)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Every run of every cell; a backend's runs without limits have no runner."""

    name: str
    says: str
    runners: tuple[RunnerProfile, ...]
    backends: tuple[str, ...]
    trials: dict[str, tuple[Trial, ...]]

    @property
    def seconds(self) -> float:
        """Of the exhaustive way: all runs of all cells, and one run without limits of each backend."""
        cells = sum(trial.wall_seconds for key, runs in self.trials.items() for trial in runs if "@" in key)
        return cells + sum(self.trials[backend][0].wall_seconds for backend in self.backends)

    def plan(self, random: Random) -> Plan:
        """The grid as the planner sees it, backends and runners in an order of their own."""
        backends = random.sample(self.backends, len(self.backends))
        runners = random.sample(self.runners, len(self.runners))
        ready = {
            name: Ready(
                variant=Variant(backend=name, script="", report=None),
                prepared=Path(),
                environment={},
                core=None,
                versions={},
                digest=name,
            )
            for name in backends
        }
        warm = CacheState.WARM
        references = [
            CellPlan(ready=ready[name], runner=None, cache=warm, ask=Ask(time_seconds=600), key=name)
            for name in backends
        ]
        cells = [
            CellPlan(ready=ready[name], runner=one, cache=warm, ask=Ask.of(one), key=f"{name}@{one.name}")
            for name in backends
            for one in runners
        ]
        return Plan(references=tuple(references), cells=tuple(cells))

    def works(self, key: str) -> bool:
        """Whether all runs of a cell were good."""
        return all(trial.outcome is Outcome.OK for trial in self.trials[key])

    def cost(self, key: str) -> tuple[float, float]:
        """Dollars and seconds of a run, at the median of all."""
        wall = median(trial.wall_seconds for trial in self.trials[key])
        runner = next(one for one in self.runners if one.name == key.partition("@")[2])
        return price_of_run(wall, runner) or 0.0, wall

    def cheapest(self) -> str | None:
        """The exhaustive way's answer."""
        return min((key for key in self.trials if "@" in key and self.works(key)), key=self.cost, default=None)


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """One way through a grid: ``wrong`` are the cells whose verdict differs from that of all runs."""

    answer: Answer
    seconds: float
    runs: int
    wrong: tuple[str, ...]


def replay(grid: Grid, seed: int) -> Replayed:
    """Let the planner decide; each run it asks for is one of the recorded ones of that cell, in a drawn order."""
    random = Random(seed)
    plan = grid.plan(random)
    queues = {key: random.sample(runs, len(runs)) for key, runs in grid.trials.items()}
    done: dict[str, list[Trial]] = {}
    seconds = 0.0
    while (step := next_step(plan, done)) is not None:
        runs = done.setdefault(step.cell.key, [])
        queue = queues[step.cell.key]
        runs.append(queue[len(runs) % len(queue)])
        seconds += runs[-1].wall_seconds
    found = answer(plan, done)
    wrong = [key for key, one in found.verdicts.items() if (one.works is Tri.TRUE) != grid.works(key)]
    return Replayed(answer=found, seconds=seconds, runs=sum(map(len, done.values())), wrong=tuple(wrong))


def load(path: Path) -> Grid:
    """A grid from its file."""
    data = json.loads(path.read_text())
    runners = tuple(profile(memory, cpus) for memory, cpus in data["runners"])
    names = {(one.memory_bytes // MIB, one.cpus): one.name for one in runners}
    trials: dict[str, list[Trial]] = {}
    for one in data["trials"]:
        runner = names[tuple(one["runner"])] if one["runner"] else None
        key = one["backend"] + (f"@{runner}" if runner else "")
        runs = trials.setdefault(key, [])
        runs.append(_trial(one, key, runner, len(runs)))
    return Grid(
        name=path.stem,
        says=data["says"],
        runners=runners,
        backends=tuple(key for key in trials if "@" not in key),
        trials={key: tuple(runs) for key, runs in trials.items()},
    )


def save(path: Path, says: str, runners: Sequence[tuple[int, float]], trials: Sequence[Trial]) -> None:
    """Write what a replay needs of every run: sizes in bytes, times in seconds, one run a line."""
    sizes = {profile(*one).name: one for one in runners}
    lines = [
        json.dumps(
            {
                "backend": trial.backend,
                "runner": sizes[trial.runner] if trial.runner else None,
                "outcome": trial.outcome.value,
                "wall": round(trial.wall_seconds, 4),
                "cpu": round(trial.cpu.total_seconds, 4),
                "peak": trial.memory.peak_bytes,
                "unreclaimable": trial.memory.unreclaimable_peak_bytes,
                "growth": trial.disk.growth_bytes,
            }
        )
        for trial in trials
    ]
    head = f'{{"says": {json.dumps(says)},\n"runners": {json.dumps(runners)},\n"trials": [\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + ",\n".join(lines) + "\n]}\n")


def _trial(one: dict[str, object], key: str, runner: str | None, number: int) -> Trial:
    outcome = Outcome(one["outcome"])
    return replace(
        TRIAL,
        cell=key,
        number=number,
        role=Role.CELL if runner else Role.REFERENCE,
        backend=one["backend"],
        runner=runner,
        outcome=outcome,
        reason="" if outcome is Outcome.OK else outcome.value,
        wall_seconds=one["wall"],
        cpu=CpuUse(user_seconds=one["cpu"], system_seconds=0.0),  # type: ignore[arg-type]
        memory=MemoryUse(
            peak_bytes=one["peak"],  # type: ignore[arg-type]
            peak_basis=PeakBasis.HIGH_WATER_MARK,
            unreclaimable_peak_bytes=one["unreclaimable"],  # type: ignore[arg-type]
        ),
        disk=DiskUse(growth_bytes=one["growth"]),  # type: ignore[arg-type]
    )
