"""The ways out of an unresolved coverage job, held against the evidence. Pure: data in, options out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil, inf

from msgspec import Struct

from covpath.bench.compare import why_not_comparable
from covpath.evidence.cells import Cell, cells
from covpath.evidence.model import Evidence
from covpath.evidence.runner import RunnerProfile
from covpath.evidence.trial import WEAKNESS, Enforcement, Role, Trial
from covpath.quantity import show_bytes, show_dollars, show_seconds
from covpath.terms import Decision, EvidenceKind, Tri


class Support(Struct, frozen=True, kw_only=True):
    """One thing that speaks for or against an option; ``where`` is a file, an address, or nobody's place."""

    kind: EvidenceKind
    text: str
    where: str | None = None


class Measured(Struct, frozen=True, kw_only=True):
    """Saved evidence and the file it comes from."""

    evidence: Evidence
    file: str


class Known(Struct, frozen=True, kw_only=True):
    """A cell and the evidence it stands in."""

    cell: Cell
    source: Measured

    @property
    def predicted(self) -> bool:
        """Whether it was not run."""
        return self.cell.enforcement is Enforcement.PREDICTED

    @property
    def real(self) -> bool:
        """Whether it was run on the runner itself."""
        return self.cell.enforcement is Enforcement.REAL

    @property
    def runner(self) -> RunnerProfile | None:
        """The runner's profile, as it was then."""
        return self.source.evidence.runner(self.cell.runner)

    @property
    def ground(self) -> str:
        """What the figures were taken on: a machine, or the runners themselves (the empty text)."""
        machines = {trial.machine.fingerprint for trial in self.source.evidence.trials if trial.role is Role.REFERENCE}
        return min(machines, default="") if self.predicted else self.cell.machine

    def trials(self) -> list[Trial]:
        """The runs behind it."""
        cell = self.cell
        return [
            trial
            for trial in self.source.evidence.trials
            if trial.role is Role.CELL
            and (trial.backend, trial.runner, trial.cache) == (cell.backend, cell.runner, cell.cache)
            and (self.real or trial.machine.fingerprint == cell.machine)
        ]


