from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from bench_trials import MIB, SMALL, control_groups, python, run
from covpath.bench.limits import disk
from covpath.bench.limits.ask import Ask, Capacity, Knobs
from covpath.evidence.trial import Enforcement, Knob, Limit, Outcome, Trial

pytestmark = pytest.mark.linux_limits

CORES = len(os.sched_getaffinity(0))


def limit(trial: Trial, knob: Knob) -> Limit:
    return next(limit for limit in trial.limits if limit.knob is knob)


def test_a_runner_that_fits_is_enforced_knob_by_knob_and_read_back(tmp_path: Path) -> None:
    trial = run("true", tmp_path)
    assert trial.outcome is Outcome.OK
    assert {one.knob: (one.state, one.read_back) for one in trial.limits} == {
        Knob.CPUS: (Enforcement.ENFORCED, 1),
        Knob.MEMORY: (Enforcement.ENFORCED, 64 * MIB),
        Knob.SWAP: (Enforcement.ENFORCED, 0),
        Knob.TIME: (Enforcement.ENFORCED, 20),
    }


def test_memory_of_known_size_is_measured_and_held(tmp_path: Path) -> None:
    code = "import time; x = bytearray(40 * 2**20); time.sleep(0.2)"
    trial = run(python(code), tmp_path)
    assert trial.outcome is Outcome.OK
    assert trial.memory.peak_bytes == pytest.approx(44 * MIB, abs=6 * MIB)
    assert trial.memory.unreclaimable_peak_bytes == pytest.approx(44 * MIB, abs=6 * MIB)
    assert trial.memory.oom_kills == 0
    assert run(python(code.replace("40", "80")), tmp_path).outcome is Outcome.OOM


def test_the_whole_tree_counts(tmp_path: Path) -> None:
    one = python("import time; x = bytearray(20 * 2**20); time.sleep(0.3)").strip()
    trial = run(f"{one} &\n{one} &\nwait\n", tmp_path, replace(SMALL, memory_bytes=128 * MIB))
    assert trial.memory.peak_bytes == pytest.approx(48 * MIB, abs=10 * MIB)


def test_running_out_of_memory_shows_through_a_hidden_exit_code(tmp_path: Path) -> None:
    trial = run(python("bytearray(100 * 2**20)") + "exit 0\n", tmp_path, shell="bash {0}")
    assert (trial.outcome, trial.exit_code) == (Outcome.OOM, 0)
    assert trial.memory.oom_kills == 1


def test_page_cache_is_no_reason_to_die_and_is_told_apart(tmp_path: Path) -> None:
    script = "dd if=/dev/zero of=file bs=1M count=100 status=none; sleep 0.2\n"
    trial = run(script, tmp_path, replace(SMALL, memory_bytes=32 * MIB))
    assert trial.outcome is Outcome.OK
    assert trial.memory.peak_bytes is not None
    assert trial.memory.peak_bytes > 28 * MIB
    assert trial.memory.unreclaimable_peak_bytes is not None
    assert trial.memory.unreclaimable_peak_bytes < 16 * MIB
    assert trial.disk.growth_bytes == pytest.approx(100 * MIB, rel=0.01)


def test_a_whole_core_is_what_the_command_sees(tmp_path: Path) -> None:
    trial = run('test "$(nproc)" = 1', tmp_path)
    assert trial.outcome is Outcome.OK


def test_a_share_of_a_core_is_held(tmp_path: Path) -> None:
    code = "import time\nend = time.process_time() + 0.25\nwhile time.process_time() < end: pass"
    trial = run(python(code), tmp_path, replace(SMALL, cpus=0.5))
    assert limit(trial, Knob.CPUS).read_back == 0.5
    assert trial.cpu.total_seconds > 0.25
    assert trial.wall_seconds > trial.cpu.total_seconds / 0.65  # the first period's share is given at once
    assert trial.cpu.total_seconds / trial.wall_seconds <= 0.65
    assert trial.cpu.throttled_seconds is not None  # zero where others leave less than the share anyway


def test_what_is_bigger_than_this_machine_is_never_pretended(tmp_path: Path) -> None:
    ask = replace(SMALL, cpus=CORES + 2, memory_bytes=2**50, swap_bytes=2**50)
    trial = run(f'test "$(nproc)" = {CORES}', tmp_path, ask)
    assert trial.outcome is Outcome.OK
    states = {one.knob: one.state for one in trial.limits}
    assert states[Knob.CPUS] is Enforcement.PREDICTED
    assert states[Knob.MEMORY] is Enforcement.PREDICTED
    assert trial.enforcement is Enforcement.PREDICTED


@pytest.mark.skipif(Capacity.of_this_machine().swap_bytes > 0, reason="this machine has swap")
def test_swap_that_is_not_there_is_said_where_it_could_matter(tmp_path: Path) -> None:
    ask = replace(SMALL, swap_bytes=2**30)
    fits = limit(run("true", tmp_path, ask), Knob.SWAP)
    assert (fits.state, "could not matter" in fits.reason) == (Enforcement.ENFORCED, True)
    died = run(python("bytearray(100 * 2**20)"), tmp_path, ask)
    assert died.outcome is Outcome.OOM
    assert limit(died, Knob.SWAP).state is Enforcement.NOT_ENFORCED


