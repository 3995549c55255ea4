"""Choosing the next run: which cells work, and which is the cheapest that does, after few runs. Pure.

One generous run per backend foresees most cells. What lies between "certainly enough" and
"certainly too little" is settled by bisection; the winner is confirmed, and its cheaper
neighbour refuted once. A verdict passes from one cell to another only where that is sound:
same backend, same cache state, same number of processors (so the same number of workers), no swap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from msgspec import Struct

from covpath.bench.plan import CellPlan, Plan
from covpath.bench.predict import (
    MARGIN,
    REPEAT_MARGIN,
    Foresight,
    disk_of,
    estimated_wall,
    hopeless,
    memory_of,
    time_of,
    together,
    unknown,
    works,
)
from covpath.evidence.cells import price_of_run, verdict_of
from covpath.evidence.trial import Outcome, Trial
from covpath.terms import Tri

CONFIRM = 3
"""Good runs after which the winner is believed."""
CLOSE = 1.1
"""A rival of the same price must promise to be faster than the winner by this factor to be run."""

Done = Mapping[str, Sequence[Trial]]
"""The trials of each cell so far, by the cell's key."""


class Step(Struct, frozen=True, kw_only=True):
    """The next trial, and why it is worth its time."""

    cell: CellPlan
    why: str


class Answer(Struct, frozen=True, kw_only=True):
    """The cheapest cell that works (None: none does), whether it is confirmed, and every cell's verdict by key.

    ``refuted`` is the winner's cheaper neighbour, where it was run.
    """

    winner: CellPlan | None
    confirmed: bool
    refuted: CellPlan | None
    verdicts: Mapping[str, Foresight]


class Knowledge(Struct, frozen=True):
    """What all trials so far say."""

    plan: Plan
    done: Done

    def reference(self, cell: CellPlan) -> Trial | None:
        """The reference run of the cell's backend: the first good one, else the last."""
        for one in self.plan.references:
            if one.ready is cell.ready:
                trials = self.done.get(one.key, ())
                return next((trial for trial in trials if trial.outcome is Outcome.OK), trials[-1] if trials else None)
        return None

    def trials(self, cell: CellPlan) -> Sequence[Trial]:
        """The cell's own trials."""
        return self.done.get(cell.key, ())

    def verdict(self, cell: CellPlan) -> Foresight:
        """From its own trials; else thing by thing from those of cells like it, or from the reference run."""
        own = _measured(self.trials(cell))
        reference = self.reference(cell)
        known = own or hopeless(cell, reference)
        if known is not None or reference is None:
            return known or unknown("nothing is known yet")
        like = [other for other in self.plan.cells if other is not cell and self.trials(other) and alike(cell, other)]
        return together(
            self._passed_on(cell, like, "memory", memory_of(cell, reference)),
            self._passed_on(cell, like, "disk", disk_of(cell, reference)),
            self._time(cell, like),
        )

    def _passed_on(self, cell: CellPlan, like: Sequence[CellPlan], thing: str, foreseen: Foresight) -> Foresight:
        """A good run with no more of a thing is enough, a run that failed for want of as much is enough too."""
        mine = _amount(cell, thing)
        for other in like:
            its, measured = _amount(other, thing), _measured(self.trials(other))
            name = other.runner.name if other.runner else ""
            if measured is not None and measured.works is Tri.TRUE and mine >= its:
                return works(f"has as much {thing} as {name}, which works")
            if (
                measured is not None
                and measured.outcome is _WANT[thing]
                and measured.works is Tri.FALSE
                and mine <= its
            ):
                reason = f"has no more {thing} than {name}, which fails"
                return Foresight(works=Tri.FALSE, outcome=measured.outcome, reason=reason)
        return foreseen

    def _time(self, cell: CellPlan, like: Sequence[CellPlan]) -> Foresight:
        """Measured on the same processors, else estimated; a time-out passes on to smaller shares and limits."""
        limit, share = cell.ask.time_seconds or math.inf, cell.ask.cpus or math.inf
        for other in like:
            timed_out = any(trial.outcome is Outcome.TIMEOUT for trial in self.trials(other))
            no_less = share <= (other.ask.cpus or math.inf) and limit <= (other.ask.time_seconds or math.inf)
            if timed_out and no_less:
                name = other.runner.name if other.runner else ""
                reason = f"has no more time than {name}, which does not end"
                return Foresight(works=Tri.FALSE, outcome=Outcome.TIMEOUT, reason=reason)
        measured = self._measured_wall(cell, like)
        if measured is not None:
            return time_of(cell, measured, REPEAT_MARGIN)
        return time_of(cell, estimated_wall(cell, self.reference(cell)), MARGIN)

    def _measured_wall(self, cell: CellPlan, like: Sequence[CellPlan]) -> float | None:
        """The median time of good runs on as many processors."""
        same = [cell, *(other for other in like if other.ask.cpus == cell.ask.cpus)]
        good = [trial.wall_seconds for one in same for trial in self.trials(one) if trial.outcome is Outcome.OK]
        return median(good) if good else None

    def wall(self, cell: CellPlan) -> float:
        """Seconds, measured or estimated; infinite where nothing is known."""
        wall = self._measured_wall(cell, ()) or estimated_wall(cell, self.reference(cell))
        return math.inf if wall is None else wall

    def cost(self, cell: CellPlan) -> tuple[float, float, float]:
        """What cells are ordered by: dollars of a run (unknown last), seconds, memory."""
        wall = self.wall(cell)
        price = price_of_run(wall, cell.runner) if math.isfinite(wall) else None
        return (math.inf if price is None else price, wall, cell.ask.memory_bytes or math.inf)


