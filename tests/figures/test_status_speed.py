"""How fast ``covpath status`` is, beside zizmor on the same files: start-up on one repository, and files per second.

The figures are printed. Held is only what a busy machine cannot break: that each stays within a wide bound.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from oracles.linters import zizmor_command
from sample_repositories import git
from shared_data import shared_path

ROUNDS = 5

REFUSED = {"antithesis-test.yml"}
"""zizmor stops at these; both read the others."""


def _fastest(command: list[str], directory: Path, rounds: int) -> tuple[float, float]:
    """Wall and processor seconds of the fastest of several runs."""
    found: list[tuple[float, float]] = []
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.perf_counter()
        done = subprocess.run(command, cwd=directory, capture_output=True, check=False)
        wall = time.perf_counter() - begin
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode in {0, 2, *range(10, 15)}, done.stderr[-500:]
        found.append((wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return min(wall for wall, _ in found), min(spent for _, spent in found)


def _repository(root: Path, workflows: list[Path]) -> Path:
    folder = root / ".github" / "workflows"
    folder.mkdir(parents=True)
    for number, path in enumerate(workflows):
        shutil.copy(path, folder / (path.name if len(workflows) == 1 else f"w{number:04}.yml"))
    git(root, "init", "--quiet")
    return root


def _compare(what: str, root: Path, files: int, options: list[str]) -> float:
    ours = _fastest([sys.executable, "-m", "covpath", "status", *options], root, ROUNDS)
    theirs = _fastest([zizmor_command(), "--offline", "--quiet", "--no-exit-codes", "."], root, ROUNDS)
    for name, (wall, spent) in (("covpath status", ours), ("zizmor", theirs)):
        _print(
            f"{what}: {name}: {wall * 1000:.0f} ms wall, {spent * 1000:.0f} ms processor, {files / wall:.0f} files/s"
        )
    _print(f"{what}: covpath takes {ours[0] / theirs[0]:.2f} times zizmor's wall time")
    return ours[0] / theirs[0]


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")


@pytest.mark.shared
def test_one_small_repository(tmp_path: Path) -> None:
    root = _repository(tmp_path / "one", [shared_path("cases/icn") / "ci.yml"])
    _print(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    assert _compare("one repository", root, 1, []) < 20


@pytest.mark.shared
def test_all_workflows_of_the_corpus(tmp_path: Path) -> None:
    paths = sorted(path for path in shared_path("corpus/dev").rglob("*.y*ml") if path.name not in REFUSED)
    root = _repository(tmp_path / "all", paths)
    _print(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    assert _compare(f"{len(paths)} files", root, len(paths), ["--all"]) < 20


COPIES = 6
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""A small process starts it: one that a large one starts counts as large from the beginning."""


@pytest.mark.shared
def test_memory_with_the_number_of_files(tmp_path: Path) -> None:
    paths = sorted(path for path in shared_path("corpus/dev").rglob("*.y*ml") if path.name not in REFUSED)
    peaks = []
    for copies in (1, COPIES):
        root = _repository(tmp_path / str(copies), paths * copies)
        for number, path in enumerate((root / ".github" / "workflows").iterdir()):
            with path.open("a") as file:
                file.write(f"\n# copy {number}\n")
        command = [sys.executable, "-m", "covpath", "status", "--all"]
        done = subprocess.run(
            [sys.executable, "-c", PEAK, *command], cwd=root, capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout) / 1024)
        _print(f"{len(paths) * copies} files: {peaks[-1]:.0f} MiB at most in a process")
    assert peaks[1] < 3 * peaks[0]
