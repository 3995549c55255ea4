"""What a backend's run without limits says about a cell that is not run. Always labelled as a prediction."""

from __future__ import annotations

from msgspec import Struct

from covpath.bench.plan import CellPlan
from covpath.evidence.model import Prediction
from covpath.evidence.trial import Outcome, Trial
from covpath.quantity import show_bytes, show_seconds
from covpath.terms import Tri

MARGIN = 1.25
"""A time estimated from another number of processors may be wrong by this factor."""
REPEAT_MARGIN = 1.1
"""A time measured on the same processors may differ by this factor when it is measured again."""


class Foresight(Struct, frozen=True, kw_only=True):
    """Whether a cell will work, how it will fail, and from what that is known.

    ``works`` is unknown in the band between what cannot do and what certainly can: only a
    trial tells.
    """

    works: Tri
    outcome: Outcome | None
    reason: str


def hopeless(cell: CellPlan, reference: Trial | None) -> Foresight | None:
    """Why nothing more can be asked of the cell; None where its memory, disk and time decide."""
    if reference is None:
        return unknown("nothing is known yet")
    if reference.outcome is not Outcome.OK:
        reason = f"fails without limits too: {reference.reason}"
        return Foresight(works=Tri.FALSE, outcome=reference.outcome, reason=reason)
    return unknown("other processors need other programs") if cell.other_processor else None


def together(*verdicts: Foresight) -> Foresight:
    """One failure is enough to fail; all must be known to work."""
    for worst in (Tri.FALSE, Tri.UNKNOWN):
        for verdict in verdicts:
            if verdict.works is worst:
                return verdict
    return verdicts[0]


def predict(cell: CellPlan, reference: Trial | None, foresight: Foresight, why: str) -> Prediction:
    """The record of a foresight; ``why`` says why the cell was not run."""
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
    )


def estimated_wall(cell: CellPlan, reference: Trial | None) -> float | None:
    """Seconds on the cell's processors: at least the work shared out evenly, at least the reference's time.

    With more processors than the reference had it is an upper bound.
    """
    if reference is None or reference.outcome is not Outcome.OK:
        return None
    return max(reference.wall_seconds, reference.cpu.total_seconds / (cell.ask.cpus or 1))


def memory_of(cell: CellPlan, reference: Trial) -> Foresight:
    """The kernel's high-water mark is enough for certain, less than the unreclaimable part too little.

    With swap, what does not fit the memory may pass, slowly.
    """
    ask, memory = cell.ask, reference.memory
    if ask.memory_bytes is None:
        return works("its memory is not limited")
    if memory.peak_bytes is None:
        return unknown("its memory is not known")
    if memory.peak_bytes <= ask.memory_bytes:
        return works(f"needs at most {show_bytes(memory.peak_bytes)}")
    least = memory.unreclaimable_peak_bytes
    if least is not None and least > ask.memory_bytes + (ask.swap_bytes or 0):
        return Foresight(works=Tri.FALSE, outcome=Outcome.OOM, reason=f"needs at least {show_bytes(least)}")
    rest = "would swap" if least is not None and least > ask.memory_bytes else "part of it may be page cache"
    return unknown(f"used {show_bytes(memory.peak_bytes)}; {rest}")


def disk_of(cell: CellPlan, reference: Trial) -> Foresight:
    """Whether the growth that was seen fits; files that come and go between looks are not seen."""
    growth, limit = reference.disk.growth_bytes, cell.ask.disk_bytes
    if growth is not None and limit is not None and growth > limit:
        return Foresight(works=Tri.FALSE, outcome=Outcome.DISK_FULL, reason=f"wrote {show_bytes(growth)}")
    return works("its files fit")


def time_of(cell: CellPlan, wall_seconds: float | None, margin: float) -> Foresight:
    """Whether a time that may be wrong by a factor of ``margin`` keeps within the limit."""
    limit = cell.ask.time_seconds
    if wall_seconds is None or limit is None or wall_seconds * margin <= limit:
        return works("its time is enough")
    reason = f"takes about {show_seconds(wall_seconds)}; the runner stops at {show_seconds(limit)}"
    if wall_seconds > limit * margin and cell.obstacle is None:
        return Foresight(works=Tri.FALSE, outcome=Outcome.TIMEOUT, reason=reason)
    return unknown(reason)


def works(reason: str) -> Foresight:
    """Nothing stands in the way."""
    return Foresight(works=Tri.TRUE, outcome=None, reason=reason)


def unknown(reason: str) -> Foresight:
    """Only a trial tells."""
    return Foresight(works=Tri.UNKNOWN, outcome=None, reason=reason)
