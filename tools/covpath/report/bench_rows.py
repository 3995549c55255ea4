"""A benchmark's cells as rows of words and figures, for every way of showing them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from covpath.evidence.cells import Cell, cells
from covpath.evidence.model import Evidence
from covpath.evidence.trial import CacheState, Enforcement, Knob, Outcome, Role, Trial
from covpath.quantity import show_bytes, show_dollars, show_seconds
from covpath.terms import Tri

COLUMNS = ("backend", "runner", "works", "time", "peak memory", "price", "limits", "runs")

_FIGURE = re.compile(r"\d[\d.]*(?: ?(?:[KMGT]i)?B| m?s| min)?")
_WORDS = {Tri.TRUE: "works", Tri.FALSE: "does not work", Tri.UNKNOWN: "not certain"}
_OUTCOMES = {
    Outcome.REPORT_BAD: "no usable report",
    Outcome.TEST_FAIL: "the command fails",
    Outcome.OOM: "out of memory",
    Outcome.TIMEOUT: "time limit",
    Outcome.DISK_FULL: "disk full",
    Outcome.KILLED_OTHER: "killed",
}


class Row(Struct, frozen=True, kw_only=True):
    """One cell in words; ``works`` keeps the fact for colours, ``values`` fit COLUMNS."""

    works: Tri
    predicted: bool
    values: tuple[str, ...]
    reason: str


def rows(evidence: Evidence) -> tuple[Row, ...]:
    """The cells in the order of backends and runners, as they were asked."""
    found = cells(evidence)
    backends = list(dict.fromkeys([*(trial.backend for trial in evidence.trials), *(cell.backend for cell in found)]))
    runners = [profile.name for profile in evidence.runners]
    ordered = sorted(
        found,
        key=lambda cell: (
            backends.index(cell.backend),
            runners.index(cell.runner) if cell.runner in runners else len(runners),
            cell.cache.value,
        ),
    )
    several = len({cell.cache for cell in found}) > 1
    return tuple(_row(cell, several) for cell in ordered)


def _row(cell: Cell, several: bool) -> Row:
    predicted = cell.enforcement is Enforcement.PREDICTED
    about = "at most " if predicted and cell.wall_median_seconds is not None else ""
    return Row(
        works=cell.works,
        predicted=predicted,
        values=(
            cell.backend,
            cell.runner + (f" ({cell.cache})" if several or cell.cache is CacheState.COLD else ""),
            _works(cell),
            about + _time(cell),
            show_bytes(cell.peak_bytes) if cell.peak_bytes is not None else "-",
            show_dollars(cell.price_dollars) if cell.price_dollars is not None else "-",
            str(cell.enforcement),
            f"{cell.ok} of {cell.trials}" if cell.trials else "none",
        ),
        reason=cell.reason,
    )


def _works(cell: Cell) -> str:
    word = _WORDS[cell.works]
    why = _OUTCOMES.get(cell.outcome) if cell.outcome is not None and cell.works is not Tri.TRUE else None
    return f"{word}: {why}" if why else word


def _time(cell: Cell) -> str:
    if cell.wall_median_seconds is None:
        return "-"
    median = show_seconds(cell.wall_median_seconds)
    if cell.ok < 2 or cell.wall_min_seconds is None or cell.wall_max_seconds is None:
        return median
    return f"{median} ({show_seconds(cell.wall_min_seconds)} to {show_seconds(cell.wall_max_seconds)})"


def outcome_word(outcome: Outcome | None) -> str | None:
    """A failure in words; None for none."""
    return _OUTCOMES.get(outcome) if outcome is not None else None


def remarks(evidence: Evidence) -> Iterator[str]:
    """What must be said beside the table: references, cores, noise, what predictions rest on."""
    for trial in evidence.trials:
        if trial.role is Role.REFERENCE:
            cpus = next((one.asked for one in trial.limits if one.knob is Knob.CPUS), None)
            on = "" if cpus is None else f" on {cpus:g} processor{'s' if cpus > 1 else ''}"
            core = f", core {trial.core}" if trial.core else ""
            versions = ", ".join(f"{name} {version}" for name, version in trial.versions.items())
            ended = "" if trial.outcome is Outcome.OK else f"; {_OUTCOMES[trial.outcome]}: {trial.reason}"
            yield (
                f"{trial.backend} without limits{on}: {show_seconds(trial.wall_seconds)}, "
                f"{show_seconds(trial.cpu.total_seconds)} of processor time{core}"
                f"{f' ({versions})' if versions else ''}{ended}"
            )
    for trial in evidence.trials:
        if trial.role is Role.GIVEN_UP:
            yield f"{trial.backend} on {trial.runner}: {trial.reason}. It counts as no measurement"
    if any(cell.enforcement is Enforcement.PREDICTED for cell in cells(evidence)):
        yield "A predicted cell was not run: it follows from the run without limits."
    yield from _uncertain(evidence)
    for one in evidence.sightings:
        yield f"{one.kind} by {one.by}: {one.statement}{f' ({one.url})' if one.url else ''}"
    yield from _warnings(evidence)


def _uncertain(evidence: Evidence) -> Iterator[str]:
    """What would tell of the cells that are not certain, and what that takes."""
    doubtful = [cell for cell in cells(evidence) if cell.works is Tri.UNKNOWN]
    could_run = {(one.backend, one.runner, one.cache): one for one in evidence.predictions if one.open}
    open_ = [one for cell in doubtful if (one := could_run.get((cell.backend, cell.runner, cell.cache))) is not None]
    if open_:
        job = f" --job {evidence.subject.job}" if evidence.subject.job else ""
        seconds = sum(one.wall_seconds or 0.0 for one in open_)
        yield (
            f"{_cells(len(open_))} not certain, and at most as many runs here would tell, about "
            f"{show_seconds(seconds)} in all, longer where memory is scarce: covpath bench{job} --certain"
        )
    torn = sum(cell.trials > 0 for cell in doubtful)
    if torn:
        yield (
            f"{_cells(torn)} not certain after runs: they disagree, or what would stop the job was not held here. "
            "More runs (--trials), or the runner itself (covpath bench --on-github JOB), would tell"
        )
    if (beyond := len(doubtful) - len(open_) - torn) > 0:
        yield f"{_cells(beyond)} not certain and cannot be run here: covpath bench --on-github JOB runs on the runner"


def _cells(count: int) -> str:
    return "1 cell is" if count == 1 else f"{count} cells are"


def _warnings(evidence: Evidence) -> Iterator[str]:
    """What was wrong with measurements: one line a kind, whatever the figures in it, with the first as it stands."""
    kinds: dict[str, list[tuple[str, Trial]]] = {}
    for trial in evidence.trials:
        for text in trial.warnings if trial.role is not Role.GIVEN_UP else ():
            kinds.setdefault(_FIGURE.sub("", text), []).append((text, trial))
    for found in kinds.values():
        text, trial = found[0]
        more = f", and in {len(found) - 1} more of {len(evidence.trials)} runs" if len(found) > 1 else ""
        yield f"{trial.backend} on {trial.runner or 'this machine'}: {text}{more}"


def cheapest_words(evidence: Evidence) -> str | None:
    """The answer in one sentence or two, where the runs were chosen to find it."""
    choice = evidence.cheapest
    if choice is None:
        return None
    found = {(cell.backend, cell.runner, cell.cache): cell for cell in cells(evidence)}
    cell = found.get((choice.backend, choice.runner, choice.cache))
    price = cell.price_dollars if cell is not None else None
    words = f"The cheapest that works: {choice.backend} on {choice.runner} ({_runs(cell)}"
    words += ")" if choice.confirmed else "; not confirmed)"
    if choice.refuted is not None:
        words += f"; the next smaller, {choice.refuted}, was run and fails: {outcome_word(choice.refuted_outcome)}"
    if choice.as_cheap:
        cpu = {one.backend: one.cpu.total_seconds for one in evidence.trials if _good_reference(one)}
        others = [
            f"{name} ({_runs(found.get((name, choice.runner, choice.cache)))}"
            f"{_share(cpu.get(name), cpu.get(choice.backend))})"
            for name in choice.as_cheap
        ]
        words += f". For the same price there: {', '.join(others)}"
    less = [
        f"{other.backend} on {other.runner}"
        for other in found.values()
        if other.works is Tri.TRUE
        and other.enforcement is Enforcement.PREDICTED
        and price is not None
        and other.price_dollars is not None
        and other.price_dollars < price
    ]
    return words + (f". Predicted to work for less, and not run: {', '.join(less)}." if less else ".")


def _runs(cell: Cell | None) -> str:
    return f"{cell.ok} of {cell.trials} runs good" if cell is not None and cell.trials else "predicted"


def _good_reference(trial: Trial) -> bool:
    return trial.role is Role.REFERENCE and trial.outcome is Outcome.OK


def _share(seconds: float | None, whole: float | None) -> str:
    """How much processor time it takes beside another, both without limits; nothing where that is not known."""
    return f"; {100 * seconds / whole:.0f} % of the processor time without limits" if seconds and whole else ""


def working(evidence: Evidence) -> bool:
    """Whether any cell works."""
    return any(cell.works is Tri.TRUE for cell in cells(evidence))
