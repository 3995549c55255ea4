"""Choosing the next run: which cells work, and which is the cheapest that does, after few runs. Pure.

One generous run per backend foresees most cells. What lies between "certainly enough" and
"certainly too little" is settled by runs that settle as many others as they can; the winner is
confirmed, and its cheaper neighbour refuted once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from covpath.bench.knowledge import Done, Knowledge, alike, size
from covpath.bench.plan import CellPlan, Plan
from covpath.bench.predict import REPEAT_MARGIN, Foresight
from covpath.evidence.trial import Outcome, Trial
from covpath.quantity import show_seconds
from covpath.terms import Tri

CONFIRM = 3
"""Good runs after which the winner is believed."""
PATIENCE = 1.75
"""What the choice does not depend on is run while all takes this many times as long as the references and the winner.

What is left then stays a prediction, or not certain.
"""
END_OF_PATIENCE = 1.95
"""Such a run is given up where all would take this many times as long."""
FEW = 0.1
"""Nor is such a run made where all would take more than this share of three runs of every cell of a large grid."""
LARGE = 40
"""So many cells are a large grid."""
GIVE_UP = 3.0
"""Such a run is given up after this many times its estimate.

Near the edge of its memory a program may read its own pages from the disk again and again.
"""
LEAST_SECONDS = 2.0
"""No run is given up before."""


class Step(Struct, frozen=True, kw_only=True):
    """The next trial, why it is worth its time, and after how many seconds it no longer is."""

    cell: CellPlan
    why: str
    most_seconds: float | None = None

    def gives_up(self, trial: Trial) -> bool:
        """Whether the trial ended by ``most_seconds`` and not by a limit of its runner."""
        most, limit = self.most_seconds, self.cell.ask.time_seconds
        return most is not None and trial.outcome is Outcome.TIMEOUT and (limit is None or most < limit)


class Answer(Struct, frozen=True, kw_only=True):
    """The cheapest cell that works (None: none does), whether it is confirmed, and every cell's verdict by key.

    ``as_cheap`` are other backends' cells on the winner's runner that work for the same price.
    ``refuted`` is a smaller cell of the winner's backend that was run and fails.
    """

    winner: CellPlan | None
    confirmed: bool
    as_cheap: tuple[CellPlan, ...]
    refuted: CellPlan | None
    verdicts: Mapping[str, Foresight]


def answer(plan: Plan, done: Done) -> Answer:
    """What is known by now."""
    now = _Now.of(plan, done)
    neighbour = now.neighbour()
    return Answer(
        winner=now.winner,
        confirmed=now.winner is not None and now.confirmed(now.winner),
        as_cheap=now.as_cheap(),
        refuted=None if neighbour is None else now.known.failed_like(neighbour),
        verdicts=now.verdicts,
    )


def next_step(plan: Plan, done: Done, *, certain: bool = False) -> Step | None:
    """The run that is worth most now; None where the answer cannot get better for a fair price.

    With ``certain``: for any price, until a run has told of every cell that only a run can tell of.
    """
    for reference in plan.references:
        if not done.get(reference.key):
            return Step(cell=reference, why="nothing is known of this backend")
    now = _Now.of(plan, done)
    limit = (math.inf,) if now.winner is None else now.cost(now.winner)
    cheaper = [cell for cell in now.open_cells if now.cost(cell) < limit]
    if cheaper:
        return Step(cell=now.telling(cheaper, cheaper), why="it might be cheaper, and only a run can tell")
    if now.winner is not None and not now.confirmed(now.winner):
        return Step(cell=now.winner, why="it seems to be the cheapest that works")
    neighbour = now.neighbour()
    if neighbour is not None and now.known.failed_like(neighbour) is None:
        return Step(cell=neighbour, why="the next cheaper one is said to fail")
    left = now.open_cells
    if left:
        ties = sorted(filter(now.ties, left), key=now.known.wall)[:1]
        cell = now.telling(ties or now.crowd(left), ())
        wall = now.known.wall(cell)
        if certain:
            return Step(cell=cell, why="only a run can tell whether it works")
        if now.winner is None or wall <= now.seconds_left(PATIENCE):
            why = "it would cost the same" if ties else "only a run can tell whether it works"
            most = max(LEAST_SECONDS, min(GIVE_UP * wall, now.seconds_left(END_OF_PATIENCE)))
            return Step(cell=cell, why=why, most_seconds=most)
    return None


def without(plan: Plan, key: str, lost: float) -> Plan:
    """The plan after a run of the cell was given up after so many seconds: it stays what it is foreseen to be."""
    reason = f"a run was given up after {show_seconds(lost)}, and the choice did not need it"
    cells = [replace(cell, obstacle=reason, lost_seconds=lost) if cell.key == key else cell for cell in plan.cells]
    return replace(plan, cells=tuple(cells))


class _Now(Struct, frozen=True):
    """What is known now, with every cell's verdict and cost worked out once."""

    known: Knowledge
    verdicts: Mapping[str, Foresight]
    costs: Mapping[str, tuple[float, ...]]
    runnable: Sequence[CellPlan]
    winner: CellPlan | None

    @staticmethod
    def of(plan: Plan, done: Done) -> _Now:
        known = Knowledge(plan, done)
        verdicts = {cell.key: known.verdict(cell) for cell in plan.cells}
        costs = {cell.key: known.cost(cell) for cell in plan.cells}
        runnable = [cell for cell in plan.cells if cell.obstacle is None]
        working = [cell for cell in runnable if verdicts[cell.key].works is Tri.TRUE]
        return _Now(known, verdicts, costs, runnable, min(working, key=lambda cell: costs[cell.key], default=None))

    def cost(self, cell: CellPlan) -> tuple[float, ...]:
        return self.costs[cell.key]

    def open(self, cell: CellPlan) -> bool:
        """Whether another run can tell more: none was made, or those that passed did so by swapping.

        Near its edge a machine with swap is a coin toss (``facts``, bench, section 2).
        """
        trials = self.known.trials(cell)
        if not trials:
            return self.verdicts[cell.key].works is Tri.UNKNOWN
        return _all_good(trials) and len(trials) < CONFIRM and any(trial.memory.swap_peak_bytes for trial in trials)

    @property
    def open_cells(self) -> list[CellPlan]:
        return [cell for cell in self.runnable if self.open(cell)]

    def doubtful(self, cell: CellPlan) -> bool:
        """Whether it has clearly less memory than was seen in use at once."""
        return _memory(cell) * REPEAT_MARGIN < (self.known.need(cell).least or 0)

    def seconds_left(self, times: float) -> float:
        """Until all runs take so many times the references' and the winner's time, or their share of a large grid."""
        needed = [*self.known.plan.references, *([] if self.winner is None else [self.winner])]
        spent = sum(trial.wall_seconds for trials in self.known.done.values() for trial in trials)
        spent += sum(cell.lost_seconds for cell in self.known.plan.cells)
        least = sum(trial.wall_seconds for one in needed for trial in self.known.done.get(one.key, ()))
        few = FEW * self._whole_grid() if len(self.runnable) >= LARGE else math.inf
        return min(times * least, few) - spent

    def _whole_grid(self) -> float:
        """About the seconds of three runs of every cell; one that fails ends in half its time."""
        halves = {key: 0.5 if verdict.works is Tri.FALSE else 1.0 for key, verdict in self.verdicts.items()}
        return CONFIRM * sum(self.known.wall(cell) * halves[cell.key] for cell in self.runnable)

    def confirmed(self, cell: CellPlan) -> bool:
        trials = self.known.trials(cell)
        return len(trials) >= CONFIRM and _all_good(trials)

    def as_cheap(self) -> tuple[CellPlan, ...]:
        return tuple(cell for cell in self.runnable if self.ties(cell) and self.verdicts[cell.key].works is Tri.TRUE)

    def ties(self, cell: CellPlan) -> bool:
        """Whether it is another backend's on the winner's runner, for the same price."""
        winner = self.winner
        return (
            winner is not None
            and cell.ready is not winner.ready
            and cell.runner is winner.runner
            and cell.cache is winner.cache
            and self.cost(cell)[0] == self.cost(winner)[0]
        )

    def neighbour(self) -> CellPlan | None:
        """The dearest cell of the winner's backend that is cheaper, has no more of anything, and fails or is said to.

        One whose failure a run has shown already comes first.
        """
        winner = self.winner
        if winner is None:
            return None
        failing = [
            cell
            for cell in self.runnable
            if cell is not winner
            and cell.ready is winner.ready
            and cell.cache is winner.cache
            and _price(cell) <= _price(winner)
            and self.verdicts[cell.key].works is Tri.FALSE
        ]
        below = [
            cell for cell in failing if all(mine <= its for mine, its in zip(size(cell), size(winner), strict=True))
        ]
        return max(
            below or failing,
            key=lambda cell: (self.known.failed_like(cell) is not None, _price(cell), *size(cell)),
            default=None,
        )

    def telling(self, cells: Sequence[CellPlan], credited: Sequence[CellPlan]) -> CellPlan:
        """Of the cells like the cheapest of ``cells`` the one whose run is worth most.

        The smallest that can hold what was seen in use is likely to work, and settles all above it;
        where that failed, the middle one. What has less is likely to fail: the largest of them settles
        all below it. A run that may be good is made where it also confirms (in one of the ``credited``),
        any other where it is fastest.
        """
        first = min([cell for cell in cells if not self.doubtful(cell)] or cells, key=self.cost)
        group = [cell for cell in self.runnable if cell is first or alike(first, cell)]
        if self.doubtful(first):
            below = [cell for cell in cells if self.doubtful(cell) and (cell is first or alike(first, cell))]
            untried = [cell for cell in group if self.open(cell) or not self.known.trials(cell)]
            return min(_with(max(map(_memory, below)), untried), key=_slowness)
        band = [cell for cell in group if self.open(cell) and not self.doubtful(cell)]
        sizes = sorted({_memory(cell) for cell in band})
        memory = sizes[len(sizes) // 2] if self._harder_than_it_looks(first) else sizes[0]
        same = _with(memory, band)
        keys = {cell.key for cell in credited}
        good = [cell for cell in same if cell.key in keys]
        return min(good, key=self.cost) if good else min(same, key=_slowness)

    def crowd(self, cells: Sequence[CellPlan]) -> list[CellPlan]:
        """Of cells, those that are alike and most for the time of a run."""
        groups = [[one for one in cells if one is cell or alike(cell, one)] for cell in cells]
        return max(groups, key=lambda group: len(group) / min(map(self.known.wall, group)))

    def _harder_than_it_looks(self, cell: CellPlan) -> bool:
        """Whether a run like it had as much memory as was seen in use, and not enough."""
        least = self.known.need(cell).least or 0
        return any(
            _memory(one) >= least and trial.outcome is Outcome.OOM
            for one in self.known.like(cell)
            for trial in self.known.trials(one)
        )


def _all_good(trials: Sequence[Trial]) -> bool:
    return all(trial.outcome is Outcome.OK for trial in trials)


def _price(cell: CellPlan) -> float:
    price = cell.runner.price_per_minute_dollars if cell.runner else None
    return math.inf if price is None else price


def _memory(cell: CellPlan) -> float:
    return size(cell)[0]


def _with(memory: float, cells: Sequence[CellPlan]) -> list[CellPlan]:
    return [cell for cell in cells if _memory(cell) == memory]


def _slowness(cell: CellPlan) -> tuple[float, ...]:
    """Orders cells of the same memory: most processors, time and disk first."""
    return tuple(-one for one in size(cell)[1:])