def answer(plan: Plan, done: Done) -> Answer:
    """What is known by now."""
    known = Knowledge(plan, done)
    verdicts = {cell.key: known.verdict(cell) for cell in plan.cells}
    winner = _winner(known, verdicts)
    neighbour = None if winner is None else _neighbour(known, verdicts, winner)
    return Answer(
        winner=winner,
        confirmed=winner is not None and _confirmed(known, winner),
        refuted=neighbour if neighbour is not None and known.trials(neighbour) else None,
        verdicts=verdicts,
    )


def next_step(plan: Plan, done: Done) -> Step | None:
    """The run that is worth most now; None where the answer cannot get better."""
    for reference in plan.references:
        if not done.get(reference.key):
            return Step(cell=reference, why="nothing is known of this backend")
    known = Knowledge(plan, done)
    verdicts = {cell.key: known.verdict(cell) for cell in plan.cells}
    runnable = [cell for cell in plan.cells if cell.obstacle is None]
    winner = _winner(known, verdicts)
    limit = known.cost(winner) if winner else (math.inf, math.inf, math.inf)
    open_ = [cell for cell in runnable if _open(known.trials(cell), verdicts[cell.key])]
    cheaper = [cell for cell in open_ if known.cost(cell) < limit]
    if cheaper:
        return Step(cell=_bisect(known, open_, cheaper), why="it might be cheaper, and only a run can tell")
    if winner is not None and not _confirmed(known, winner):
        return Step(cell=winner, why="it seems to be the cheapest that works")
    if winner is not None:
        neighbour = _neighbour(known, verdicts, winner)
        if neighbour is not None and not known.trials(neighbour):
            return Step(cell=neighbour, why="the next cheaper one is said to fail")
    if open_:
        return Step(cell=_bisect(known, open_, open_), why="only a run can tell whether it works")
    return None


def _open(trials: Sequence[Trial], verdict: Foresight) -> bool:
    """Whether another run can tell more: none was made, or those that passed did so by swapping.

    Near its edge a machine with swap is a coin toss (``facts``, bench, section 2).
    """
    if not trials:
        return verdict.works is Tri.UNKNOWN
    passed = all(trial.outcome is Outcome.OK for trial in trials)
    return passed and len(trials) < CONFIRM and any(trial.memory.swap_peak_bytes for trial in trials)


