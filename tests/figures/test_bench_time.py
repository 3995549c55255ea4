"""Reported time against the same command run bare, the two taking turns."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench_trials import control_groups, run
from covpath.bench.compare import Comparison, compare
from covpath.bench.limits.ask import Ask

PYTHON = f'"{sys.executable}" -I -S -c'
BURN = "import time; e = time.process_time() + {0}\nwhile time.process_time() < e: pass"
COUNT = "t = 0\\nfor n in range({0}): t += n % 7"
NARROW = 0.03


def bare(script: str, folder: Path) -> tuple[float, float]:
    file = folder / "script.sh"
    file.write_text(script)
    before, began = children(), time.perf_counter()
    subprocess.run(["bash", "-e", str(file)], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - began
    return wall, children() - before


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize(
    ("name", "script", "pairs", "walls", "cpus"),
    [
        ("a job of several seconds", f"{PYTHON} 'exec(\"{COUNT.format(30_000_000)}\")'", 12, 0.02, 0.015),
        ("a command of 20 ms", f"{PYTHON} '{BURN.format(0.004)}'", 150, 0.03, None),
    ],
    ids=["seconds", "20ms"],
)
def test_reported_time(tmp_path: Path, name: str, script: str, pairs: int, walls: float, cpus: float | None) -> None:
    means = control_groups()
    reported: list[tuple[float, float]] = []
    alone: list[tuple[float, float]] = []
    for number in range(pairs):
        for ours in (True, False) if number % 2 else (False, True):
            if ours:
                trial = run(script, tmp_path, Ask(time_seconds=600), means=means)
                reported.append((trial.wall_seconds, trial.cpu.total_seconds))
            else:
                alone.append(bare(script, tmp_path))
    lines = []
    for column, what, goal in ((0, "wall", walls), (1, "processor time", cpus)):
        ours, theirs = ([pair[column] for pair in pairs_of] for pairs_of in (reported, alone))
        one = compare(ours, theirs)
        fastest = f"least of each {min(ours) / min(theirs) - 1:+.2%}"
        enough = "" if one.high - one.low < NARROW else ", wider than 3 %: this machine was too busy to tell"
        met = "no goal" if goal is None else f"goal within {goal:.1%}: {_met(one, goal)}"
        lines.append(
            f"  {what}: {one.ratio - 1:+.2%} ({one.low - 1:+.2%} to {one.high - 1:+.2%}{enough}); {fastest}; {met}"
        )
    middle = sorted(wall for wall, _ in alone)[pairs // 2]
    sys.stdout.write(
        f"\n{name}, {middle:.3f} s bare, {pairs} of each in turn, load {os.getloadavg()[0]:.1f} "
        f"on {os.cpu_count()} processors\n" + "\n".join(lines) + "\n"
    )
    assert len(reported) == len(alone) == pairs


def _met(one: Comparison, goal: float) -> str:
    if one.high - one.low >= NARROW:
        return "not settled"
    return "met" if abs(one.ratio - 1) <= goal else "not met"
