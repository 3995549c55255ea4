"""Whole grids that were run for real, three times over, and the planner's way through them by replay."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from msgspec.structs import replace

from covpath.bench.limits.ask import Ask
from covpath.bench.plan import CellPlan, Plan
from covpath.bench.planner import Answer, answer, next_step, without
from covpath.bench.subject import Variant
from covpath.bench.workbench import Ready
from covpath.evidence.cells import price_of_run
from covpath.evidence.runner import RunnerProfile
from covpath.evidence.trial import CacheState, CpuUse, DiskUse, MemorySeries, MemoryUse, Outcome, PeakBasis, Role, Trial
from covpath.terms import Tri
from evidence_samples import MIB, RUNNER, TRIAL

GRIDS = Path(__file__).parents[1] / "cases" / "bench_grids"
REPEATS = 3
DISK = 512
"""MiB of free disk where a runner's size does not say."""
SECONDS = 600.0
"""The longest a run may take where a runner's size does not say."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """A runner as far as a grid varies it: MiB of memory and of free disk, processors, and seconds it may take."""

    memory: int
    cpus: float
    disk: int | None = None
    seconds: float | None = None


def profile(size: Size) -> RunnerProfile:
    """An invented runner. Its price grows with memory and processors, a little with disk and time."""
    name = f"{size.memory}mib-{size.cpus:g}cpu"
    name += f"-disk{size.disk}" if size.disk else ""
    name += f"-{size.seconds:g}s" if size.seconds else ""
    disk, seconds = size.disk or DISK, size.seconds or SECONDS
    price = size.memory * size.cpus / 10_000 + size.memory / 1_000_000 + disk / 10**8 + seconds / 10**9
    return replace(
        RUNNER,
        name=name,
        cpus=size.cpus,
        memory_bytes=size.memory * MIB,
        swap_bytes=0,
        disk_bytes=disk * MIB,
        time_limit_seconds=seconds,
        price_per_minute_dollars=round(price, 9),
    )


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Every run of every cell; a backend's runs without limits have no runner."""

    name: str
    says: str
    runners: tuple[RunnerProfile, ...]
    backends: tuple[str, ...]
    own: str
    files: dict[str, int]
    trials: dict[str, tuple[Trial, ...]]
    took: dict[str, tuple[float, ...]]

    def spent(self, key: str, number: int, *, whole: bool) -> float:
        """Seconds of a run: the command alone, or the whole trial with its preparation."""
        return self.took[key][number] if whole else self.trials[key][number].wall_seconds

    def exhaustive(self, *, whole: bool) -> float:
        """Seconds of the exhaustive way: every cell three times, and one run without limits of each backend."""
        cells = sum(self.spent(key, number, whole=whole) for key in self.cells for number in range(REPEATS))
        return cells + sum(self.spent(name, 0, whole=whole) for name in self.backends)

    @property
    def cells(self) -> list[str]:
        """The keys of all cells."""
        return [key for key in self.trials if "@" in key]

    def plan(self, random: Random) -> Plan:
        """The grid as the planner sees it: backends as they were asked for, runners in an order of their own."""
        runners = random.sample(self.runners, len(self.runners))
        ready = {
            name: Ready(
                variant=Variant(backend=name, script="", report=None),
                prepared=Path(),
                environment={},
                core=None,
                versions={},
                digest=name,
                files_bytes=self.files[name],
            )
            for name in self.backends
        }
        warm = CacheState.WARM
        references = [
            CellPlan(ready=one, runner=None, cache=warm, ask=Ask(cpus=self.processors, time_seconds=600), key=name)
            for name, one in ready.items()
        ]
        cells = [
            CellPlan(ready=ready[name], runner=one, cache=warm, ask=Ask.of(one), key=f"{name}@{one.name}")
            for name in random.sample(self.backends, len(self.backends))
            for one in runners
        ]
        return Plan(references=tuple(references), cells=tuple(cells), own=self.own)

    @property
    def processors(self) -> float:
        """Of the runs without limits: as many as the largest runner has."""
        return max(math.ceil(runner.cpus) for runner in self.runners)

    def works(self, key: str) -> bool:
        """Whether all runs of a cell were good."""
        return all(trial.outcome is Outcome.OK for trial in self.trials[key])

    def wall(self, key: str) -> float:
        """The median seconds of a cell's command."""
        return median(trial.wall_seconds for trial in self.trials[key])

    def runner(self, key: str) -> RunnerProfile:
        """The runner of a cell."""
        return next(one for one in self.runners if one.name == key.partition("@")[2])

    def dollars(self, key: str) -> float:
        """What a run of a cell costs, at the median time."""
        return price_of_run(self.wall(key), self.runner(key)) or 0.0

    def cheapest(self) -> str:
        """The exhaustive way's answer: price, then whole minutes, the job's own backend, the order asked, the size."""
        order = [self.own, *self.backends]

        def cost(key: str) -> tuple[float, ...]:
            one = self.runner(key)
            backend = order.index(key.partition("@")[0])
            return (self.dollars(key), math.ceil(self.wall(key) / 60), backend, one.memory_bytes, one.cpus)

        return min((key for key in self.cells if self.works(key)), key=cost)

    def as_cheap(self, key: str) -> set[str]:
        """The other backends that work on the same runner for the same price."""
        others = {f"{name}@{key.partition('@')[2]}" for name in self.backends} - {key}
        return {other for other in others if self.works(other) and self.dollars(other) == self.dollars(key)}


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """What the planner found and what it took: ``runs`` in order, each with the number of the recorded one.

    ``given_up`` are the seconds of runs that were given up.
    """

    answer: Answer
    runs: tuple[tuple[str, int, str], ...]
    given_up: float
    wrong: tuple[str, ...]

    @property
    def left(self) -> int:
        """Cells of which it is not said whether they work."""
        return sum(one.works is Tri.UNKNOWN for one in self.answer.verdicts.values())

    def seconds(self, grid: Grid, *, whole: bool) -> float:
        """Of all runs it asked for."""
        return self.given_up + sum(grid.spent(key, number, whole=whole) for key, number, _ in self.runs)

    def least(self, grid: Grid, best: str, *, whole: bool) -> float:
        """Of the first run of each backend and three of the winner, as they were drawn: no way takes less."""
        confirmed = sum(grid.spent(best, number, whole=whole) for number in range(REPEATS))
        first = {key: number for key, number, _ in reversed(self.runs) if key in grid.backends}
        return confirmed + sum(grid.spent(key, number, whole=whole) for key, number in first.items())