@pytest.mark.skipif(
    Capacity.of_this_machine().swap_bytes < 200 * MIB, reason="NO SWAP on this machine; see tests/vm/version_2.sh"
)
def test_swap_lets_pass_what_memory_alone_would_not(tmp_path: Path) -> None:
    script = python("import time; x = bytearray(100 * 2**20); time.sleep(0.3)")
    swapping = run(script, tmp_path, replace(SMALL, swap_bytes=160 * MIB))
    assert swapping.outcome is Outcome.OK
    assert limit(swapping, Knob.SWAP).state is Enforcement.ENFORCED
    assert swapping.memory.swap_peak_bytes is not None
    assert swapping.memory.swap_peak_bytes > 30 * MIB
    assert run(script, tmp_path, replace(SMALL, swap_bytes=0)).outcome is Outcome.OOM
    assert run(script, tmp_path, replace(SMALL, swap_bytes=16 * MIB)).outcome is Outcome.OOM


def test_a_value_the_kernel_did_not_take_is_not_called_enforced() -> None:
    knobs = Knobs("test")
    knobs.set(Knob.MEMORY, 100, lambda: 90, 5)

    def refuse() -> float:
        raise OSError(22, "Invalid argument")

    knobs.set(Knob.SWAP, 100, refuse, 5)
    assert [(one.state, one.read_back) for one in knobs.entries] == [
        (Enforcement.NOT_ENFORCED, 90),
        (Enforcement.NOT_ENFORCED, None),
    ]


def needs_mounts() -> None:
    reason = disk.obstacle()
    if reason is not None:
        pytest.skip(f"NO DISK LIMITS here: {reason}")


def test_a_full_disk_is_recognised_and_the_mount_is_gone(tmp_path: Path) -> None:
    needs_mounts()
    ask = replace(SMALL, disk_bytes=24 * MIB)
    trial = run("dd if=/dev/zero of=file bs=64k count=1000 status=none", tmp_path, ask)
    assert trial.outcome is Outcome.DISK_FULL
    assert limit(trial, Knob.DISK).state is Enforcement.ENFORCED
    assert limit(trial, Knob.DISK).read_back == pytest.approx(24 * MIB, abs=MIB)
    assert run("dd if=/dev/zero of=file bs=64k count=200 status=none", tmp_path, ask).outcome is Outcome.OK
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text()
    assert list(tmp_path.iterdir()) == []


def test_temporary_files_and_home_are_on_the_disk_too(tmp_path: Path) -> None:
    needs_mounts()
    ask = replace(SMALL, disk_bytes=16 * MIB)
    for place in ("$TMPDIR", "$HOME"):
        trial = run(f'dd if=/dev/zero of="{place}/file" bs=64k count=500 status=none', tmp_path, ask)
        assert trial.outcome is Outcome.DISK_FULL


def test_files_that_do_not_even_fit(tmp_path: Path) -> None:
    needs_mounts()
    trial = run("true", tmp_path, replace(SMALL, disk_bytes=8 * MIB), files={"big": "x" * 12 * MIB})
    assert (trial.outcome, trial.reason) == (Outcome.DISK_FULL, "the prepared files alone do not fit the disk")


def test_many_small_files_fill_a_small_disk_as_they_would_a_large_one(tmp_path: Path) -> None:
    needs_mounts()
    ask = replace(SMALL, disk_bytes=24 * MIB, memory_bytes=128 * MIB, time_seconds=180)
    write = "import pathlib\nfor number in range({}): pathlib.Path(str(number)).write_text('x')"
    assert run(python(write.format(5_000)), tmp_path, ask).outcome is Outcome.OK  # 20 MiB in blocks of 4 KiB
    assert run(python(write.format(7_000)), tmp_path, ask).outcome is Outcome.DISK_FULL


def test_temporary_files_in_memory_count_as_memory(tmp_path: Path) -> None:
    needs_mounts()
    script = 'dd if=/dev/zero of="$TMPDIR/file" bs=1M count=28 status=none; sleep 0.2'
    inside = run(script, tmp_path, replace(SMALL, tmp_in_memory=True))
    assert inside.outcome is Outcome.OK
    assert inside.memory.unreclaimable_peak_bytes is not None
    assert inside.memory.unreclaimable_peak_bytes > 28 * MIB
    full = run(script.replace("28", "40"), tmp_path, replace(SMALL, tmp_in_memory=True))
    assert full.outcome in (Outcome.TEST_FAIL, Outcome.DISK_FULL)  # half of the memory is its size


def test_a_disk_bigger_than_the_free_space_is_predicted(tmp_path: Path) -> None:
    control_groups()
    known, plan = disk.plan(Ask(disk_bytes=2**60), tmp_path)
    if disk.obstacle() is None:
        assert known is not None
        assert known.state is Enforcement.PREDICTED
    assert "disk_bytes" not in plan
