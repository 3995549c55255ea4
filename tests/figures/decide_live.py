"""Decide a subject live, by ``covpath bench --few``, and hold time and answer against its recorded grid.

``PYTHONPATH=tools:tests python tests/figures/decide_live.py FOLDER NAME`` for a published subject of
``ci/subjects`` whose grid was recorded on this machine shortly before. FOLDER keeps the benchmark;
Rust's tools are taken from the PATH.
"""

from __future__ import annotations

import datetime as dt
import importlib
import json
import subprocess
import sys
import time
from pathlib import Path

from covpath.evidence.model import Evidence
from covpath.evidence.runner import RunnerProfile
from covpath.evidence.store import load_evidence
from covpath.quantity import show_seconds
from figures.bench_grid import GRIDS, Grid, load
from figures.grid_subjects import ROOT


def main(folder: Path, name: str) -> int:
    """Run it and print; 0 where the answer is that of the grid."""
    grid = load(GRIDS / f"{name}.json")
    sys.path.insert(0, str(ROOT / "ci"))
    repo: Path = importlib.import_module("subjects").prepared(name)
    (repo / "ci" / "runners.yaml").write_text(runners(grid))
    kept = folder / f"{name}-live"
    command = [sys.executable, "-m", "covpath", "bench", "--few", "--yes", "--fresh", "--repo", str(repo)]
    command += ["--out", str(kept), "--runners", ",".join(one.name for one in grid.runners)]
    began = time.time()
    code = subprocess.run(command, check=False).returncode
    ended = time.time()
    if code:
        return code
    return told(grid, load_evidence(kept / "evidence.json"), began, ended)


def told(grid: Grid, evidence: Evidence, began: float, ended: float) -> int:
    """Print time and answer beside the grid's."""
    first = dt.datetime.fromisoformat(min(trial.started for trial in evidence.trials)).timestamp()
    choice, best = evidence.cheapest, grid.cheapest()
    answer = "" if choice is None else f"{choice.backend}@{choice.runner}"
    ties = set() if choice is None else {f"{name}@{choice.runner}" for name in choice.as_cheap}
    commands = sum(trial.wall_seconds for trial in evidence.trials)
    sys.stdout.write(
        f"\n{grid.says}\n"
        f"  proofs and set-up {show_seconds(first - began)}, "
        f"decided in {show_seconds(ended - first)} and {len(evidence.trials)} runs, "
        f"whose commands took {show_seconds(commands)}\n"
        f"  the whole grid three times took {show_seconds(grid.exhaustive(whole=True))}, its commands "
        f"{show_seconds(grid.exhaustive(whole=False))}: {(ended - first) / grid.exhaustive(whole=True):.1%} and "
        f"{commands / grid.exhaustive(whole=False):.1%} of that (at most 12 %)\n"
        f"  the answer: {answer}; of the grid: {best}; as cheap: {len(ties)} and {len(grid.as_cheap(best))} "
        f"{'the same' if ties == grid.as_cheap(best) else 'other'} backends\n"
    )
    return 0 if answer == best else 1


def runners(grid: Grid) -> str:
    """The grid's runners as a ``ci/runners.yaml``; JSON is YAML."""
    return json.dumps({"version": 1, "runners": {one.name: settings(one) for one in grid.runners}}, indent=1)


def settings(one: RunnerProfile) -> dict[str, object]:
    """A runner's entry."""
    return {
        "labels": [one.name],
        "kind": "self-hosted",
        "cpus": one.cpus,
        "memory": f"{one.memory_bytes} B",
        "swap": 0,
        "disk": f"{one.disk_bytes} B",
        "time_limit": one.time_limit_seconds,
        "price_per_minute": one.price_per_minute_dollars,
        "source": "invented",
        "date": "2026-11-25",
    }


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
