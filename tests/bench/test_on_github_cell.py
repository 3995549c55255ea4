from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from covpath.bench.github.cell import run_part
from covpath.bench.github.cell_settings import begin
from covpath.bench.github.generate import Generated, Version, Wish, generate
from covpath.bench.github.own_steps import RECORDS
from covpath.bench.github.parts import PartRun, added_up, keep_parts, load_parts
from covpath.bench.github.real import Found, real_limits, time_left, unlike
from covpath.bench.limits.ask import Capacity
from covpath.bench.variants import split_core
from covpath.errors import InputError, UsageError
from covpath.evidence.cells import cells
from covpath.evidence.codec import to_data
from covpath.evidence.model import Evidence
from covpath.evidence.store import load_evidence
from covpath.evidence.trial import Enforcement, Outcome, Trial
from covpath.gate.judge import Judge
from covpath.gate.required import UNKNOWN_REQUIRED
from covpath.moves.plan import Wanted, plan
from covpath.terms import JobId, Tri
from covpath.workflow.reading import read_workflow
from covpath.yamltext.nodes import to_plain
from evidence_samples import RUNNER
from github_runner import Runner
from sample_repositories import git, repository

if not sys.platform.startswith("linux"):
    pytest.skip("NO LINUX: cells are measured on Linux only", allow_module_level=True)

JOB = JobId("coverage")
HERE = Path(sys.executable).parent

# A stand-in for pytest that does what it is told through its environment.
STUB = """\
#!/bin/sh
echo "measuring with ${1}"
eval "$DO"
"""
REPORT = "printf 'SF:pkg/a.py\\nDA:1,1\\nend_of_record\\n' > out/lcov.info"
FILES = {
    "bin/pytest": STUB,
    "bin/coverage": STUB.replace("$DO", "$DO_COVERAGE"),
    "pkg/a.py": "x = 1\n",
    "out/keep": "",
}
WORKFLOW = """\
on: push
jobs:
  coverage:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        word: [one, two]
    env:
      WORD: word ${{{{ matrix.word }}}}
      DO: {do}
    steps:
      - run: |
          chmod +x bin/*
          echo "$PWD/bin" >> "$GITHUB_PATH"
{steps}"""
MEASURE = "      - name: measure\n        run: pytest --cov --cov-report=lcov:out/lcov.info\n"


class Ran:
    """A generated workflow's measuring job, run in a clean clone."""

    def __init__(self, folder: Path, made: Generated, files: dict[str, str], job: str = "measure") -> None:
        origin = repository(folder / "origin", files)
        git(folder, "clone", "--quiet", str(origin), "workspace")
        found = made.workflow.jobs[JobId(job)]
        (cell, *_) = to_plain(found.strategy)["matrix"]["include"]  # type: ignore[index, call-overload, arg-type]
        environment = {"PATH": f"{HERE}{os.pathsep}{os.environ['PATH']}"}
        self.folder = folder
        self.runner = Runner(
            made.workflow, found, cell, folder / "workspace", folder / "temp", folder / "artifacts", environment
        )
        self.green = self.runner.run()

    @property
    def evidence(self) -> Evidence:
        (record,) = (self.folder / "artifacts").glob(f"{RECORDS}*/evidence.json")
        return load_evidence(record)

    @property
    def trial(self) -> Trial:
        (trial,) = self.evidence.trials
        return trial


