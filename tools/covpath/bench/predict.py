"""What a backend's run without limits says about a cell that is not run. Always labelled as a prediction."""

from __future__ import annotations

from covpath.bench.plan import CellPlan
from covpath.evidence.model import Prediction
from covpath.evidence.trial import Outcome, Trial
from covpath.quantity import show_bytes, show_seconds
from covpath.terms import Tri


def predict(cell: CellPlan, reference: Trial | None, why: str) -> Prediction:
    """The cell's prediction and its reason; ``why`` says why it was not run.

    The time is that of the reference run, or longer where the runner has fewer processors; with
    more processors it is an upper bound. Memory that was page cache may or may not be needed:
    between the two figures nothing is claimed.
    """
    assert cell.runner is not None
    works, outcome, because = _verdict(cell, reference)
    return Prediction(
        backend=cell.backend,
        runner=cell.runner.name,
        cache=cell.cache,
        works=works,
        outcome=outcome,
        wall_seconds=_wall(cell, reference) if works is not Tri.FALSE else None,
        peak_bytes=reference.memory.peak_bytes if reference else None,
        reason=f"{because} (not run: {why})",
    )


def _wall(cell: CellPlan, reference: Trial | None) -> float | None:
    if reference is None or reference.outcome is not Outcome.OK:
        return None
    return max(reference.wall_seconds, reference.cpu.total_seconds / (cell.ask.cpus or 1))


def _verdict(cell: CellPlan, reference: Trial | None) -> tuple[Tri, Outcome | None, str]:
    if reference is None:
        return Tri.UNKNOWN, None, "nothing is known yet"
    if reference.outcome is not Outcome.OK:
        return Tri.FALSE, reference.outcome, f"fails without limits too: {reference.reason}"
    if cell.runner is not None and cell.obstacle and "processors are" in cell.obstacle:
        return Tri.UNKNOWN, None, "other processors need other programs"
    ask, memory = cell.ask, reference.memory
    wall = _wall(cell, reference)
    if ask.time_seconds is not None and wall is not None and wall > ask.time_seconds:
        return (
            Tri.UNKNOWN,
            None,
            f"took {show_seconds(wall)} without limits; the runner stops at {show_seconds(ask.time_seconds)}",
        )
    if ask.disk_bytes is not None and (reference.disk.growth_bytes or 0) > ask.disk_bytes:
        return Tri.FALSE, Outcome.DISK_FULL, f"wrote {show_bytes(reference.disk.growth_bytes or 0)}"
    if ask.memory_bytes is None or memory.peak_bytes is None:
        return Tri.UNKNOWN, None, "its memory is not known"
    if memory.peak_bytes <= ask.memory_bytes:
        return Tri.TRUE, None, f"needs at most {show_bytes(memory.peak_bytes)}"
    least = memory.unreclaimable_peak_bytes
    if least is not None and least > ask.memory_bytes + (ask.swap_bytes or 0):
        return Tri.FALSE, Outcome.OOM, f"needs at least {show_bytes(least)}"
    return Tri.UNKNOWN, None, f"used {show_bytes(memory.peak_bytes)}, part of which may be page cache"
