"""How long covpath takes to name the cheapest cell that works, against running every cell three times. By replay."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import pytest

from figures.bench_grid import GRIDS, REPEATS, SECONDS, Grid, Replayed, load, replay

ORDERS = 10


@pytest.mark.parametrize("path", sorted(GRIDS.glob("*.json")), ids=lambda path: path.stem)
def test_time_to_decision(path: Path) -> None:
    grid = load(path)
    assert len(grid.cells) >= 40
    assert all(len(grid.trials[key]) == REPEATS for key in grid.cells)
    best = grid.cheapest()
    found = [replay(grid, seed) for seed in range(ORDERS)]
    shares = spread([one.seconds(grid, whole=False) / grid.exhaustive(whole=False) for one in found])
    wholes = spread([one.seconds(grid, whole=True) / grid.exhaustive(whole=True) for one in found])
    times = spread([one.seconds(grid, whole=False) / one.least(grid, best, whole=False) for one in found])
    winners = [one.answer.winner.key if one.answer.winner else "" for one in found]
    runs = spread([len(one.runs) for one in found])
    sys.stdout.write(
        f"\n{grid.says}\n"
        f"  {len(grid.cells)} cells three times: {grid.exhaustive(whole=False):.0f} s, "
        f"with their preparation {grid.exhaustive(whole=True):.0f} s; cheapest that works: {best}\n"
        f"  {ORDERS} orders: {shares[0]:.1%} to {shares[-1]:.1%} of that (median {median(shares):.1%}; at most 12 %), "
        f"with the preparation {wholes[0]:.1%} to {wholes[-1]:.1%}; {runs[0]:.0f} to {runs[-1]:.0f} runs\n"
        f"  against the least possible: {times[0]:.2f} to {times[-1]:.2f} times "
        f"(median {median(times):.2f}; at most 2)\n" + agreement(grid, best, winners, found)
    )
    assert winners == [best] * ORDERS
    assert shares[-1] <= 0.12
    assert times[-1] <= 2


def agreement(grid: Grid, best: str, winners: Sequence[str], found: Sequence[Replayed]) -> str:
    """How far the answers agree with those of all runs."""
    same = sum(winner == best for winner in winners)
    as_good = sum(grid.works(winner) and grid.dollars(winner) == grid.dollars(best) for winner in winners if winner)
    ties = sum({cell.key for cell in one.answer.as_cheap} == grid.as_cheap(best) for one in found)
    wrong = sorted({key for one in found for key in one.wrong})
    timed = [key for key in wrong if grid.runner(key).time_limit_seconds != SECONDS]
    left = spread([one.left for one in found])
    quicker = min([best, *grid.as_cheap(best)], key=grid.wall)
    longer = grid.wall(best) - grid.wall(quicker)
    return (
        f"  the same answer: {same} of {ORDERS}; one that works for the same price: {as_good} of {ORDERS}; "
        f"the same backends as cheap there: {ties} of {ORDERS}\n"
        f"  the answer takes {longer:.1f} s longer than the quickest of the same price, {quicker}\n"
        f"  verdicts unlike those of all runs, in any order: {len(wrong)} of {len(grid.cells)}, "
        f"{len(timed)} of them where a time limit is near; the others: {sorted(set(wrong) - set(timed)) or 'none'}\n"
        f"  cells left uncertain: {left[0]:.0f} to {left[-1]:.0f} of {len(grid.cells)}\n"
    )


def spread(values: Sequence[float]) -> list[float]:
    return sorted(values)
