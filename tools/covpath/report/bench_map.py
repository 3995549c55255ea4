"""The feasibility map: backends by runners, one word a cell."""

from __future__ import annotations

from msgspec import Struct

from covpath.evidence.cells import Cell, cells
from covpath.evidence.model import Evidence, Sighting
from covpath.evidence.trial import Enforcement
from covpath.quantity import show_dollars, show_seconds
from covpath.report.bench_rows import outcome_word
from covpath.terms import Tri

_WORDS = {Tri.TRUE: "works", Tri.FALSE: "does not work", Tri.UNKNOWN: "not certain"}


class MapCell(Struct, frozen=True, kw_only=True):
    """One square: a word, what is below it (time, price, how it was found out), and the reason where there is one."""

    works: Tri
    word: str
    below: str
    predicted: bool
    reason: str


class FeasibilityMap(Struct, frozen=True, kw_only=True):
    """Squares by backend, in the runners' order; None where nothing is known."""

    runners: tuple[str, ...]
    backends: tuple[tuple[str, tuple[MapCell | None, ...]], ...]


def feasibility(evidence: Evidence) -> FeasibilityMap:
    """The map of all cells; of several cache states the first is shown.

    A cell that was started on the runner itself and left no record has a square too: what was seen of it
    counts more than a prediction.
    """
    found: dict[tuple[str, str], Cell] = {}
    for cell in cells(evidence):
        found.setdefault((cell.backend, cell.runner), cell)
    lost = {(one.backend, one.runner): one for one in evidence.sightings if one.backend and one.runner}
    squares = {key: _square(cell) for key, cell in found.items()}
    for (backend, runner), seen in lost.items():
        known = found.get((str(backend), str(runner)))
        if known is None or known.enforcement is Enforcement.PREDICTED:
            squares[str(backend), str(runner)] = _lost(seen)
    order = [*(profile.name for profile in evidence.runners), *(runner for _, runner in squares)]
    runners = tuple(dict.fromkeys([name for name in order if any(key[1] == name for key in squares)]))
    trials = [trial.backend for trial in evidence.trials]
    backends = tuple(dict.fromkeys([*trials, *(key[0] for key in squares)]))
    return FeasibilityMap(
        runners=runners,
        backends=tuple((backend, tuple(squares.get((backend, runner)) for runner in runners)) for backend in backends),
    )


def _lost(seen: Sighting) -> MapCell:
    """The square of a cell of which there is no record."""
    why = outcome_word(seen.outcome)
    return MapCell(
        works=Tri.UNKNOWN if why is None else Tri.FALSE,
        word=f"lost: {why}" if why else "lost: no record",
        below=str(seen.kind),
        predicted=False,
        reason=seen.statement,
    )


def _square(cell: Cell) -> MapCell:
    predicted = cell.enforcement is Enforcement.PREDICTED
    why = outcome_word(cell.outcome) if cell.works is not Tri.TRUE else None
    parts = []
    if cell.wall_median_seconds is not None:
        parts.append(f"{'at most ' if predicted else ''}{show_seconds(cell.wall_median_seconds)}")
    if cell.price_dollars is not None:
        parts.append(show_dollars(cell.price_dollars))
    parts.append(str(cell.enforcement))
    return MapCell(
        works=cell.works,
        word=f"{_WORDS[cell.works]}: {why}" if why else _WORDS[cell.works],
        below=", ".join(parts),
        predicted=predicted,
        reason=cell.reason,
    )
