from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from covpath.bench.limits import unprivileged
from covpath.bench.limits.mounts import here
from covpath.bench.limits.table import best
from covpath.bench.site import Site
from covpath.bench.supervisor.kernel import descendants, stat_fields
from covpath.evidence.store import TrialLog
from covpath.evidence.trial import Role

NAP = f"64.{os.getpid()}"
"""A time to sleep that no other test run uses."""

FOREVER = """
import sys
from msgspec.structs import replace
from pathlib import Path
sys.path.insert(0, {tests!r})
from bench_runs import MIB, REPORT, ROOMY, Variant, bench, subject
from covpath.bench.limits import disk, unprivileged
from covpath.bench.limits.table import best

folder = Path(sys.argv[1])
script = REPORT + "echo start >> {{0}}/starts\\nif [ $(wc -l < {{0}}/starts) -gt 1 ]; then" \\
    " (trap '' TERM; setsid sleep {{1}} &); sleep {{1}}; fi\\n"
what = subject(folder, Variant(backend="b", script=script.format(folder, {nap!r}), report="lcov.info"))
disk_bytes = 24 * MIB if disk.obstacle() is None else None
runner = replace(ROOMY, disk_bytes=disk_bytes)
bench(folder, what, runner, means=unprivileged if sys.argv[2] == "unprivileged" else best())
"""


def started(folder: Path, means: str) -> subprocess.Popen[bytes]:
    code = FOREVER.format(nap=NAP, tests=str(Path(__file__).resolve().parents[1]))
    process = subprocess.Popen([sys.executable, "-c", code, str(folder), means], stderr=subprocess.DEVNULL)
    starts = folder / "starts"
    wait_until(lambda: starts.exists() and starts.read_text().count("start") == 2 and sleeping() == 2)
    return process


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to pass"
        time.sleep(0.02)


def sleeping() -> int:
    count = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            count += path.read_bytes() == b"sleep\0%s\0" % NAP.encode()
        except OSError:
            continue
    return count


def groups(pid: int) -> list[Path]:
    found = here()
    parents = {*found.v1.values(), *([found.v2] if found.v2 else []), *([found.v2_root] if found.v2_root else [])}
    return [group for parent in parents for group in parent.glob(f"covpath-{pid}-*")]


def left_behind(folder: Path, process: subprocess.Popen[bytes]) -> list[object]:
    mounts = [line for line in Path("/proc/self/mounts").read_text().splitlines() if str(folder) in line]
    scratch = [path for path in folder.iterdir() if path.name.startswith("covpath-bench-")]
    return [*mounts, *scratch, *groups(process.pid), *(["processes"] if sleeping() else [])]


MEANS = ["unprivileged"] if best() is unprivileged else ["best", "unprivileged"]


@pytest.mark.parametrize("means", MEANS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda one: one.name)
def test_however_it_is_stopped_earlier_trials_are_kept_and_nothing_is_left(
    tmp_path: Path, means: str, number: signal.Signals
) -> None:
    process = started(tmp_path, means)
    try:
        assert bool(groups(process.pid)) == (means == "best")
        os.kill(process.pid, number)
        process.wait(20)
    finally:
        process.kill()
    wait_until(lambda: left_behind(tmp_path, process) == [], 10)
    assert [trial.role for trial in TrialLog(tmp_path / "kept" / "trials.jsonl").read()] == [Role.REFERENCE]


@pytest.mark.linux_limits
def test_what_even_the_supervisor_could_not_clean_up_the_next_start_removes(tmp_path: Path) -> None:
    if best() is unprivileged:
        pytest.skip("NO CONTROL GROUPS, their leftovers are not tested here")
    process = started(tmp_path, "best")
    try:
        [supervisor] = [pid for pid in descendants(process.pid) if parent(pid) == process.pid]
        os.kill(supervisor, signal.SIGSTOP)
        process.kill()
        process.wait(20)
        os.kill(supervisor, signal.SIGKILL)
        assert len(left_behind(tmp_path, process)) > 2
        with Site.open(tmp_path):
            pass
        wait_until(lambda: left_behind(tmp_path, process) == [], 10)
    finally:
        process.kill()


def parent(pid: int) -> int:
    fields = stat_fields(pid)
    return int(fields[1]) if fields else 0


def test_a_living_owner_is_left_alone_and_strange_directories_too(tmp_path: Path) -> None:
    (tmp_path / "covpath-bench-notes").mkdir()
    (tmp_path / "covpath-bench-1-1").symlink_to("/")
    with Site.open(tmp_path) as site:
        with subprocess.Popen(
            [
                sys.executable,
                "-c",
                f"""
from pathlib import Path
from covpath.bench.site import Site
Site.open(Path({str(tmp_path)!r}))
""",
            ]
        ) as other:
            pass
        assert other.returncode == 0
        assert site.root.is_dir()
    names = {path.name for path in tmp_path.iterdir()}
    assert {"covpath-bench-notes", "covpath-bench-1-1"} < names
    assert len(names) == 3, "the other one did not clean up after itself"
    with Site.open(tmp_path):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"covpath-bench-notes", "covpath-bench-1-1"}
