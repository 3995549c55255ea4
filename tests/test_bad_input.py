"""Bad input is met every day: one paragraph, a place, the right exit code, nothing written, no process left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from command_line import Call, caller
from sample_repositories import repository, write

GOOD = """\
on: pull_request
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: make test
  coverage:
    runs-on: ubuntu-latest
    steps:
      - name: Measure
        run: python -m pytest --cov=src --cov-report=xml
"""
LEDGER = """\
version: 1
owner: "@org/ci"
exceptions:
  - job: ci.yml:coverage
    decision: new-backend
    target: "2026-12-31"
    reason: it is slow
"""
CI = ".github/workflows/ci.yml"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {CI: GOOD})


@pytest.fixture
def call(repo: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(capsys, repo)


def snapshot(repo: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(repo)): path.read_bytes()
        for path in sorted(repo.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(repo).parts[:1]
    }


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        (b"on: push\njobs:\n\ta: 1\n", "bad.yml:3:1", "not valid YAML"),
        (b"on: push\njobs: {a: [}\n", "bad.yml:2:", "not valid YAML"),
        (b"on: push\n# caf\xe9\n", "bad.yml:2:6", "not UTF-8"),
        (b"\xff\xfeo\x00n\x00", "bad.yml:1:1", "UTF-16"),
        (b"", "bad.yml:1:1", "is empty"),
        (b"# nothing but a comment\n", "bad.yml:1:1", "is empty"),
        (b"- a\n- b\n", "bad.yml:1:1", "is not a mapping"),
        (b"on: push\njobs:\n  a:\n    runs-on: x\n    runs-on: y\n", "bad.yml:5:5", "twice"),
        (b"on: push\njobs:\n  a:\n    steps: []\n", "bad.yml:3:3", "neither `runs-on` nor `uses`"),
        (b"on: push\njobs:\n  a:\n    needs: b\n    runs-on: x\n", "bad.yml:3:3", "needs 'b'"),
    ],
    ids=["tab", "brackets", "latin-1", "utf-16", "empty", "comment", "list", "duplicate", "no-runner", "unknown-need"],
)
def test_a_bad_workflow_is_told_and_the_others_are_read(
    repo: Path, call: Call, content: bytes, place: str, message: str
) -> None:
    write(repo, {".github/workflows/bad.yml": content})
    outcome = call("status", "--all")
    assert outcome.code == 2
    line = next(line for line in outcome.out.splitlines() if line.startswith("not read:"))
    assert f"not read: .github/workflows/{place}" in line
    assert message in line
    assert "  test " in outcome.out


def test_a_directory_in_place_of_a_workflow(repo: Path, call: Call) -> None:
    (repo / ".github/workflows/folder.yml").mkdir()
    assert call("status").code == 0


def test_a_file_in_place_of_a_repository(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = caller(capsys, repo / CI)("status")
    assert outcome.code == 2
    assert "is not a directory" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("status", "nobody"), 2, "there is no job 'nobody'"),
        (("move", "coverage", "--backend", "gcov-9000"), 2, "there is no backend 'gcov-9000'"),
        (("move", "test", "--backend", "slipcover"), 3, "no command of a known coverage backend"),
        (("move", "coverage", "--timeout-minutes", "soon"), 2, ""),
        (("bench", "--job", "coverage", "--runners", "cray-1", "--yes"), 2, "cray-1"),
        (("bench", "--job", "nobody", "--yes"), 2, "there is no job 'nobody'"),
        (("bench", "--job", "test", "--yes"), 3, "no step in which a known backend measures"),
        (("bench", "--yes"), 2, "which job?"),
        (("status", "--required", "absent.json"), 2, "absent.json"),
        (("move", "coverage", "--branch", "b"), 2, "usage: covpath move [--help]"),
        (("explain", "nothing"), 2, "there is no rule 'nothing'"),
        (("schema", "nothing"), 2, "there is no schema 'nothing'"),
        (("exceptions", "check"), 2, "ci/ci-exceptions.yaml"),
        (("audit", "--today", "2026-02-30"), 2, "2026-02-30"),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_paragraph(
    repo: Path, call: Call, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, message: str
) -> None:
    before = snapshot(repo)
    outcome = call(*arguments) if arguments[0] not in ("explain", "schema") else caller(capsys)(*arguments)
    assert outcome.code == code
    assert message in outcome.err
    assert "Traceback" not in outcome.err
    assert snapshot(repo) == before


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        (("reason:", "raisins: yes\n    reason:"), "ci/ci-exceptions.yaml:7:5", "raisins"),
        (('"2026-12-31"', '"2026-02-30"'), "ci/ci-exceptions.yaml:6:", "2026-02-30"),
        (("new-backend", "someday"), "ci/ci-exceptions.yaml:5:", "someday"),
        (("    reason: it is slow\n", ""), "ci/ci-exceptions.yaml:4:", "reason"),
    ],
    ids=["unknown-key", "30-february", "unknown-decision", "no-reason"],
)
def test_a_bad_exceptions_file(repo: Path, call: Call, change: tuple[str, str], place: str, message: str) -> None:
    write(repo, {"ci/ci-exceptions.yaml": LEDGER.replace(*change)})
    before = snapshot(repo)
    for arguments in (("exceptions", "check"), ("audit",)):
        outcome = call(*arguments)
        assert outcome.code == 2
        assert place in outcome.err
        assert message in outcome.err
    assert snapshot(repo) == before


def test_two_jobs_of_one_id(repo: Path, call: Call) -> None:
    write(repo, {".github/workflows/other.yaml": GOOD})
    outcome = call("move", "coverage", "--gate", "blocking", "--write")
    assert outcome.code == 2
    assert "ci.yml:coverage or other.yaml:coverage" in outcome.err


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("    services:\n      db:\n        image: postgres\n", "line 12: it needs services"),
        ("    container: rust:1\n", "line 12: it runs in a container"),
        ("    env:\n      TOKEN: ${{ secrets.TOKEN }}\n", "line 13: a secret is needed"),
    ],
)
def test_bench_refuses_what_a_copy_does_not_have(repo: Path, call: Call, body: str, message: str) -> None:
    # The lines go behind the last step, so they belong to the job.
    write(repo, {CI: GOOD + body})
    outcome = call("bench", "--job", "coverage", "--yes")
    assert outcome.code == 3
    assert message in outcome.err


def test_bench_asks_before_it_runs_somebody_elses_commands(repo: Path, call: Call) -> None:
    outcome = call("bench", "--job", "coverage")
    assert outcome.code == 3
    assert "python -m pytest --cov=src --cov-report=xml" in outcome.out
    assert "nothing was run" in outcome.err


# A duration nobody else on this machine sleeps for.
NAP = f"61.{os.getpid()}"
SLOW = GOOD.replace("python -m pytest", f"sleep {NAP}; python -m pytest")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="bench needs Linux")
class TestBenchEnds:
    def start(self, repo: Path, *more: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "covpath", "bench", "--repo", str(repo), "--job", "coverage", "--yes",
             "--backends", "pytest-cov", "--runners", "ubuntu-slim", *more],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PATH": _path()},
        )  # fmt: skip

    def test_a_command_that_fails_at_once(self, repo: Path) -> None:
        process = self.start(repo)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 1, err
        assert b"does not work" in out
        assert b"Traceback (most recent call last)" not in err

    def test_ctrl_c_leaves_no_process(self, repo: Path) -> None:
        write(repo, {CI: SLOW})
        process = self.start(repo)
        assert _eventually(lambda: _sleeping(NAP))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        assert b"interrupted" in err
        assert not _sleeping(NAP)


def _path() -> str:
    return f"{Path(sys.executable).parent}:{os.environ['PATH']}"


def _sleeping(seconds: str) -> bool:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[:2] == [b"sleep", seconds.encode()]:
                return True
    return False


def _eventually(holds: object, seconds: float = 60.0) -> bool:
    assert callable(holds)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return False