def _measured(trials: Sequence[Trial]) -> Foresight | None:
    if not trials:
        return None
    verdict = verdict_of(trials)
    return Foresight(works=verdict.works, outcome=verdict.outcome, reason=verdict.reason)


def alike(one: CellPlan, other: CellPlan) -> bool:
    """Whether what one needs the other needs too."""
    return (
        one.ready is other.ready
        and one.cache is other.cache
        and math.ceil(one.ask.cpus or 0) == math.ceil(other.ask.cpus or 0)
        and one.ask.tmp_in_memory == other.ask.tmp_in_memory
        and not one.ask.swap_bytes
        and not other.ask.swap_bytes
        and not one.other_processor
    )


_WANT = {"memory": Outcome.OOM, "disk": Outcome.DISK_FULL}
"""How a run ends for want of a thing."""


def _amount(cell: CellPlan, thing: str) -> float:
    amount = cell.ask.memory_bytes if thing == "memory" else cell.ask.disk_bytes
    return math.inf if amount is None else amount


def _confirmed(known: Knowledge, cell: CellPlan) -> bool:
    trials = known.trials(cell)
    return len(trials) >= CONFIRM and all(trial.outcome is Outcome.OK for trial in trials)


def _winner(known: Knowledge, verdicts: Mapping[str, Foresight]) -> CellPlan | None:
    """The cheapest runnable cell believed to work; a confirmed one stays unless a rival is clearly faster."""
    working = [cell for cell in known.plan.cells if cell.obstacle is None and verdicts[cell.key].works is Tri.TRUE]
    if not working:
        return None
    best = min(working, key=known.cost)
    price, wall, _ = known.cost(best)
    confirmed = [cell for cell in working if _confirmed(known, cell)]
    for cell in sorted(confirmed, key=known.cost):
        its_price, its_wall, _ = known.cost(cell)
        if its_price == price and its_wall <= wall * CLOSE and cell.ready is not best.ready:
            return cell
    return best


def _neighbour(known: Knowledge, verdicts: Mapping[str, Foresight], winner: CellPlan) -> CellPlan | None:
    """The dearest cell that is cheaper than the winner and fails, or is said to, of the winner's backend."""
    price = _price(winner)
    cheaper = [
        cell
        for cell in known.plan.cells
        if cell.obstacle is None
        and cell.ready is winner.ready
        and cell.cache is winner.cache
        and _price(cell) <= price
        and cell is not winner
        and verdicts[cell.key].works is Tri.FALSE
    ]
    return max(cheaper, key=_size, default=None)


def _size(cell: CellPlan) -> tuple[float, ...]:
    ask = cell.ask
    return (_price(cell), ask.memory_bytes or 0, ask.cpus or 0, ask.time_seconds or 0)


def _price(cell: CellPlan) -> float:
    price = cell.runner.price_per_minute_dollars if cell.runner else None
    return math.inf if price is None else price


def _bisect(known: Knowledge, unknown: Sequence[CellPlan], among: Sequence[CellPlan]) -> CellPlan:
    """Of the cells like the cheapest one, the middle one by memory: its verdict settles half of them."""
    first = min(among, key=known.cost)
    group = sorted(_like(first, unknown), key=lambda cell: (cell.ask.memory_bytes or math.inf, -(cell.ask.cpus or 0)))
    sizes = sorted({cell.ask.memory_bytes or math.inf for cell in group})
    middle = sizes[len(sizes) // 2]
    return next(cell for cell in group if (cell.ask.memory_bytes or math.inf) == middle)


def _like(first: CellPlan, cells: Sequence[CellPlan]) -> Iterator[CellPlan]:
    for cell in cells:
        if cell is first or alike(first, cell):
            yield cell
