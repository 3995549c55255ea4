"""What a backend's run without limits says about a cell that is not run. Always labelled as a prediction."""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from covpath.bench.plan import CellPlan
from covpath.evidence.model import Prediction
from covpath.evidence.trial import MemoryUse, Outcome, PeakBasis, Trial
from covpath.quantity import show_bytes, show_seconds
from covpath.terms import Tri

MARGIN = 1.25
"""A time estimated from another number of processors may be wrong by this factor."""
REPEAT_MARGIN = 1.1
"""A time or a memory peak measured on the same processors may differ by this factor when it is measured again."""
EDGE = 1.05
"""The peak of another run may be higher by this factor."""
ADAPTS = 2.0
"""A runtime that collects its garbage may hold this many times what it needs where nothing limits its memory.

Node's heap grows with the memory of its control group: a job that held 167 MiB without limits works in 112 MiB.
"""
DISK_MARGIN = 1.1
"""The room that files take may be wrong by this factor."""


class Foresight(Struct, frozen=True, kw_only=True):
    """Whether a cell will work, how it will fail, and from what that is known.

    ``works`` is unknown in the band between what cannot do and what certainly can: only a
    trial tells.
    """

    works: Tri
    outcome: Outcome | None
    reason: str


class Need(Struct, frozen=True, kw_only=True):
    """Memory: with ``most`` bytes it gets by, and it held ``least`` at once that cannot be reclaimed.

    Less than ``least`` may do where a runtime collects its garbage sooner, or where fewer
    processors mean fewer workers; with less than ``certainly`` bytes it cannot run.
    """

    most: int | None
    least: int | None
    certainly: float


def hopeless(cell: CellPlan, reference: Trial | None) -> Foresight | None:
    """Why nothing more can be asked of the cell; None where its memory, disk and time decide."""
    if reference is None:
        return unknown("nothing is known yet")
    if reference.outcome is not Outcome.OK:
        reason = f"fails without limits too: {reference.reason}"
        return fails(reference.outcome, reason)
    return unknown("other processors need other programs") if cell.other_processor else None


def together(*verdicts: Foresight) -> Foresight:
    """One failure is enough to fail; all must be known to work."""
    order = (Tri.FALSE, Tri.UNKNOWN, Tri.TRUE)
    return min(verdicts, key=lambda verdict: order.index(verdict.works))


def predict(cell: CellPlan, reference: Trial | None, foresight: Foresight, why: str) -> Prediction:
    """The record of a foresight; ``why`` says why the cell was not run."""
    can_run = cell.obstacle is None or cell.lost_seconds > 0
    assert cell.runner is not None
    return Prediction(
        backend=cell.backend,
        runner=cell.runner.name,
        cache=cell.cache,
        works=foresight.works,
        outcome=foresight.outcome,
        wall_seconds=estimated_wall(cell, reference) if foresight.works is not Tri.FALSE else None,
        peak_bytes=reference.memory.peak_bytes if reference else None,
        reason=f"{foresight.reason} (not run: {why})",
        open=foresight.works is Tri.UNKNOWN and can_run and reference is not None and reference.outcome is Outcome.OK,
    )


def estimated_wall(cell: CellPlan, reference: Trial | None) -> float | None:
    """Seconds on the cell's processors: at least the work shared out evenly, at least the reference's time.

    With more processors than the reference had it is an upper bound.
    """
    if reference is None or reference.outcome is not Outcome.OK:
        return None
    return max(reference.wall_seconds, reference.cpu.total_seconds / (cell.ask.cpus or 1))


def held_bytes(memory: MemoryUse) -> int | None:
    """What was held at once that cannot be reclaimed: the most that was seen, or that the peak cannot do without.

    A peak between two looks that is more than this and all page cache ever seen was no page cache.
    """
    seen, files = memory.unreclaimable_peak_bytes, max(memory.series.file_bytes, default=None)
    if seen is None or files is None or memory.peak_bytes is None or memory.peak_basis is PeakBasis.SAMPLED:
        return seen
    return max(seen, memory.peak_bytes - files)


