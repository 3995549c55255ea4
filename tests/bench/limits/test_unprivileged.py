from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from bench_trials import MIB, SMALL, python, run
from covpath.bench.limits import unprivileged
from covpath.evidence.trial import Enforcement, Knob, Outcome, PeakBasis


def test_nothing_is_called_enforced_that_is_not(tmp_path: Path) -> None:
    trial = run("true", tmp_path, means=unprivileged)
    assert {one.knob: one.state for one in trial.limits} == {
        Knob.CPUS: Enforcement.OBSERVED,
        Knob.MEMORY: Enforcement.OBSERVED,
        Knob.SWAP: Enforcement.NOT_ENFORCED,
        Knob.TIME: Enforcement.ENFORCED,
    }
    assert all(one.reason for one in trial.limits if one.state is not Enforcement.ENFORCED)
    assert trial.enforcement is Enforcement.NOT_ENFORCED


def test_memory_is_watched_and_not_held(tmp_path: Path) -> None:
    code = "import time; x = bytearray(80 * 2**20); time.sleep(0.3)"
    trial = run(python(code), tmp_path, means=unprivileged)
    assert trial.outcome is Outcome.OK
    assert trial.memory.peak_basis is PeakBasis.SAMPLED
    assert trial.memory.oom_kills is None
    assert trial.memory.peak_bytes == pytest.approx(88 * MIB, abs=10 * MIB)


def test_a_spike_between_samples_is_seen_in_a_single_process(tmp_path: Path) -> None:
    trial = run(python("x = bytearray(60 * 2**20)"), tmp_path, means=unprivileged)
    assert trial.memory.peak_bytes == pytest.approx(68 * MIB, abs=10 * MIB)


def test_processors_are_bound(tmp_path: Path) -> None:
    assert run('test "$(nproc)" = 1', tmp_path, means=unprivileged).outcome is Outcome.OK
    part = run("true", tmp_path, replace(SMALL, cpus=0.5), means=unprivileged)
    assert part.limits[0].state is Enforcement.NOT_ENFORCED


def test_processor_time_of_orphans_counts(tmp_path: Path) -> None:
    code = "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass"
    trial = run(f"(setsid {python(code).strip()} &)\nsleep 0.6\n", tmp_path, means=unprivileged)
    assert trial.cpu.total_seconds > 0.18


def test_time_is_held_and_orphans_that_ignore_sigterm_are_killed(tmp_path: Path) -> None:
    nap = f"61.{os.getpid()}"
    script = f"trap '' TERM\n(setsid sleep {nap} &)\n(sleep {nap} & disown)\nsleep {nap}\n"
    began = time.monotonic()
    trial = run(script, tmp_path, replace(SMALL, time_seconds=0.3), means=unprivileged)
    assert trial.outcome is Outcome.TIMEOUT
    assert time.monotonic() - began < 10
    assert not alive(nap)
    left = run(script.replace("\nsleep", "\nexit 0 #"), tmp_path, means=unprivileged)
    assert (left.outcome, left.orphans) == (Outcome.OK, 2)
    assert not alive(nap)


def alive(argument: str) -> bool:
    needle = b"sleep\0" + argument.encode()
    return any(needle in path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if readable(path))


def readable(path: Path) -> bool:
    try:
        path.read_bytes()
    except OSError:
        return False
    return True
