"""The feasibility map: backends by runners, one word a cell."""

from __future__ import annotations

from msgspec import Struct

from covpath.evidence.cells import Cell, cells
from covpath.evidence.model import Evidence
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
    """The map of all cells; of several cache states the first is shown."""
    found: dict[tuple[str, str], Cell] = {}
    for cell in cells(evidence):
        found.setdefault((cell.backend, cell.runner), cell)
    order = [profile.name for profile in evidence.runners]
    runners = tuple(dict.fromkeys([name for name in order if any(key[1] == name for key in found)]))
    trials = [trial.backend for trial in evidence.trials]
    backends = tuple(dict.fromkeys([*trials, *(key[0] for key in found)]))
    return FeasibilityMap(
        runners=runners,
        backends=tuple(
            (backend, tuple(_square(found.get((backend, runner))) for runner in runners)) for backend in backends
        ),
    )


def _square(cell: Cell | None) -> MapCell | None:
    if cell is None:
        return None
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
