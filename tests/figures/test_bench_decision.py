"""How long covpath takes to name the cheapest cell that works, against running every cell three times. By replay."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

import pytest

from covpath.bench.compare import compare
from figures.bench_grid import GRIDS, Grid, load, replay

ORDERS = 10


@pytest.mark.parametrize("path", sorted(GRIDS.glob("*.json")), ids=lambda path: path.stem)
def test_time_to_decision(path: Path) -> None:
    grid = load(path)
    cells = [key for key in grid.trials if "@" in key]
    assert len(cells) >= 40
    assert all(len(grid.trials[key]) >= 3 for key in cells)
    best = grid.cheapest()
    assert best is not None
    found = [replay(grid, seed) for seed in range(ORDERS)]
    shares = sorted(one.seconds / grid.seconds for one in found)
    winners = [one.answer.winner.key if one.answer.winner else None for one in found]
    same = sum(winner == best for winner in winners)
    as_good = [winner for winner in winners if winner is not None and equal(grid, winner, best)]
    slower = max(grid.cost(winner)[1] / grid.cost(best)[1] for winner in as_good)
    wrong = sorted({key for one in found for key in one.wrong})
    # One run without limits of each backend and three of the winner: no way of finding out takes less.
    least = sum(grid.trials[name][0].wall_seconds for name in grid.backends) + 3 * grid.cost(best)[1]
    times = sorted(one.seconds / least for one in found)
    sys.stdout.write(
        f"\n{grid.says}\n"
        f"  {len(cells)} cells three times: {grid.seconds:.0f} s; cheapest that works: {best}\n"
        f"  {ORDERS} orders: {shares[0]:.1%} to {shares[-1]:.1%} of that (median {median(shares):.1%}; at most 12 %), "
        f"{min(one.runs for one in found)} to {max(one.runs for one in found)} runs\n"
        f"  the same answer: {same} of {ORDERS}; that or a cell that works, costs as much and shows no difference: "
        f"{len(as_good)} of {ORDERS}, its time up to {slower - 1:.1%} longer\n"
        f"  verdicts that differ from those of all runs, in any order: {len(wrong)} of {len(cells)} {wrong or ''}\n"
        f"  against the least possible: {times[0]:.2f} to {times[-1]:.2f} times (at most 2)\n"
    )
    assert len(as_good) == ORDERS
    assert shares[-1] <= 0.12


def equal(grid: Grid, winner: str, best: str) -> bool:
    """The same cell, or one that works for the same price and whose times show no difference."""
    if winner == best:
        return True
    times = [[trial.wall_seconds for trial in grid.trials[key]] for key in (winner, best)]
    no_difference = not compare(times[0], times[1]).difference
    return grid.works(winner) and grid.cost(winner)[0] == grid.cost(best)[0] and no_difference
