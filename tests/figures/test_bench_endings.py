"""How runs end: each kind twenty times, classified, and nothing of them left."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench_trials import GOOD_REPORT, MIB, control_groups, run
from covpath.bench.limits import disk
from covpath.bench.limits.ask import Ask
from covpath.bench.limits.mounts import here
from covpath.evidence.trial import Outcome

TIMES = 20
NAP = f"97.{os.getpid()}"
HOG = f'"{sys.executable}" -I -S -c "bytearray(96 * {MIB})"'
ROOMY = Ask(memory_bytes=64 * MIB, swap_bytes=0, cpus=1, time_seconds=20)

CASES = {
    # what: script, limits, outcome, orphans
    "out of memory": (HOG, ROOMY, Outcome.OOM, 0),
    "out of memory, exit code 0": (f"{HOG} || true\n{GOOD_REPORT}exit 0", ROOMY, Outcome.OOM, 0),
    "out of memory in a background process": (f"{HOG} &\nwait\n{GOOD_REPORT}", ROOMY, Outcome.OOM, 0),
    "exit code 3": (f"{GOOD_REPORT}exit 3", ROOMY, Outcome.TEST_FAIL, 0),
    "exit code 137 with memory to spare": (f"{GOOD_REPORT}bash -c 'kill -9 $$'", ROOMY, Outcome.KILLED_OTHER, 0),
    "killed by itself": (f"{GOOD_REPORT}kill -9 $$", ROOMY, Outcome.KILLED_OTHER, 0),
    "exit code 0 and no report": ("true", ROOMY, Outcome.REPORT_BAD, 0),
    "full disk": (
        "dd if=/dev/zero of=file bs=64k count=512 status=none",
        Ask(disk_bytes=16 * MIB, time_seconds=20),
        Outcome.DISK_FULL,
        0,
    ),
    "time limit": (f"{GOOD_REPORT}sleep {NAP}", Ask(time_seconds=0.2), Outcome.TIMEOUT, 0),
    "time limit, SIGTERM ignored": (
        f"{GOOD_REPORT}trap '' TERM; while :; do sleep {NAP} || :; done",
        Ask(time_seconds=0.2),
        Outcome.TIMEOUT,
        0,
    ),
    "three orphans": (
        f"{GOOD_REPORT}(trap '' TERM; setsid sleep {NAP} &)\n(setsid setsid sleep {NAP} &)\nnohup sleep {NAP} &\n",
        ROOMY,
        Outcome.OK,
        3,
    ),
    "a good run": (GOOD_REPORT, ROOMY, Outcome.OK, 0),
}


@pytest.mark.parametrize("kind", CASES)
def test_endings(tmp_path: Path, kind: str) -> None:
    script, ask, outcome, orphans = CASES[kind]
    means = control_groups()
    if ask.disk_bytes is not None and disk.obstacle() is not None:
        pytest.skip(f"NO DISK IMAGES, a full disk is not tested here: {disk.obstacle()}")
    seen: Counter[str] = Counter()
    right = 0
    for _ in range(TIMES):
        trial = run(script, tmp_path, ask, means=means, report="lcov.info", files={"a.py": ""})
        seen[trial.outcome.value] += 1
        counted = orphans == 0 or trial.orphans == orphans
        right += trial.outcome is outcome and counted
    left = leftovers(tmp_path)
    shown = ", ".join(f"{name} {count}" for name, count in seen.items())
    sys.stdout.write(f"\n{kind}: {right} of {TIMES} right ({shown}), left behind: {len(left)}\n")
    assert right == TIMES
    assert left == []


def leftovers(folder: Path) -> list[str]:
    """Files, mounts, control groups and processes of these trials."""
    found = here()
    parents = {*found.v1.values(), *([found.v2] if found.v2 else []), *([found.v2_root] if found.v2_root else [])}
    groups = [str(group) for parent in parents for group in parent.glob(f"covpath-{os.getpid()}-*")]
    mounts = [line for line in Path("/proc/self/mounts").read_text().splitlines() if str(folder) in line]
    return [*map(str, folder.iterdir()), *groups, *mounts, *sleeping()]


def sleeping() -> list[str]:
    processes = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if NAP.encode() in words and words[0].endswith(b"sleep"):
            processes.append(path.parent.name)
    return processes
