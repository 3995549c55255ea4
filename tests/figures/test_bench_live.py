"""A decision made live, against every cell run three times on the same machine just before."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from bench_trials import control_groups
from covpath.bench.run import BenchOptions, run_bench
from figures.bench_grid import load, profile
from figures.grid_subjects import SUBJECTS
from figures.record_grid import record

NAME = "python-quick"


@pytest.mark.linux_limits
@pytest.mark.slow
def test_a_live_decision(tmp_path: Path) -> None:
    control_groups()
    grid = load(record(NAME, tmp_path / "grid", tmp_path / "grids"))
    exhaustive = grid.exhaustive(whole=True)
    what = SUBJECTS[NAME].make(tmp_path)
    runners = [profile(size) for size in SUBJECTS[NAME].sizes]
    began = time.monotonic()
    evidence = run_bench(what, runners, tmp_path / "few", BenchOptions(few=True, prove=False, scratch=tmp_path))
    few = time.monotonic() - began
    choice = evidence.cheapest
    assert choice is not None
    answer, best = f"{choice.backend}@{choice.runner}", grid.cheapest()
    commands = sum(trial.wall_seconds for trial in evidence.trials)
    sys.stdout.write(
        f"\n{grid.says}\n"
        f"  live: {few:.0f} s and {len(evidence.trials)} runs from the start to the answer, {answer}; "
        f"every cell three times took {exhaustive:.0f} s, its answer {best}\n"
        f"  that is {few / exhaustive:.1%}, and {commands / grid.exhaustive(whole=False):.1%} "
        "of the commands' own time (at most 12 %)\n"
    )
    assert answer == best
    assert {f"{name}@{choice.runner}" for name in choice.as_cheap} <= grid.as_cheap(best)
    assert few / exhaustive <= 0.12