def _made(text: str, backends: Sequence[str] = ("pytest-cov",), target: str | None = None, **changes: Any) -> Generated:
    workflow = read_workflow(".github/workflows/ci.yml", text.encode())
    if target is not None:
        workflow = plan(workflow, (JOB,), Wanted(backend=target), Judge(required=UNKNOWN_REQUIRED)).after
    environments = {name: {"COVERAGE_CORE": core} for name in backends if (core := split_core(name)[1]) is not None}
    version = Version(workflow=workflow, backends=tuple(backends), environments=environments)
    return generate(
        Wish(
            job=JOB,
            versions=(version,),
            runners=(RUNNER,),
            trials=1,
            requirement="covpath",
            commit=None,
            leg={},
            accepted=frozenset(),
        ),
        lambda _found: {},
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def test_a_real_measurement_becomes_a_real_cell(tmp_path: Path) -> None:
    text = WORKFLOW.format(
        do="true",
        steps="      - name: measure\n"
        "        working-directory: sub\n"
        "        shell: bash -eo pipefail {0}\n"
        "        env: {GREETING: hello}\n"
        "        run: |\n"
        "          test \"$GREETING $WORD ${{ matrix.word }}\" = 'hello word one one'\n"
        '          test -z "${LC_CTYPE-}${COVPATH_LC_CTYPE-}"\n'
        "          python -m pytest -q -p no:cacheprovider --cov=pkg --cov-report=xml:cov.xml | cat\n"
        "      - run: exit 1\n",
    )
    files = {
        "sub/pkg/__init__.py": "def f():\n    return 1\n",
        "sub/test_it.py": "from pkg import f\n\n\ndef test_f():\n    assert f() == 1\n",
        "bin/nothing": "",
    }
    ran = Ran(tmp_path, _made(text), files)
    assert ran.green, ran.runner.log
    trial = ran.trial
    assert (trial.outcome, trial.exit_code, trial.runner) == (Outcome.OK, 0, RUNNER.name)
    assert trial.report is not None
    assert (trial.report.path, trial.report.covered_lines, trial.report.coverable_lines) == ("sub/cov.xml", 2, 2)
    assert trial.command.working_directory == "sub"
    assert "${{ matrix.word }}" in trial.command.script
    assert trial.cpu.total_seconds > 0
    assert trial.memory.peak_bytes
    assert trial.versions["pytest-cov"] != "unknown"
    assert trial.core is not None
    (cell,) = cells(ran.evidence)
    assert (cell.works, cell.enforcement) == (Tri.TRUE, Enforcement.REAL)
    assert "1 passed" in ran.runner.log
    assert any("its profile says" in warning for warning in trial.warnings)


@pytest.mark.parametrize(("way", "core"), [("ctrace", "CTracer"), ("pytrace", "PyTracer")])
def test_another_backend_is_measured_by_its_own_command(way: str, core: str, tmp_path: Path) -> None:
    steps = "      - name: measure\n        run: python -m pytest --cov=pkg --cov-report=xml -q\n"
    files = {
        "pkg/__init__.py": "x = 1\n",
        "test_it.py": "import pkg\n\n\ndef test_x():\n    assert pkg.x\n",
        "bin/a": "",
    }
    made = _made(WORKFLOW.format(do="true", steps=steps), (f"coverage.py-{way}",), "coverage.py")
    ran = Ran(tmp_path, made, files)
    assert ran.green, ran.runner.log
    assert "coverage run" in ran.trial.command.script
    assert (ran.trial.outcome, ran.trial.core) == (Outcome.OK, core)
    assert ran.trial.report is not None


@pytest.mark.parametrize(
    ("do", "outcome", "exit_code", "reason"),
    [
        (f"{REPORT}; echo last words; exit 3", Outcome.TEST_FAIL, 3, "exit code 3"),
        ("true", Outcome.REPORT_BAD, 0, "no report was written"),
        ("kill -9 $$", Outcome.KILLED_OTHER, 137, "SIGKILL"),
    ],
)
def test_a_failure_is_recorded_and_leaves_the_job_green(
    do: str, outcome: Outcome, exit_code: int, reason: str, tmp_path: Path
) -> None:
    text = WORKFLOW.format(do=_quoted(do), steps=MEASURE)
    ran = Ran(tmp_path, _made(text), FILES | {"out/lcov.info": "SF:old\nDA:1,1\nend_of_record\n"})
    assert ran.green, ran.runner.log
    assert (ran.trial.outcome, ran.trial.exit_code) == (outcome, exit_code)
    assert reason in ran.trial.reason
    assert "measuring with --cov" in ran.trial.log_tail
    assert "measuring with --cov" in ran.runner.log
    (cell,) = cells(ran.evidence)
    assert cell.works is Tri.FALSE


def test_a_secret_the_job_takes_is_not_carried_off_with_the_output(tmp_path: Path) -> None:
    steps = MEASURE + "        env:\n          TOKEN: ${{ secrets.TOKEN }}\n"
    ran = Ran(tmp_path, _made(WORKFLOW.format(do=_quoted("echo $TOKEN; exit 1"), steps=steps)), dict(FILES))
    assert ran.trial.log_tail == ""
    assert "TOKEN" in ran.trial.command.environment_names
    assert any("secrets may stand in it" in warning for warning in ran.trial.warnings)


def test_a_time_limit_leaves_a_record_and_nothing_behind(tmp_path: Path) -> None:
    steps = MEASURE + "        timeout-minutes: 0.01\n"
    ran = Ran(tmp_path, _made(WORKFLOW.format(do=_quoted("sleep 987 & sleep 987"), steps=steps)), dict(FILES))
    assert ran.green
    assert ran.trial.outcome is Outcome.TIMEOUT
    assert ran.trial.wall_seconds < 5
    running = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert b"sleep\x00987\x00" not in running


PARTS = """\
      - name: tests
        run: coverage run -m pytest
      - run: echo between
      - name: report
        shell: sh
        run: coverage lcov -o out/lcov.info
"""


def test_steps_that_measure_and_report_are_one_cell(tmp_path: Path) -> None:
    do = f'if test "$1" = lcov; then {REPORT}; else sleep 0.2; fi'
    text = WORKFLOW.format(do=f"x\n      DO_COVERAGE: {_quoted(do)}", steps=PARTS)
    ran = Ran(tmp_path, _made(text, ("coverage.py",)), dict(FILES))
    assert ran.green, ran.runner.log
    assert ran.trial.outcome is Outcome.OK
    assert ran.trial.wall_seconds >= 0.2
    assert "coverage run" in ran.trial.command.script
    assert "coverage lcov" in ran.trial.command.script


def test_after_a_failed_step_the_next_does_not_run(tmp_path: Path) -> None:
    do = f'if test "$1" = lcov; then {REPORT}; else exit 4; fi'
    text = WORKFLOW.format(do=f"x\n      DO_COVERAGE: {_quoted(do)}", steps=PARTS)
    ran = Ran(tmp_path, _made(text, ("coverage.py",)), dict(FILES))
    assert (ran.trial.outcome, ran.trial.exit_code) == (Outcome.TEST_FAIL, 4)
    assert "not run, because a measuring step before it failed" in ran.runner.log
    assert "measuring with lcov" not in ran.runner.log


def test_without_set_up_there_is_no_record_and_the_job_is_red(tmp_path: Path) -> None:
    ran = Ran(tmp_path, _made(WORKFLOW.format(do="x", steps="      - run: exit 1\n" + MEASURE)), dict(FILES))
    assert not ran.green
    assert not (tmp_path / "artifacts").exists()
    assert "measure" not in ran.runner.outcomes


def _part(**changes: Any) -> PartRun:
    result = {
        "started": 100.0, "status": 0, "timed_out": False, "wall": 2.0, "all_killed": True, "least_free": 50,
        "samples": [[0.5, 1, 2, 3, 4, 5]], "foreign": 1.0, "steal": 0.0, "growth": 7, "orphans": 1,
        "machine_oom_kills": 0, "log_dropped": 0, "counters": {"user": 1.0, "system": 0.5, "peak": 10, "oom_kills": 0},
    }  # fmt: skip
    return PartRun(argv=("bash",), result={**result, **changes}, log="")


def test_runs_add_up() -> None:
    other = {"user": 2.0, "system": 0.5, "peak": 30, "oom_kills": 1}
    whole = added_up([_part(), _part(started=200.0, status=3, counters=other, foreign=None, least_free=20)])
    assert (whole["started"], whole["status"], whole["wall"], whole["least_free"]) == (100.0, 3, 4.0, 20)
    assert whole["samples"] == [[0.5, 1, 2, 3, 4, 5], [2.5, 1, 2, 3, 4, 5]]
    assert whole["counters"] == {"user": 3.0, "system": 1.0, "oom_kills": 1, "peak": 30}
    assert (whole["growth"], whole["orphans"], whole["foreign"]) == (14, 2, None)


def test_what_one_run_did_not_count_is_not_counted() -> None:
    whole = added_up([_part(), _part(counters={"user": 1.0, "system": 0.0, "largest": 99})])
    assert whole["counters"] == {"user": 2.0, "system": 0.5, "largest": 99}


def test_runs_survive_the_way_to_the_next_step(tmp_path: Path) -> None:
    keep_parts(tmp_path, [_part()])
    assert load_parts(tmp_path) == (_part(),)
    (tmp_path / "parts.json").write_text("[1]")
    with pytest.raises(InputError, match="does not hold the runs of a cell"):
        load_parts(tmp_path)


@pytest.mark.parametrize(
    ("limits", "elapsed", "left"), [([None], 5, None), ([600.0, None], 100, 455.0), ([60.0, 600.0], 59, 1.0)]
)
def test_time_is_left_to_keep_the_record(limits: list[float | None], elapsed: float, left: float | None) -> None:
    assert time_left(limits, elapsed) == left


def test_a_machine_unlike_its_profile_is_told() -> None:
    found = Found(capacity=Capacity(cpus=(0, 1), memory_bytes=RUNNER.memory_bytes * 2, swap_bytes=0), free_bytes=10)
    assert len(list(unlike(RUNNER, found))) == 2
    same = Found(capacity=Capacity(cpus=(0,), memory_bytes=RUNNER.memory_bytes, swap_bytes=0), free_bytes=10)
    assert list(unlike(RUNNER, same)) == []
    assert {limit.state for limit in real_limits(RUNNER, same, None)} == {Enforcement.REAL}


def test_a_cell_is_for_github_actions_only(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="RUNNER_TEMP"):
        run_part(1, ["true"], {}, sys.stdout.buffer)
    with pytest.raises(InputError, match="the cell was not begun"):
        run_part(1, ["true"], {"RUNNER_TEMP": str(tmp_path)}, sys.stdout.buffer)
    with pytest.raises(InputError, match="COVPATH_CELL"):
        begin({"RUNNER_TEMP": str(tmp_path)})
    cell = json.dumps({"backend": "c8", "number": 0, "runner": json.dumps(to_data(RUNNER))})
    given = {"RUNNER_TEMP": str(tmp_path), "COVPATH_CELL": cell}
    with pytest.raises(InputError, match="not whole"):
        begin(given | {"COVPATH_SUBJECT": "{}"})
    with pytest.raises(InputError, match="was unexpected"):
        begin(given | {"COVPATH_CELL": cell.replace("name", "nome"), "COVPATH_SUBJECT": "{}"})
