from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from bench_trials import GOOD_REPORT, SMALL, control_groups, run
from covpath.bench.limits import unprivileged
from covpath.bench.limits.ask import Means
from covpath.bench.limits.table import best
from covpath.errors import OutsideError
from covpath.evidence.trial import CacheState, Outcome

MEANS: list[Means] = [unprivileged] if best() is unprivileged else [best(), unprivileged]


@pytest.fixture(params=MEANS, ids=lambda means: means.NAME)
def means(request: pytest.FixtureRequest) -> Means:
    return request.param  # type: ignore[no-any-return]


def test_a_good_run_leaves_its_report_and_its_time(tmp_path: Path, means: Means) -> None:
    trial = run(GOOD_REPORT + "sleep 0.2\n", tmp_path, means=means, report="lcov.info", files={"a.py": ""})
    assert (trial.outcome, trial.reason, trial.exit_code, trial.log_tail) == (Outcome.OK, "", 0, "")
    assert trial.report is not None
    assert (trial.report.format, trial.report.files, trial.report.covered_lines) == ("lcov", 1, 1)
    assert 0.19 < trial.wall_seconds < 2
    assert trial.cpu.total_seconds < 0.2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("script", "outcome", "reason"),
    [
        ("true\n", Outcome.REPORT_BAD, "no report was written"),
        (": > lcov.info\n", Outcome.REPORT_BAD, "the report is empty"),
        ("ln -s /dev/zero lcov.info\n", Outcome.REPORT_BAD, "no report was written"),
        ("mkfifo lcov.info\n", Outcome.REPORT_BAD, "no report was written"),
        ("touch -d yesterday lcov.info; " + GOOD_REPORT + "touch -d yesterday lcov.info", Outcome.REPORT_BAD, "older"),
        (GOOD_REPORT.replace("a.py", "b.py"), Outcome.REPORT_BAD, "1 missing (a.py) and 1 more (b.py)"),
        (GOOD_REPORT + "exit 3\n", Outcome.TEST_FAIL, "exit code 3"),
        (GOOD_REPORT + "false | true\n", Outcome.OK, ""),
        ("false\n" + GOOD_REPORT, Outcome.TEST_FAIL, "exit code 1"),
        (GOOD_REPORT + "kill -9 $$\n", Outcome.KILLED_OTHER, "SIGKILL"),
        (GOOD_REPORT + "no-such-command-anywhere\n", Outcome.TEST_FAIL, "exit code 127"),
    ],
)
def test_how_a_run_ends(tmp_path: Path, script: str, outcome: Outcome, reason: str) -> None:
    names = frozenset({"a.py"})
    trial = run(script, tmp_path, means=unprivileged, report="lcov.info", reference=names, files={"a.py": ""})
    assert trial.outcome is outcome
    assert reason in trial.reason


def test_a_report_that_lay_there_before_does_not_count(tmp_path: Path) -> None:
    old = {"a.py": "", "lcov.info": "SF:a.py\nDA:1,1\nend_of_record\n"}
    trial = run("true", tmp_path, means=unprivileged, report="lcov.info", files=old)
    assert trial.reason == "no report was written"


def test_nothing_outside_the_copy_is_deleted(tmp_path: Path) -> None:
    precious = tmp_path / "elsewhere" / "coverage.xml"
    precious.parent.mkdir()
    precious.write_text("precious")
    for report in (str(precious), "../../../elsewhere/coverage.xml", "link/coverage.xml"):
        with pytest.raises(OutsideError, match="does not lie in the repository's copy"):
            run("true", tmp_path, means=unprivileged, report=report, links={"link": str(precious.parent)})
    assert precious.read_text() == "precious"


def test_the_shell_and_directory_are_the_steps_own(tmp_path: Path) -> None:
    failing = run("false | true\n", tmp_path, means=unprivileged, shell="bash --noprofile --norc -eo pipefail {0}")
    assert failing.outcome is Outcome.TEST_FAIL
    other = run("import os; print(os.getcwd()); raise SystemExit(4)", tmp_path, means=unprivileged, shell="python3 {0}")
    assert (other.exit_code, other.log_tail.strip().endswith("trial/work")) == (4, True)
    moved = run("test $(basename $PWD) = sub", tmp_path, means=unprivileged, setup=(), directory=".")
    assert moved.outcome is Outcome.TEST_FAIL


def test_a_shell_that_is_not_there_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match=r"cannot be run.*No such file"):
        run("x", tmp_path, means=unprivileged, shell="no-such-shell {0}")
    with pytest.raises(OutsideError, match="cannot be run"):
        run("x", tmp_path, means=unprivileged, directory="no-such-directory")
    assert list(tmp_path.iterdir()) == []


