"""Reported time against the same command run bare, the two taking turns.

Both get the same environment, script, standard streams and weight in the scheduler. Pairs during
which other programs ran are left out where enough others are left, and pairs are added until the
intervals are narrow enough or the time for it is up.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bench_trials import control_groups, run
from covpath.bench.compare import Comparison, compare
from covpath.bench.environment import trial_environment
from covpath.bench.limits.ask import PRECEDENCE, Ask
from covpath.bench.limits.mounts import here
from covpath.bench.supervisor.meters import machine_counters

Times = tuple[float, float]
"""Wall and processor seconds."""

HASH = "hashlib.pbkdf2_hmac('sha256', b'', b'', {0})"
COMMAND = f'exec "{sys.executable}" -I -S -c "import hashlib; {HASH}"\n'
PART = f'"{sys.executable}" -I -c "import argparse, json, hashlib; bytearray(32 * 2**20); {HASH}"'
JOB = f"for part in 1 2 3 4 5 6 7 8; do {PART}; done\n"
NARROW = 0.03
BUSY = "not settled, the machine was too busy"


class Pair(NamedTuple):
    reported: Times
    bare: Times
    quiet: bool


def bare(script: Path, environment: dict[str, str], folder: Path) -> Times:
    """As the supervisor starts it, but for the supervisor; posix_spawn copies no memory."""
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    streams = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
    streams += [(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]  # type: ignore[list-item]
    argv = ["bash", "-e", str(script)]
    with precedence():
        before, began = children(), time.monotonic()
        pid = os.posix_spawnp("bash", argv, environment, file_actions=streams, setsid=True)
        _, status = os.waitpid(pid, 0)
        wall = time.monotonic() - began
    os.close(log)
    assert status == 0
    return wall, children() - before


def children() -> float:
    return processor_seconds(resource.RUSAGE_CHILDREN)


def processor_seconds(*whose: int) -> float:
    used = [resource.getrusage(who) for who in whose]
    return sum(one.ru_utime + one.ru_stime for one in used)


def watched(measured: Callable[[], Times]) -> tuple[Times, bool]:
    """Its times, and whether the machine was ours alone meanwhile."""

    def foreign() -> float:
        return machine_counters()["busy"] - processor_seconds(resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)

    alone, before, began = running() == 1, foreign(), time.monotonic()
    times = measured()
    allowed = 0.05 * (time.monotonic() - began) + 0.02  # the machine counts in hundredths of a second
    return times, alone and running() == 1 and foreign() - before <= allowed


def running() -> int:
    """Programs that run or could run now, ourselves among them."""
    return int(Path("/proc/loadavg").read_text().split()[3].split("/")[0])


@contextlib.contextmanager
def precedence() -> Iterator[None]:
    """A new group that outweighs foreign load, as a trial gets one."""
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
        ("a job of several seconds", JOB, 2.0, 10, 420, (0.02, 0.015)),
        ("a command of 20 ms", COMMAND, 0.02, 100, 60, (0.03, None)),
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
    file = place / "script"
    script = script.format(rounds_for(seconds, script, environment, place))
    file.write_text(script)

    def supervised() -> Times:
        trial = run(script, tmp_path, Ask(time_seconds=600), means=means)
        return trial.wall_seconds, trial.cpu.total_seconds

    pairs: list[Pair] = []
    began = time.monotonic()
    while time.monotonic() - began < budget:
        if len(pairs) % 2:
            second, first = watched(lambda: bare(file, environment, place)), watched(supervised)
        else:
            first, second = watched(supervised), watched(lambda: bare(file, environment, place))
        pairs.append(Pair(first[0], second[0], first[1] and second[1]))
        quiet = [pair for pair in pairs if pair.quiet]
        if len(quiet) >= fewest and all(map(narrow, found(quiet))):
            break
    settled = len(quiet) >= fewest
    used = quiet if settled else pairs
    middle = sorted(pair.bare[0] for pair in used)[len(used) // 2]
    disturbed = len(pairs) - len(quiet)
    told = "alone on the machine" if not disturbed else f"during {disturbed} of them other programs ran"
    told += ", and these are left out" if disturbed and settled else ""
    lines = [f"{name}, {middle:.4f} s bare, {len(pairs)} pairs in turn, {told}"]
    kinds = zip(("wall", "processor time"), found(used), least(used), goals, strict=True)
    for what, one, fastest, goal in kinds:
        between = f"{one.low - 1:+.2%} to {one.high - 1:+.2%}"
        met = "no goal" if goal is None else f"goal within {goal:.1%}: {verdict(one, goal) if settled else BUSY}"
        lines.append(f"  {what}: {one.ratio - 1:+.2%} ({between}); least of each {fastest - 1:+.2%}; {met}")
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert "surely not met" not in "".join(lines)


def found(pairs: list[Pair]) -> list[Comparison]:
    """The median of the pairs' ratios: a machine's speed wavers, by less from one run to the next."""
    ratios = [[one.reported[column] / one.bare[column] for one in pairs] for column in (0, 1)]
    return [compare(column, [1.0] * len(column)) for column in ratios]


def least(pairs: list[Pair]) -> list[float]:
    return [min(one.reported[column] for one in pairs) / min(one.bare[column] for one in pairs) for column in (0, 1)]


def narrow(one: Comparison) -> bool:
    return one.high - one.low < NARROW


def verdict(one: Comparison, goal: float) -> str:
    if not one.low - 1 <= goal >= 1 - one.high:
        return "surely not met"
    if not narrow(one):
        return "not settled, the interval is wider than 3 %"
    return "met" if abs(one.ratio - 1) <= goal else "not met"