class Option(Struct, frozen=True, kw_only=True):
    """A way out: what it would change, whether it works as far as is known, and what says so.

    ``backend`` and ``runner`` (a profile's name) are None where the option leaves them. ``predicted`` says
    that no run stands behind ``works``. ``price_dollars`` and ``wall_seconds`` are of one run. ``apart``
    says what works too and could not be compared with the ``known`` cell that stands for the way.
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
    known: Known | None = None
    apart: tuple[str, ...] = ()


class Situation(Struct, frozen=True, kw_only=True):
    """The job as it is: its backend and runner labels, and everything known about it."""

    backend: str | None
    labels: tuple[str, ...]
    measured: tuple[Measured, ...]
    said: tuple[Support, ...] = ()


def options(situation: Situation) -> tuple[Option, ...]:
    """The three ways out, in the order larger runner, new backend, permanently advisory.

    Of several cells that work the cheapest stands for its way, then the one that takes fewer minutes, as
    they are billed, then the one that the benchmark chose; cells that ran come before predicted ones. Only
    cells that can be compared are: those of one machine, the one that knows most ways, then of the runners
    themselves, then of the newest benchmark. A larger runner may come with a new backend: then it is the
    second way.
    """
    every = [Known(cell=cell, source=one) for one in situation.measured for cell in cells(one.evidence)]
    real = {(one.cell.backend, one.cell.runner) for one in every if one.real}
    # Of a cell that ran on the runner itself nobody needs an emulation from another file.
    every = [one for one in every if one.real or (one.cell.backend, one.cell.runner) not in real]
    same = [one for one in every if _family(one.cell.backend) == situation.backend]
    elsewhere = [one for one in same if not _is_present(one.runner, situation)]
    other = [one for one in every if _family(one.cell.backend) != situation.backend]
    ways = Counter(ground for found in (elsewhere, other) for ground in {one.ground for one in _working(found)})
    return (
        _way(Decision.LARGER_RUNNER, elsewhere, situation, "the present backend on another runner", ways),
        _way(Decision.NEW_BACKEND, other, situation, "another backend", ways),
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
        for option in working:
            why = _why_apart(best.known, option.known) if best.known and option.known else None
            if why is not None and option.predicted is best.predicted:
                return None, f"{best.summary} and {option.summary} both work, but are not compared: {why}; {_TOGETHER}"
        basis = "predicted to work" if best.predicted else "measured to work"
        return best, f"{best.summary} is {basis}" + (" at the lowest price" if len(working) > 1 else "")
    if all(option.works is Tri.FALSE for option in found if option.decision is not _LAST):
        advisory = next(option for option in found if option.decision is _LAST)
        return advisory, "nothing that was measured works"
    return None, "nothing has been measured yet: covpath bench --job JOB"


_LAST = Decision.PERMANENT_ADVISORY
_TOGETHER = "measure both in one benchmark (covpath bench --job JOB), or say which with --decision"


def _family(backend: str) -> str:
    """``coverage.py-sysmon (Python 3.13)`` is coverage.py."""
    name = backend.partition(" ")[0]
    return name.removesuffix("-sysmon").removesuffix("-ctrace")


def _way(
    decision: Decision, found: Sequence[Known], situation: Situation, what: str, ways: Mapping[str, int]
) -> Option:
    if not found:
        return Option(decision=decision, works=Tri.UNKNOWN, summary=f"{what}: not measured")
    working = _working(found)
    if not working:
        none = all(one.cell.works is Tri.FALSE for one in found)
        return Option(
            decision=decision,
            works=Tri.FALSE if none else Tri.UNKNOWN,
            summary=f"{what}: {'none of ' + str(len(found)) + ' cells works' if none else 'not certain'}",
            support=tuple(map(_support, found)),
        )
    best = _best(working, ways)
    cell, profile = best.cell, best.runner
    stays = _is_present(profile, situation)
    return Option(
        decision=decision,
        works=Tri.TRUE,
        summary=f"{cell.backend} on {cell.runner}",
        backend=None if decision is Decision.LARGER_RUNNER else _family(cell.backend),
        runner=None if stays else cell.runner,
        labels=() if stays or profile is None else profile.labels,
        predicted=best.predicted,
        price_dollars=cell.price_dollars,
        wall_seconds=cell.wall_median_seconds,
        support=tuple(map(_support, _beside(best, found))),
        known=best,
        apart=tuple(_apart(best, working)),
    )


def _working(found: Iterable[Known]) -> list[Known]:
    return [one for one in found if one.cell.works is Tri.TRUE]


def _best(working: Sequence[Known], ways: Mapping[str, int]) -> Known:
    """The cheapest of those that can be compared with the one that knows most."""
    newest_first = sorted(working, key=lambda one: one.source.evidence.created, reverse=True)
    leading = min(
        newest_first,
        key=lambda one: (one.predicted, -ways[one.ground], WEAKNESS.index(one.cell.enforcement)),
    )
    together = [one for one in working if one.predicted is leading.predicted and _why_apart(leading, one) is None]
    return min(together, key=lambda one: (*_cost(one.cell, one.predicted), not _is_chosen(one)))


def _why_apart(first: Known, second: Known) -> str | None:
    """Why the figures of two cells may not be compared; None where they may.

    Runs on the runners themselves are what they cost, whatever machine the runner gave.
    """
    if first is second or (first.real and second.real):
        return None
    if first.predicted or second.predicted:
        same = first.predicted is second.predicted and first.ground == second.ground
        return None if same else "they rest on runs on different machines"
    return why_not_comparable(first.trials(), second.trials())


def _apart(best: Known, working: Iterable[Known]) -> Iterator[str]:
    """What works too and was not compared, file by file; a prediction beside a run needs no word."""
    found = Counter(
        (one.source.file, why)
        for one in working
        if one.predicted is best.predicted and (why := _why_apart(best, one)) is not None
    )
    for (file, why), count in found.items():
        yield f"{count} {'cell' if count == 1 else 'cells'} of {file} {'works' if count == 1 else 'work'} too: {why}"


def _beside(chosen: Known, found: Iterable[Known]) -> list[Known]:
    """The chosen cell first, then what does not work: the reasons not to take something smaller."""
    return [chosen, *(one for one in found if one.cell.works is Tri.FALSE)]


def _is_present(profile: RunnerProfile | None, situation: Situation) -> bool:
    return profile is not None and tuple(profile.labels) == situation.labels


def _is_chosen(one: Known) -> bool:
    """Whether a cell is the benchmark's own answer."""
    choice = one.source.evidence.cheapest
    return choice is not None and (choice.backend, choice.runner) == (one.cell.backend, one.cell.runner)


def _cost(one: Cell | Option, predicted: bool) -> tuple[bool, float, float]:
    """Whether it is only predicted, dollars, and whole minutes: seconds differ from run to run."""
    wall = one.wall_median_seconds if isinstance(one, Cell) else one.wall_seconds
    price = one.price_dollars
    return predicted, inf if price is None else price, inf if wall is None else ceil(wall / 60)


def _support(one: Known) -> Support:
    cell, predicted = one.cell, one.predicted
    time = f", {show_seconds(cell.wall_median_seconds)}" if cell.wall_median_seconds is not None else ""
    peak = f", peak {show_bytes(cell.peak_bytes)}" if cell.peak_bytes is not None else ""
    price = f", {show_dollars(cell.price_dollars)} a run" if cell.price_dollars is not None else ""
    word = {Tri.TRUE: "works", Tri.FALSE: f"does not work ({cell.reason})", Tri.UNKNOWN: "is not certain"}[cell.works]
    text = f"{cell.backend} on {cell.runner} {'should, as predicted: ' if predicted else ''}{word}{time}{peak}{price}"
    # A prediction rests on a run, but is somebody's inference: it is never shown as measured.
    return Support(kind=EvidenceKind.REPORTED if predicted else EvidenceKind.MEASURED, text=text, where=one.source.file)
