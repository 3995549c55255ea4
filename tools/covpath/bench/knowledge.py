"""What all trials of a plan so far say about each of its cells, run or not. Pure.

A verdict passes from one cell to another only where that is sound: same backend, same cache state,
same number of processors (so the same number of workers), no swap.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median

from msgspec import Struct

from covpath.bench.plan import CellPlan, Plan
from covpath.bench.predict import (
    MARGIN,
    REPEAT_MARGIN,
    Foresight,
    Need,
    disk_of,
    estimated_wall,
    fails,
    foreseen_need,
    hopeless,
    measured_need,
    memory_of,
    time_of,
    together,
    unknown,
    works,
)
from covpath.evidence.cells import price_of_run, verdict_of
from covpath.evidence.trial import Outcome, Trial
from covpath.terms import Tri

Done = Mapping[str, Sequence[Trial]]
"""The trials of each cell so far, by the cell's key."""

IDLE = 0.75
"""A job that used less than this share of its processors left some idle."""

_WANT = {"memory": Outcome.OOM, "disk": Outcome.DISK_FULL}
"""How a run ends for want of a thing."""


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
        reference = self.reference(cell)
        known = measured(self.trials(cell)) or hopeless(cell, reference)
        if known is not None or reference is None:
            return known or unknown("nothing is known yet")
        like = self.like(cell)
        return together(
            self._passed_on(cell, like, "memory", memory_of(cell, self.need(cell))),
            self._passed_on(cell, like, "disk", disk_of(cell, reference)),
            self._time(cell, like),
        )

    def like(self, cell: CellPlan) -> list[CellPlan]:
        """The other cells that were run and that need what this one needs."""
        return [other for other in self.plan.cells if other is not cell and self.trials(other) and alike(cell, other)]

    def failed_like(self, cell: CellPlan) -> CellPlan | None:
        """The cell whose failed run is why this one fails: itself, or one like it that has no less."""
        if self.trials(cell):
            return cell
        for other in self.like(cell):
            verdict = measured(self.trials(other))
            if verdict is None or verdict.works is not Tri.FALSE:
                continue
            for thing, outcome in _WANT.items():
                if verdict.outcome is outcome and _amount(cell, thing) <= _amount(other, thing):
                    return other
        return None

    def need(self, cell: CellPlan) -> Need:
        """The memory that good runs with as many workers needed, else what the reference run foretells."""
        good = [trial for one in self.like(cell) for trial in self.trials(one) if trial.outcome is Outcome.OK]
        reference = self.reference(cell)
        found = measured_need(good)
        if found is not None or reference is None:
            return found or Need(most=None, least=None, certainly=0)
        return foreseen_need(reference, self._workers(cell, reference))

    def _workers(self, cell: CellPlan, reference: Trial) -> float:
        """How many times the reference run's workers the cell has, as far as its processors decide that.

        A job that left processors idle has no use for more.
        """
        mine = cell.ask.cpus
        theirs = next((one.ask.cpus for one in self.plan.references if one.ready is cell.ready), None)
        whole = math.ceil(theirs or reference.machine.cpus)
        if mine is None or (mine > whole and reference.cpu.total_seconds < IDLE * whole * reference.wall_seconds):
            return 1.0
        return math.ceil(mine) / whole

    def _passed_on(self, cell: CellPlan, like: Sequence[CellPlan], thing: str, foreseen: Foresight) -> Foresight:
        """A good run with no more of a thing is enough, a run that failed for want of as much is enough too."""
        mine = _amount(cell, thing)
        good = bad = None
        for other in like:
            its, verdict = _amount(other, thing), measured(self.trials(other))
            if verdict is not None and verdict.works is Tri.TRUE and mine >= its:
                good = other
            if verdict is not None and verdict.works is Tri.FALSE and verdict.outcome is _WANT[thing] and mine <= its:
                bad = other
        if good is not None and bad is not None:
            return unknown(f"{_name(good)} works and {_name(bad)} fails, which has no less {thing}")
        if good is not None:
            return works(f"has as much {thing} as {_name(good)}, which works")
        if bad is not None:
            return fails(_WANT[thing], f"has no more {thing} than {_name(bad)}, which fails")
        return foreseen

    def _time(self, cell: CellPlan, like: Sequence[CellPlan]) -> Foresight:
        """Passed on from larger and smaller shares and limits; else measured on the same processors, else estimated."""
        for other in like:
            trials = self.trials(other)
            if _no_less_time(other, cell) and any(trial.outcome is Outcome.TIMEOUT for trial in trials):
                return fails(Outcome.TIMEOUT, f"has no more time than {_name(other)}, which does not end")
        for other in like:
            if _no_less_time(cell, other) and all(trial.outcome is Outcome.OK for trial in self.trials(other)):
                return works(f"has as much time as {_name(other)}, which ends")
        wall = self._measured_wall(cell, like)
        if wall is not None:
            return time_of(cell, wall, REPEAT_MARGIN)
        return time_of(cell, estimated_wall(cell, self.reference(cell)), MARGIN)

    def _measured_wall(self, cell: CellPlan, like: Sequence[CellPlan]) -> float | None:
        """The median time of good runs on as many processors."""
        same = [cell, *(other for other in like if other.ask.cpus == cell.ask.cpus)]
        good = [trial.wall_seconds for one in same for trial in self.trials(one) if trial.outcome is Outcome.OK]
        return median(good) if good else None

    def wall(self, cell: CellPlan) -> float:
        """Seconds, measured or estimated; infinite where nothing is known."""
        return self._measured_wall(cell, ()) or estimated_wall(cell, self.reference(cell)) or math.inf

    def cost(self, cell: CellPlan) -> tuple[float, ...]:
        """What cells are ordered by: dollars of a run (unknown last), minutes, preference, then the runner's size.

        Times count in whole minutes, as they are billed: less is no reason to change a backend, and
        seconds differ from run to run. Of several backends that one is preferred which the job uses
        today, then in the order in which they were asked for.
        """
        wall = self.wall(cell)
        price = price_of_run(wall, cell.runner) if math.isfinite(wall) else None
        minutes = float(math.ceil(wall / 60)) if math.isfinite(wall) else math.inf
        return (math.inf if price is None else price, minutes, self._preference(cell), *size(cell))

    def _preference(self, cell: CellPlan) -> int:
        names = [one.backend for one in self.plan.references]
        return -1 if cell.backend == self.plan.own else names.index(cell.backend)


def measured(trials: Sequence[Trial]) -> Foresight | None:
    """What a cell's own trials say; None where there is none."""
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


def size(cell: CellPlan) -> tuple[float, float, float, float]:
    """Memory, processors, disk and time; infinite where there is no limit."""
    ask = cell.ask
    return (
        ask.memory_bytes or math.inf,
        ask.cpus or math.inf,
        ask.disk_bytes or math.inf,
        ask.time_seconds or math.inf,
    )


def _no_less_time(one: CellPlan, other: CellPlan) -> bool:
    """Whether one has at least the share of a processor and the time of the other."""
    _, cpus, _, seconds = size(one)
    _, least_cpus, _, least_seconds = size(other)
    return cpus >= least_cpus and seconds >= least_seconds


def _amount(cell: CellPlan, thing: str) -> float:
    amount = cell.ask.memory_bytes if thing == "memory" else cell.ask.disk_bytes
    return math.inf if amount is None else amount


def _name(cell: CellPlan) -> str:
    return cell.runner.name if cell.runner else ""
