"""Trials summed up cell by cell: does it work, how long, how much memory, what does it cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import median

from msgspec import Struct

from covpath.evidence.model import Evidence, Prediction
from covpath.evidence.runner import RunnerProfile
from covpath.evidence.trial import CacheState, Enforcement, Knob, Outcome, Role, Trial, weakest
from covpath.quantity import show_bytes
from covpath.terms import Tri


class Cell(Struct, frozen=True, kw_only=True):
    """One backend on one runner with one cache state.

    ``works`` is unknown where only some trials were ok, or where what would have stopped the
    job was neither held nor watched. ``outcome`` is ok, or the commonest failure. Times are
    seconds of the measuring command alone and of ok trials only; ``trials`` counts all,
    ``ok`` the good ones. ``price_dollars`` is one run at the median, whole minutes rounded up.
    ``machine`` is a fingerprint; cells of different machines are not compared. It is empty where a real
    runner gave several machines.
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
    """Every cell, measured ones first; a prediction for a cell that was also measured is left out.

    A cell that was run on the real runner stands for itself: emulations of it are left out too, and
    whichever machine the runner gave is one of its own.
    """
    real = {(trial.backend, trial.runner) for trial in evidence.trials if is_real(trial)}
    groups: dict[tuple[str, str, CacheState, str], list[Trial]] = {}
    for trial in evidence.trials:
        if trial.role is Role.CELL and trial.runner is not None:
            if not is_real(trial) and (trial.backend, trial.runner) in real:
                continue
            machine = "" if is_real(trial) else trial.machine.fingerprint
            groups.setdefault((trial.backend, trial.runner, trial.cache, machine), []).append(trial)
    measured = tuple(_measured(trials, evidence.runner(key[1])) for key, trials in groups.items())
    known = {key[:3] for key in groups}
    predicted = tuple(
        _predicted(item, evidence.runner(item.runner))
        for item in evidence.predictions
        if (item.backend, item.runner, item.cache) not in known and (item.backend, item.runner) not in real
    )
    return measured + predicted


def is_real(trial: Trial) -> bool:
    """Whether it ran on the runner itself."""
    return trial.role is Role.CELL and trial.enforcement is Enforcement.REAL


def price_of_run(wall_seconds: float, runner: RunnerProfile | None) -> float | None:
    """Dollars for a job of that length: every job is rounded up to a whole minute (``facts``, bench, section 4)."""
    if runner is None or runner.price_per_minute_dollars is None:
        return None
    return max(1, math.ceil(wall_seconds / 60)) * runner.price_per_minute_dollars


def _measured(trials: list[Trial], runner: RunnerProfile | None) -> Cell:
    good = [trial for trial in trials if trial.outcome is Outcome.OK]
    walls = [trial.wall_seconds for trial in good]
    first = trials[0]
    verdict = verdict_of(trials)
    peaks = [trial.memory.peak_bytes for trial in trials if trial.memory.peak_bytes is not None]
    return Cell(
        backend=first.backend,
        runner=str(first.runner),
        cache=first.cache,
        machine=first.machine.fingerprint if len({trial.machine.fingerprint for trial in trials}) == 1 else "",
        works=verdict.works,
        outcome=verdict.outcome,
        enforcement=weakest(trial.enforcement for trial in trials),
        trials=len(trials),
        ok=len(good),
        wall_median_seconds=median(walls) if walls else None,
        wall_min_seconds=min(walls, default=None),
        wall_max_seconds=max(walls, default=None),
        cpu_median_seconds=median(trial.cpu.total_seconds for trial in good) if good else None,
        peak_bytes=max(peaks, default=None),
        price_dollars=price_of_run(median(walls), runner) if walls else None,
        reason=verdict.reason,
    )


def commonest_failure(trials: Iterable[Trial]) -> Trial | None:
    """A trial with the failure seen most often, or None where all were ok."""
    bad = [trial for trial in trials if trial.outcome is not Outcome.OK]
    outcomes = [trial.outcome for trial in bad]
    return max(bad, key=lambda trial: outcomes.count(trial.outcome), default=None)


class Verdict(Struct, frozen=True, kw_only=True):
    """Whether a cell works, how it fails (or ok), and why it does not."""

    works: Tri
    outcome: Outcome | None
    reason: str


def verdict_of(trials: Sequence[Trial]) -> Verdict:
    """What trials of one cell say; there must be at least one."""
    good = [trial for trial in trials if trial.outcome is Outcome.OK]
    worst = commonest_failure(trials)
    if worst is not None:
        helpless = good or all(map(_swap_could_help, trials))
        return Verdict(works=Tri.UNKNOWN if helpless else Tri.FALSE, outcome=worst.outcome, reason=worst.reason)
    verdicts = [_fits(trial) for trial in good]
    for works in (Tri.FALSE, Tri.UNKNOWN):
        for verdict in verdicts:
            if verdict.works is works:
                return verdict
    return verdicts[0]


def _swap_could_help(trial: Trial) -> bool:
    """Whether it ran out of memory where the runner has swap that was not there."""
    weak = (Enforcement.NOT_ENFORCED, Enforcement.OBSERVED)
    lacking = any(limit.knob is Knob.SWAP and limit.asked and limit.state in weak for limit in trial.limits)
    return trial.outcome is Outcome.OOM and lacking


def _fits(trial: Trial) -> Verdict:
    """Whether a run that was ok would also have been ok with its memory and disk limits held."""
    memory = trial.memory.unreclaimable_peak_bytes or trial.memory.peak_bytes
    used = {Knob.MEMORY: (memory, Outcome.OOM), Knob.DISK: (trial.disk.growth_bytes, Outcome.DISK_FULL)}
    unknown = None
    for limit in trial.limits:
        held = limit.state in (Enforcement.ENFORCED, Enforcement.REAL)
        if limit.knob not in used or limit.asked is None or held:
            continue
        needed, failure = used[limit.knob]
        if needed is None:
            unknown = Verdict(works=Tri.UNKNOWN, outcome=Outcome.OK, reason=f"its {limit.knob} was not watched")
        elif needed > limit.asked:
            reason = f"used {show_bytes(needed)} of {limit.knob}, more than the runner has; the limit was not held here"
            return Verdict(works=Tri.FALSE, outcome=failure, reason=reason)
    return unknown or Verdict(works=Tri.TRUE, outcome=Outcome.OK, reason="")


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
