"""The ways out of an unresolved coverage job, held against the evidence. Pure: data in, options out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, inf

from msgspec import Struct

from covpath.evidence.cells import Cell, cells
from covpath.evidence.model import Evidence
from covpath.evidence.runner import RunnerProfile
from covpath.evidence.trial import Enforcement
from covpath.quantity import show_bytes, show_dollars, show_seconds
from covpath.terms import Decision, EvidenceKind, Tri


class Support(Struct, frozen=True, kw_only=True):
    """One thing that speaks for or against an option; ``where`` is a file, an address, or nobody's place."""

    kind: EvidenceKind
    text: str
    where: str | None = None


class Option(Struct, frozen=True, kw_only=True):
    """A way out: what it would change, whether it works as far as is known, and what says so.

    ``backend`` and ``runner`` (a profile's name) are None where the option leaves them. ``predicted`` says
    that no run stands behind ``works``. ``price_dollars`` and ``wall_seconds`` are of one run.
    """

    decision: Decision
    works: Tri
    summary: str
    backend: str | None = None
    runner: str | None = None
    labels: tuple[str, ...] = ()
    predicted: bool = False
    price_dollars: float | None = None
    wall_seconds: float | None = None
    support: tuple[Support, ...] = ()


class Measured(Struct, frozen=True, kw_only=True):
    """Saved evidence and the file it comes from."""

    evidence: Evidence
    file: str


class Situation(Struct, frozen=True, kw_only=True):
    """The job as it is: its backend and runner labels, and everything known about it."""

    backend: str | None
    labels: tuple[str, ...]
    measured: tuple[Measured, ...]
    said: tuple[Support, ...] = ()


def options(situation: Situation) -> tuple[Option, ...]:
    """The three ways out, in the order larger runner, new backend, permanently advisory.

    Of several cells that work the cheapest stands for its way, then the one that takes fewer minutes, as
    they are billed, then the one that the benchmark chose; cells that ran come before predicted ones. A
    larger runner may come with a new backend: then it is the second way.
    """
    known = tuple((cell, one) for one in situation.measured for cell in cells(one.evidence))
    same = [(cell, one) for cell, one in known if _family(cell.backend) == situation.backend]
    other = [(cell, one) for cell, one in known if _family(cell.backend) != situation.backend]
    return (
        _way(Decision.LARGER_RUNNER, same, situation, "the present backend on another runner"),
        _way(Decision.NEW_BACKEND, other, situation, "another backend"),
        Option(
            decision=Decision.PERMANENT_ADVISORY,
            works=Tri.TRUE,
            summary="the job stays, and a pull request takes it out of what counts as a failure",
            support=situation.said,
        ),
    )


def choose(found: Sequence[Option]) -> tuple[Option | None, str]:
    """The option the evidence speaks for, and why; None where it speaks for none."""
    working = [option for option in found if option.works is Tri.TRUE and option.decision is not _LAST]
    if working:
        # Of two that cost the same the first stays: what is there already is kept.
        best = min(working, key=lambda option: _cost(option, option.predicted))
        basis = "predicted to work" if best.predicted else "measured to work"
        return best, f"{best.summary} is {basis}" + (" at the lowest price" if len(working) > 1 else "")
    if all(option.works is Tri.FALSE for option in found if option.decision is not _LAST):
        advisory = next(option for option in found if option.decision is _LAST)
        return advisory, "nothing that was measured works"
    return None, "nothing has been measured yet: covpath bench --job JOB"


_LAST = Decision.PERMANENT_ADVISORY


def _family(backend: str) -> str:
    """``coverage.py-sysmon (Python 3.13)`` is coverage.py."""
    name = backend.partition(" ")[0]
    return name.removesuffix("-sysmon").removesuffix("-ctrace")


def _way(decision: Decision, found: Sequence[tuple[Cell, Measured]], situation: Situation, what: str) -> Option:
    if decision is Decision.LARGER_RUNNER:
        found = [(cell, one) for cell, one in found if not _is_present(one.evidence.runner(cell.runner), situation)]
    if not found:
        return Option(decision=decision, works=Tri.UNKNOWN, summary=f"{what}: not measured")
    working = [(cell, one) for cell, one in found if cell.works is Tri.TRUE]
    if not working:
        none = all(cell.works is Tri.FALSE for cell, _ in found)
        return Option(
            decision=decision,
            works=Tri.FALSE if none else Tri.UNKNOWN,
            summary=f"{what}: {'none of ' + str(len(found)) + ' cells works' if none else 'not certain'}",
            support=tuple(_support(cell, one) for cell, one in found),
        )
    cell, one = min(working, key=lambda pair: (*_cost(pair[0], _is_predicted(pair[0])), not _is_chosen(*pair)))
    profile = one.evidence.runner(cell.runner)
    stays = _is_present(profile, situation)
    return Option(
        decision=decision,
        works=Tri.TRUE,
        summary=f"{cell.backend} on {cell.runner}",
        backend=None if decision is Decision.LARGER_RUNNER else _family(cell.backend),
        runner=None if stays else cell.runner,
        labels=() if stays or profile is None else profile.labels,
        predicted=_is_predicted(cell),
        price_dollars=cell.price_dollars,
        wall_seconds=cell.wall_median_seconds,
        support=tuple(_support(other, where) for other, where in _beside(cell, found)),
    )


def _beside(chosen: Cell, found: Iterable[tuple[Cell, Measured]]) -> list[tuple[Cell, Measured]]:
    """The chosen cell first, then what does not work: the reasons not to take something smaller."""
    pairs = list(found)
    first = [pair for pair in pairs if pair[0] is chosen]
    return first + [pair for pair in pairs if pair[0].works is Tri.FALSE]


def _is_present(profile: RunnerProfile | None, situation: Situation) -> bool:
    return profile is not None and tuple(profile.labels) == situation.labels


def _is_predicted(cell: Cell) -> bool:
    return cell.enforcement is Enforcement.PREDICTED


def _is_chosen(cell: Cell, one: Measured) -> bool:
    """Whether a cell is the benchmark's own answer."""
    choice = one.evidence.cheapest
    return choice is not None and (choice.backend, choice.runner) == (cell.backend, cell.runner)


def _cost(one: Cell | Option, predicted: bool) -> tuple[bool, float, float]:
    """Whether it is only predicted, dollars, and whole minutes: seconds differ from run to run."""
    wall = one.wall_median_seconds if isinstance(one, Cell) else one.wall_seconds
    price = one.price_dollars
    return predicted, inf if price is None else price, inf if wall is None else ceil(wall / 60)


def _support(cell: Cell, one: Measured) -> Support:
    predicted = _is_predicted(cell)
    time = f", {show_seconds(cell.wall_median_seconds)}" if cell.wall_median_seconds is not None else ""
    peak = f", peak {show_bytes(cell.peak_bytes)}" if cell.peak_bytes is not None else ""
    price = f", {show_dollars(cell.price_dollars)} a run" if cell.price_dollars is not None else ""
    word = {Tri.TRUE: "works", Tri.FALSE: f"does not work ({cell.reason})", Tri.UNKNOWN: "is not certain"}[cell.works]
    text = f"{cell.backend} on {cell.runner} {'should, as predicted: ' if predicted else ''}{word}{time}{peak}{price}"
    # A prediction rests on a run, but is somebody's inference: it is never shown as measured.
    return Support(kind=EvidenceKind.REPORTED if predicted else EvidenceKind.MEASURED, text=text, where=one.file)