def measured_need(good: Sequence[Trial]) -> Need | None:
    """What good runs with as many workers needed; None where there is none, or its memory is not known."""
    peaks = [trial.memory.peak_bytes for trial in good if trial.memory.peak_bytes is not None]
    held = min((size for size in (held_bytes(trial.memory) for trial in good) if size is not None), default=None)
    if not peaks:
        return None
    return Need(most=min(peaks), least=held, certainly=(held or 0) / REPEAT_MARGIN)


def foreseen_need(reference: Trial, workers: float) -> Need:
    """What the reference run says of a cell with so many times its workers.

    Memory grows at most with their number, and shrinks at most with it.
    """
    most, least = reference.memory.peak_bytes, held_bytes(reference.memory)
    return Need(
        most=None if most is None else math.ceil(most * max(1.0, workers)),
        least=least,
        certainly=(least or 0) * min(1 / ADAPTS, workers),
    )


def memory_of(cell: CellPlan, need: Need) -> Foresight:
    """The kernel's high-water mark is enough for certain, much less than the unreclaimable part too little.

    With swap, what does not fit the memory may pass, slowly.
    """
    ask = cell.ask
    if ask.memory_bytes is None:
        return works("its memory is not limited")
    if need.most is None:
        return unknown("its memory is not known")
    if need.most * EDGE <= ask.memory_bytes:
        return works(f"needs at most {show_bytes(need.most)}")
    room = ask.memory_bytes + (ask.swap_bytes or 0)
    if need.certainly > room:
        return fails(Outcome.OOM, f"held {show_bytes(need.least or 0)} at once")
    if need.least is not None and need.least > room:
        return unknown(f"held {show_bytes(need.least)} at once; it might do with less")
    swaps = need.least is not None and need.least > ask.memory_bytes
    rest = "would swap" if swaps else "part of it may be page cache"
    return unknown(f"used {show_bytes(need.most)}; {rest}")


def disk_of(cell: CellPlan, reference: Trial) -> Foresight:
    """Whether the prepared files and the growth that was seen fit.

    Files that come and go between looks are not seen, and how much room small files take depends on
    the file system: near the limit only a trial tells.
    """
    growth, limit = reference.disk.growth_bytes, cell.ask.disk_bytes
    if growth is None or limit is None:
        return works("its files fit")
    needed = cell.ready.files_bytes + growth
    if needed * DISK_MARGIN <= limit:
        return works("its files fit")
    reason = f"its files take about {show_bytes(needed)}"
    return fails(Outcome.DISK_FULL, reason) if needed > limit * DISK_MARGIN else unknown(reason)


def time_of(cell: CellPlan, wall_seconds: float | None, margin: float) -> Foresight:
    """Whether a time that may be wrong by a factor of ``margin`` keeps within the limit."""
    limit = cell.ask.time_seconds
    if wall_seconds is None or limit is None or wall_seconds * margin <= limit:
        return works("its time is enough")
    reason = f"takes about {show_seconds(wall_seconds)}; the runner stops at {show_seconds(limit)}"
    if wall_seconds > limit * margin and cell.obstacle is None:
        return fails(Outcome.TIMEOUT, reason)
    return unknown(reason)


def works(reason: str) -> Foresight:
    """Nothing stands in the way."""
    return Foresight(works=Tri.TRUE, outcome=None, reason=reason)


def unknown(reason: str) -> Foresight:
    """Only a trial tells."""
    return Foresight(works=Tri.UNKNOWN, outcome=None, reason=reason)


def fails(outcome: Outcome | None, reason: str) -> Foresight:
    """It will not do, and how it ends."""
    return Foresight(works=Tri.FALSE, outcome=outcome, reason=reason)
