"""Trials summed up cell by cell: does it work, how long, how much memory, what does it cost."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from covpath.evidence.model import Evidence, Prediction
from covpath.evidence.runner import RunnerProfile
from covpath.evidence.trial import CacheState, Enforcement, Knob, Outcome, Role, Trial, weakest
from covpath.terms import Tri


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One backend on one runner with one cache state.

    ``works`` is unknown where only some trials were ok, or where what would have stopped the
    job was neither held nor watched. ``outcome`` is ok, or the commonest failure. Times are
    seconds of the measuring command alone and of ok trials only; ``trials`` counts all,
    ``ok`` the good ones. ``price_dollars`` is one run at the median, whole minutes rounded up.
    ``machine`` is a fingerprint; cells of different machines are not compared.
    """

    backend: str
    runner: str
    cache: CacheState
    machine: str
    works: Tri
    outcome: Outcome | None
    enforcement: Enforcement
    trials: int
    ok: int
    wall_median_seconds: float | None = None
    wall_min_seconds: float | None = None
    wall_max_seconds: float | None = None
    cpu_median_seconds: float | None = None
    peak_bytes: int | None = None
    price_dollars: float | None = None
    reason: str = ""


def cells(evidence: Evidence) -> tuple[Cell, ...]:
    """Every cell, measured ones first; a prediction for a cell that was also measured is left out."""
    groups: dict[tuple[str, str, CacheState, str], list[Trial]] = {}
    for trial in evidence.trials:
        if trial.role is Role.CELL and trial.runner is not None:
            key = (trial.backend, trial.runner, trial.cache, trial.machine.fingerprint)
            groups.setdefault(key, []).append(trial)
    measured = tuple(_measured(trials, evidence.runner(key[1])) for key, trials in groups.items())
    known = {key[:3] for key in groups}
    predicted = tuple(
        _predicted(item, evidence.runner(item.runner))
        for item in evidence.predictions
        if (item.backend, item.runner, item.cache) not in known
    )
    return measured + predicted


def price_of_run(wall_seconds: float, runner: RunnerProfile | None) -> float | None:
    """Dollars for a job of that length: every job is rounded up to a whole minute (``facts``, bench, section 4)."""
    if runner is None or runner.price_per_minute_dollars is None:
        return None
    return max(1, math.ceil(wall_seconds / 60)) * runner.price_per_minute_dollars


def _measured(trials: list[Trial], runner: RunnerProfile | None) -> Cell:
    good = [trial for trial in trials if trial.outcome is Outcome.OK]
    walls = [trial.wall_seconds for trial in good]
    first = trials[0]
    worst = commonest_failure(trials)
    shown = worst or good[0]
    peaks = [trial.memory.peak_bytes for trial in trials if trial.memory.peak_bytes is not None]
    return Cell(
        backend=first.backend,
        runner=str(first.runner),
        cache=first.cache,
        machine=first.machine.fingerprint,
        works=_works(trials, good),
        outcome=shown.outcome,
        enforcement=weakest(trial.enforcement for trial in trials),
        trials=len(trials),
        ok=len(good),
        wall_median_seconds=median(walls) if walls else None,
        wall_min_seconds=min(walls, default=None),
        wall_max_seconds=max(walls, default=None),
        cpu_median_seconds=median(trial.cpu.total_seconds for trial in good) if good else None,
        peak_bytes=max(peaks, default=None),
        price_dollars=price_of_run(median(walls), runner) if walls else None,
        reason=shown.reason,
    )


def commonest_failure(trials: Iterable[Trial]) -> Trial | None:
    """A trial with the failure seen most often, or None where all were ok."""
    bad = [trial for trial in trials if trial.outcome is not Outcome.OK]
    outcomes = [trial.outcome for trial in bad]
    return max(bad, key=lambda trial: outcomes.count(trial.outcome), default=None)


def _works(trials: list[Trial], good: list[Trial]) -> Tri:
    if not good:
        return Tri.UNKNOWN if all(map(_swap_could_help, trials)) else Tri.FALSE
    if len(good) < len(trials):
        return Tri.UNKNOWN
    verdicts = {_fits(trial) for trial in good}
    return Tri.FALSE if Tri.FALSE in verdicts else Tri.UNKNOWN if Tri.UNKNOWN in verdicts else Tri.TRUE


def _swap_could_help(trial: Trial) -> bool:
    """Whether it ran out of memory where the runner has swap that was not there."""
    weak = (Enforcement.NOT_ENFORCED, Enforcement.OBSERVED)
    lacking = any(limit.knob is Knob.SWAP and limit.asked and limit.state in weak for limit in trial.limits)
    return trial.outcome is Outcome.OOM and lacking


def _fits(trial: Trial) -> Tri:
    """Whether a run that was ok would also have been ok with its memory and disk limits held."""
    memory, disk = trial.memory, trial.disk.growth_bytes
    used = {Knob.MEMORY: memory.unreclaimable_peak_bytes or memory.peak_bytes, Knob.DISK: disk}
    verdicts = set()
    for limit in trial.limits:
        held = limit.state in (Enforcement.ENFORCED, Enforcement.REAL)
        if limit.knob in used and limit.asked is not None and not held:
            needed = used[limit.knob]
            verdicts.add(Tri.UNKNOWN if needed is None else Tri.of(needed <= limit.asked))
    return Tri.FALSE if Tri.FALSE in verdicts else Tri.UNKNOWN if Tri.UNKNOWN in verdicts else Tri.TRUE


def _predicted(item: Prediction, runner: RunnerProfile | None) -> Cell:
    return Cell(
        backend=item.backend,
        runner=item.runner,
        cache=item.cache,
        machine="",
        works=item.works,
        outcome=item.outcome,
        enforcement=Enforcement.PREDICTED,
        trials=0,
        ok=0,
        wall_median_seconds=item.wall_seconds,
        peak_bytes=item.peak_bytes,
        price_dollars=None if item.wall_seconds is None else price_of_run(item.wall_seconds, runner),
        reason=item.reason,
    )
