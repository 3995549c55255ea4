"""Reported time against the same command run bare, the two taking turns.

Both get the same environment, script, working directory, standard streams and weight in the
scheduler. Pairs are added until the intervals are narrow enough, or the time for it is up.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench_trials import control_groups, run
from covpath.bench.compare import Comparison, compare
from covpath.bench.environment import trial_environment
from covpath.bench.limits.ask import PRECEDENCE, Ask
from covpath.bench.limits.mounts import here

Times = tuple[float, float]
"""Wall and processor seconds."""

HASH = "hashlib.pbkdf2_hmac('sha256', b'', b'', {0})"
COMMAND = f'exec "{sys.executable}" -I -S -c "import hashlib; {HASH}"\n'
PART = f'"{sys.executable}" -I -c "import argparse, json, hashlib; bytearray(32 * 2**20); {HASH}"'
JOB = f"for part in 1 2 3 4 5 6 7 8; do {PART}; done\n"
NARROW = 0.03


def bare(script: Path, environment: dict[str, str], folder: Path) -> Times:
    """As the supervisor starts it, but for the supervisor; posix_spawn copies no memory."""
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    streams = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
    streams += [(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]  # type: ignore[list-item]
    before, began = children(), time.monotonic()
    argv = ["bash", "-e", str(script)]
    pid = os.posix_spawnp("bash", argv, environment, file_actions=streams, setsid=True)
    _, status = os.waitpid(pid, 0)
    wall = time.monotonic() - began
    os.close(log)
    assert status == 0
    return wall, children() - before


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextlib.contextmanager
def precedence() -> Iterator[None]:
    """Our own processes against foreign load, as the supervisor gives it to a trial's."""
    parent = here().v1.get("cpu")
    if parent is None:
        yield
        return
    group = parent / f"covpath-figure-{os.getpid()}"
    group.mkdir()
    (group / "cpu.shares").write_text(str(PRECEDENCE * 1024))
    (group / "cgroup.procs").write_text(str(os.getpid()))
    try:
        yield
    finally:
        (parent / "cgroup.procs").write_text(str(os.getpid()))
        group.rmdir()


def rounds_for(seconds: float, script: str, environment: dict[str, str], folder: Path) -> int:
    """How much hashing makes the script take that long when it runs bare."""
    file = folder / "calibration.sh"

    def least(rounds: int) -> float:
        file.write_text(script.format(rounds))
        return min(bare(file, environment, folder)[0] for _ in range(5))

    little, much = 1000, 60_000
    first, second = least(little), least(much)
    return max(1, round(little + (seconds - first) * (much - little) / (second - first)))


@pytest.mark.parametrize(
    ("name", "script", "seconds", "fewest", "budget", "goals"),
    [
        ("a job of several seconds", JOB, 2.5, 10, 130, (0.02, 0.015)),
        ("a command of 20 ms", COMMAND, 0.02, 100, 75, (0.03, None)),
    ],
    ids=["seconds", "20ms"],
)
def test_reported_time(
    tmp_path: Path,
    name: str,
    script: str,
    seconds: float,
    fewest: int,
    budget: float,
    goals: tuple[float, float | None],
) -> None:
    means = control_groups()
    place = tmp_path / "bare"
    place.mkdir()
    environment = trial_environment(os.environ, place, {})
    reported: list[Times] = []
    alone: list[Times] = []
    with precedence():
        script = script.format(rounds_for(seconds, script, environment, place))
        file = place / "script"
        file.write_text(script)
        began = time.monotonic()
        while len(alone) < fewest or (
            time.monotonic() - began < budget and not all(map(narrow, found(reported, alone)))
        ):
            for ours in (True, False) if len(alone) % 2 else (False, True):
                if ours:
                    trial = run(script, tmp_path, Ask(time_seconds=600), means=means)
                    reported.append((trial.wall_seconds, trial.cpu.total_seconds))
                else:
                    alone.append(bare(file, environment, place))
    middle = sorted(wall for wall, _ in alone)[len(alone) // 2]
    lines = [
        f"{name}, {middle:.4f} s bare, {len(alone)} of each in turn, load {os.getloadavg()[0]:.1f} "
        f"on {os.cpu_count()} processors"
    ]
    kinds = zip(("wall", "processor time"), found(reported, alone), least(reported, alone), goals, strict=True)
    for what, one, fastest, goal in kinds:
        between = f"{one.low - 1:+.2%} to {one.high - 1:+.2%}"
        met = "no goal" if goal is None else f"goal within {goal:.1%}: {verdict(one, goal)}"
        lines.append(f"  {what}: {one.ratio - 1:+.2%} ({between}); least of each {fastest - 1:+.2%}; {met}")
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert "surely not met" not in "".join(lines)


def found(ours: list[Times], theirs: list[Times]) -> list[Comparison]:
    return [compare([one[column] for one in ours], [one[column] for one in theirs]) for column in (0, 1)]


def least(ours: list[Times], theirs: list[Times]) -> list[float]:
    return [min(one[column] for one in ours) / min(one[column] for one in theirs) for column in (0, 1)]


def narrow(one: Comparison) -> bool:
    return one.high - one.low < NARROW


def verdict(one: Comparison, goal: float) -> str:
    if not one.low - 1 <= goal >= 1 - one.high:
        return "surely not met"
    if not narrow(one):
        return "not settled, the interval is wider than 3 %: this machine was too busy to tell"
    return "met" if abs(one.ratio - 1) <= goal else "not met"