def test_a_shell_that_may_not_be_executed_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match=r"cannot be run.*No such file"):
        run("x", tmp_path, means=unprivileged, shell="./plain {0}", files={"plain": "#!/bin/sh\n"})


def test_the_command_gets_its_environment_whole(tmp_path: Path) -> None:
    own = {
        "my-name": "a  b",
        "spring.url": "",
        "PLAIN": "'$HOME' \\",
        "BASH_FUNC_it%%": "() { :; }",
        "é": "ö",
        "IFS": "x",
    }
    script = "import json, os, sys; print(json.dumps(dict(os.environ))); print(repr(sys.stdin.read())); sys.exit(1)"
    trial = run(script, tmp_path, means=unprivileged, shell=f"{sys.executable} -I {{0}}", own=own)
    shown, stdin = trial.log_tail.splitlines()
    seen = json.loads(shown)
    assert {name: seen.get(name) for name in own} == own
    assert set(seen) - {"_", "SHLVL", "OLDPWD", "LC_CTYPE"} == set(trial.command.environment_names)
    assert stdin == "''"


def test_the_command_gets_no_other_files(tmp_path: Path) -> None:
    script = "import os, sys; print(sorted(os.listdir('/proc/self/fd'))); sys.exit(1)"
    trial = run(script, tmp_path, means=unprivileged, shell=f"{sys.executable} -I {{0}}")
    assert trial.log_tail == "['0', '1', '2', '3']\n"  # the last is the folder being read


def test_what_starting_takes_is_not_the_commands(tmp_path: Path, means: Means) -> None:
    """A shell that does nothing; with the fork that it came from it would be twice that."""
    least = min(run("", tmp_path, means=means).cpu.total_seconds for _ in range(5))
    assert 0 < least < 2 * alone()


def alone() -> float:
    """What the same shell takes by itself, at best."""
    found = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        os.waitpid(os.posix_spawnp("bash", ["bash", "-e", os.devnull], os.environ), 0)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def test_the_output_is_kept_where_it_explains(tmp_path: Path) -> None:
    trial = run("echo to-out; echo to-err >&2; exit 1", tmp_path, means=unprivileged)
    assert trial.log_tail == "to-out\nto-err\n"


def test_endless_output_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("covpath.bench.spec.LOG_BYTES", 3 * 2**20)
    script = "for i in 1 2 3 4; do head -c 2000000 /dev/zero | tr '\\0' x; sleep 0.15; done; echo last; exit 1"
    trial = run(script, tmp_path, means=unprivileged)
    assert "output beyond the bound was dropped" in trial.warnings
    assert trial.log_tail.endswith("xlast\n")


def test_the_time_limit_is_kept_exactly(tmp_path: Path, means: Means) -> None:
    trial = run("sleep 30\n", tmp_path, replace(SMALL, time_seconds=0.4), means=means)
    assert (trial.outcome, trial.reason) == (Outcome.TIMEOUT, "was still running after 400 ms")
    assert 0.4 <= trial.wall_seconds < 0.6


@pytest.mark.linux_limits
def test_orphans_are_killed_and_counted(tmp_path: Path) -> None:
    means = control_groups()
    nap = f"sleep 62.{os.getpid()}"
    script = f"(trap '' TERM; setsid {nap} &)\n(setsid setsid {nap} &)\nnohup {nap} &\nexit 0\n"
    trial = run(script, tmp_path, means=means)
    assert (trial.outcome, trial.orphans) == (Outcome.OK, 3)
    assert any("3 processes outlived" in warning for warning in trial.warnings)
    time.sleep(0.05)
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not any(nap[6:].encode() in command for command in commands)


def test_a_cold_trial_reads_from_the_disk(tmp_path: Path) -> None:
    blocks = "import resource; print('blocks', resource.getrusage(resource.RUSAGE_SELF).ru_inblock > 100)"
    script = f"python3 -c \"open('big', 'rb').read(); {blocks}\"; exit 1"
    files = {"big": "x" * 2**20}
    cold = run(script, tmp_path, means=unprivileged, files=files, cache=CacheState.COLD)
    warm = run(script, tmp_path, means=unprivileged, files=files)
    assert "blocks False" in warm.log_tail
    assert "blocks True" in cold.log_tail or in_memory(tmp_path)


def in_memory(path: Path) -> bool:
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    under = max((m for m in mounts if path.is_relative_to(m[1])), key=lambda m: len(m[1]))
    return under[2] in ("tmpfs", "overlay")