def replay(grid: Grid, seed: int) -> Replayed:
    """Let the planner decide; each run it asks for is one of the recorded ones of that cell, in a drawn order."""
    random = Random(seed)
    plan = grid.plan(random)
    queues = {key: random.sample(range(len(runs)), len(runs)) for key, runs in grid.trials.items()}
    done: dict[str, list[Trial]] = {}
    made: list[tuple[str, int, str]] = []
    given_up = 0.0
    while (step := next_step(plan, done)) is not None:
        key = step.cell.key
        runs, queue = done.setdefault(key, []), queues[key]
        number = queue[len(runs) % len(queue)]
        trial = grid.trials[key][number]
        if step.most_seconds is not None and trial.wall_seconds > step.most_seconds:
            given_up += step.most_seconds
            plan = without(plan, step.cell.key, step.most_seconds)
            continue
        runs.append(trial)
        made.append((key, number, step.why))
    found = answer(plan, done)
    said = {key: one.works for key, one in found.verdicts.items() if one.works is not Tri.UNKNOWN}
    wrong = [key for key, works in said.items() if (works is Tri.TRUE) != grid.works(key)]
    return Replayed(answer=found, runs=tuple(made), given_up=given_up, wrong=tuple(wrong))


def load(path: Path) -> Grid:
    """A grid from its file."""
    data = json.loads(path.read_text())
    runners = tuple(profile(Size(**size)) for size in data["runners"])
    trials: dict[str, list[Trial]] = {}
    seconds: dict[str, list[float]] = {}
    for one in data["trials"]:
        runner = None if one["runner"] is None else runners[one["runner"]].name
        key = one["backend"] + (f"@{runner}" if runner else "")
        runs = trials.setdefault(key, [])
        runs.append(_trial(one, key, runner, len(runs)))
        seconds.setdefault(key, []).append(one["took"])
    return Grid(
        name=path.stem,
        says=data["says"],
        runners=runners,
        backends=tuple(data["files"]),
        own=data["own"],
        files=data["files"],
        trials={key: tuple(runs) for key, runs in trials.items()},
        took={key: tuple(runs) for key, runs in seconds.items()},
    )


def save(
    path: Path,
    says: str,
    own: str,
    sizes: Sequence[Size],
    files: Mapping[str, int],
    trials: Sequence[Trial],
    took: Mapping[tuple[str, str], float],
) -> None:
    """Write what a replay needs of every run, one a line: bytes, seconds, the runner's number.

    ``files`` are the bytes of each backend's prepared files, ``took`` the seconds of each run with its preparation.
    """
    numbers = {profile(size).name: number for number, size in enumerate(sizes)}
    lines = [
        json.dumps(
            {
                "backend": trial.backend,
                "runner": numbers[trial.runner] if trial.runner else None,
                "outcome": trial.outcome.value,
                "wall": round(trial.wall_seconds, 4),
                "took": took[trial.cell, trial.started],
                "cpu": round(trial.cpu.total_seconds, 4),
                "peak": trial.memory.peak_bytes,
                "unreclaimable": trial.memory.unreclaimable_peak_bytes,
                "swap": trial.memory.swap_peak_bytes,
                "files": max(trial.memory.series.file_bytes, default=None),
                "growth": trial.disk.growth_bytes,
            }
        )
        for trial in trials
    ]
    known = [{name: value for name, value in asdict(size).items() if value is not None} for size in sizes]
    parts = [
        f'"says": {json.dumps(says)}',
        f'"own": {json.dumps(own)}',
        f'"files": {json.dumps(files)}',
        '"runners": [\n' + ",\n".join(map(json.dumps, known)) + "\n]",
        '"trials": [\n' + ",\n".join(lines) + "\n]",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{" + ",\n".join(parts) + "}\n")


def _trial(one: dict[str, Any], key: str, runner: str | None, number: int) -> Trial:
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
        cpu=CpuUse(user_seconds=one["cpu"], system_seconds=0.0),
        memory=MemoryUse(
            peak_bytes=one["peak"],
            peak_basis=PeakBasis.HIGH_WATER_MARK,
            unreclaimable_peak_bytes=one["unreclaimable"],
            swap_peak_bytes=one["swap"],
            series=MemorySeries() if one["files"] is None else MemorySeries(file_bytes=(one["files"],)),
        ),
        disk=DiskUse(growth_bytes=one["growth"]),
    )
