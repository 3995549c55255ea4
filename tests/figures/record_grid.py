"""Run a whole grid three times and write it down.

``PYTHONPATH=tools:tests python tests/figures/record_grid.py NAME``
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from bench_runs import Variant, bench, subject
from covpath.evidence.trial import Trial
from figures.bench_grid import GRIDS, profile, save

WORK = """
def work(rounds):
    total = 0
    for number in range(rounds):
        total += number % 7
    return total

def hold(size):
    return len(bytearray(size))
"""
TEST = """
import pytest
from pkg.a import hold, work

@pytest.mark.parametrize("number", range(1, 21))
def test_work(number):
    assert work({rounds})
    assert hold(number * {step})
"""
SUBJECTS = {
    # name: rounds, bytes a step, sizes in MiB
    "python-arithmetic": (30_000, 2**20, (16, 24, 32, 40, 48, 56, 64, 80, 96, 128)),
    "python-memory": (4_000, 6 * 2**20, (32, 64, 96, 128, 144, 160, 176, 192, 224, 256)),
}
SHARES = (0.5, 1)


def main(name: str) -> None:
    rounds, step, sizes = SUBJECTS[name]
    runners = [(size, share) for size in sizes for share in SHARES]
    measured = f'"{sys.executable}" -m pytest -q -p no:cacheprovider --cov=pkg --cov-report=xml tests'
    slipcover = f'"{sys.executable}" -m slipcover --source pkg --xml --out coverage.xml -m pytest -q tests'
    variants = [
        Variant(backend="pytest-cov", script=measured, report="coverage.xml"),
        Variant(backend="slipcover", script=slipcover, report="coverage.xml"),
    ]
    trials: list[Trial] = []
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
        folder = Path(place)
        what = subject(folder, *variants)
        (what.repo / "pkg").mkdir()
        (what.repo / "tests").mkdir()
        (what.repo / "pkg" / "__init__.py").touch()
        (what.repo / "pkg" / "a.py").write_text(WORK)
        (what.repo / "tests" / "test_a.py").write_text(TEST.format(rounds=rounds, step=step))
        subprocess.run(["git", "init", "-q", what.repo], check=True)
        for number in range(3):
            (folder / "kept" / "trials.jsonl").unlink(missing_ok=True)
            found = bench(folder, what, *(profile(*one) for one in runners), seed=number)
            trials += found.trials
    machine = trials[0].machine
    says = f"{name}: {len(variants)} backends, {len(runners)} runners; {machine.cpu_model}, {machine.confinement}"
    save(GRIDS / f"{name}.json", says, runners, trials)


if __name__ == "__main__":
    main(sys.argv[1])
