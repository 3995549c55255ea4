"""Peak memory against programs of known size."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench_trials import MIB, control_groups, run
from covpath.bench.limits.ask import Ask
from covpath.evidence.trial import Outcome, PeakBasis, Trial

SIZE = 256
ALLOWED = max(0.01 * SIZE, 8)
PYTHON = f'"{sys.executable}" -I -S -c'

# Each program holds {0} MiB at its height; run with 0 it tells what the programs themselves take.
ONE = f"{PYTHON} 'import time; held = bytearray({{0}} * {MIB}); time.sleep(0.2)'"
TREE = f"""
one() {{{{ {PYTHON} 'import time; held = bytearray({{0}} * {MIB} // 4); time.sleep(1.5)'; }}}}
one & one & (one & one & wait) & wait
"""
SPIKE = f"""{PYTHON} '
import time
time.sleep(0.2)
held = bytearray({{0}} * {MIB})
time.sleep(0.03)
del held
time.sleep(0.2)
'"""
SHARED = f"""{PYTHON} '
import mmap, os, time
size = {{0}} * {MIB}
held = mmap.mmap(-1, size or 4096)
for _ in range(size // 65536): held.write(bytes(65536))
children = []
for _ in range(3):
    child = os.fork()
    if not child:
        held.seek(0)
        while held.read(65536): pass
        time.sleep(0.3)
        os._exit(0)
    children.append(child)
for child in children: os.waitpid(child, 0)
'"""
KINDS = {
    "one child": (ONE, 5),
    "a forked tree": (TREE, 5),
    "a spike of 30 ms": (SPIKE, 20),
    "shared memory": (SHARED, 5),
}


def measured(script: str, folder: Path) -> Trial:
    trial = run(script, folder, Ask(memory_bytes=1024 * MIB, time_seconds=60), means=control_groups())
    assert trial.outcome is Outcome.OK, trial.log_tail
    assert trial.memory.peak_basis is PeakBasis.HIGH_WATER_MARK
    return trial


def peak(trial: Trial) -> int:
    assert trial.memory.peak_bytes is not None
    return trial.memory.peak_bytes


@pytest.mark.parametrize("kind", KINDS)
def test_peak_memory(tmp_path: Path, kind: str) -> None:
    script, times = KINDS[kind]
    own = peak(measured(script.format(0), tmp_path)) / MIB
    found = [peak(measured(script.format(SIZE), tmp_path)) / MIB - own for _ in range(times)]
    off = [size - SIZE for size in found]
    within = sum(abs(one) <= ALLOWED for one in off)
    sys.stdout.write(
        f"\n{kind} of {SIZE} MiB ({own:.1f} MiB without them): off by {min(off):+.2f} to {max(off):+.2f} MiB, "
        f"within {ALLOWED:.0f} MiB in {within} of {times}\n"
    )
    assert within == times


def test_page_cache_is_told_apart(tmp_path: Path) -> None:
    script = f"dd if=/dev/zero of=file bs=1M count={SIZE} status=none\ncat file > /dev/null\nsleep 0.5\n"
    trial = measured(script, tmp_path)
    needed = trial.memory.unreclaimable_peak_bytes
    assert needed is not None
    sys.stdout.write(
        f"\na file of {SIZE} MiB written and read: peak {peak(trial) / MIB:.1f} MiB, "
        f"of it cannot be given back {needed / MIB:.1f} MiB\n"
    )
    assert peak(trial) / MIB >= SIZE
    assert needed / MIB <= 32
