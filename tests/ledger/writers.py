"""Processes that write to one exceptions file: many at once, and some that are killed.

``writers.py together ROOT NUMBER``: NUMBER processes add an entry each, all at once.
``writers.py killed ROOT POINTS``: writers one after the other, each killed without warning one
system call later than the one before; prints how many ran before one ended by itself.
``writers.py shot ROOT NUMBER``: writers killed from outside after a moment; prints how many were.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from covpath.ledger.draft import Draft
from covpath.ledger.editing import add
from covpath.ledger.model import JobName
from covpath.ledger.reading import load
from covpath.ledger.writing import change
from covpath.terms import Decision
from ledger.write_runs import FILE
from outside.killed import kill_before_call


def write(root: Path, number: int) -> None:
    draft = Draft(jobs=(JobName.parse(f"ci.yml:job{number}"),), decision=Decision.UNDECIDED, reason="it dies")
    change(root, root / FILE, lambda source: add(source, draft))


def forked(act: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException as error:
            sys.stderr.write(f"{error}\n")
            os._exit(1)
        os._exit(0)
    return child


def together(root: Path, number: int) -> int:
    children = [forked(lambda number=each: write(root, number)) for each in range(number)]  # type: ignore[misc]
    return sum(os.waitpid(child, 0)[1] != 0 for child in children)


def killed(root: Path, points: int) -> int:
    for point in range(points):

        def act(point: int = point) -> None:
            kill_before_call(point)
            write(root, point)

        if os.waitpid(forked(act), 0)[1] == 0:
            return point
        expect_whole(root)
    return points


def shot(root: Path, number: int) -> int:
    chance = random.Random(4711)
    started = time.monotonic()
    os.waitpid(forked(lambda: write(root, number)), 0)
    whole = time.monotonic() - started
    written = [f"ci.yml:job{number}"]
    for each in range(number):
        child = forked(lambda number=each: write(root, number))  # type: ignore[misc]
        time.sleep(chance.uniform(0, 1.3 * whole))
        os.kill(child, signal.SIGKILL)
        if os.waitpid(child, 0)[1] == 0:  # it had ended by itself
            written.append(f"ci.yml:job{each}")
        expect_whole(root, written)
    return number - len(written) + 1


def expect_whole(root: Path, written: Iterable[str] = ()) -> None:
    """The file is valid, and holds the entry that was there first and those of writers that ended by themselves."""
    jobs = [str(job) for entry in load(root / FILE, root).entries for job in entry.jobs]
    assert jobs[0] == "ci.yml:first", jobs
    assert set(jobs) >= set(written), jobs


if __name__ == "__main__":
    what = {"together": together, "killed": killed, "shot": shot}[sys.argv[1]]
    sys.stdout.write(f"{what(Path(sys.argv[2]), int(sys.argv[3]))}\n")
