"""Many writers of one exceptions file, and writers that are killed: nothing is lost, and the file is always whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from covpath.ledger.reading import load
from ledger.write_runs import FILE, begun, left_behind, run
from sample_repositories import repository

WRITERS = 20
KILLS = 200


def report(line: str) -> None:
    sys.stdout.write(f"\n  {line}")


def test_processes_that_add_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"job{number}" for number in range(WRITERS)]
    job = "  {}:\n    runs-on: u\n    continue-on-error: true\n    steps:\n      - run: make\n"
    workflow = "on: pull_request\njobs:\n" + "".join(map(job.format, names))
    root = repository(tmp_path / "repository", {".github/workflows/ci.yml": workflow})
    command = [sys.executable, "-m", "covpath", "exceptions", "add", "--write", "--owner", "@org/ci"]
    asked = [
        "--decision",
        "new-backend",
        "--target",
        "2027-01-01",
        "--reason",
        "it dies",
        "--evidence",
        "https://e.org",
    ]
    started = [subprocess.Popen([*command, *asked, name], cwd=root, stdout=subprocess.DEVNULL) for name in names]
    codes = [process.wait() for process in started]
    jobs = {str(job.job) for entry in load(root / FILE, root).entries for job in entry.jobs}
    lost = len(set(names) - jobs)
    with capsys.disabled():
        report(f"`exceptions add` by {WRITERS} processes at once: {codes.count(0)} succeeded, {lost} entries lost")
    assert codes == [0] * WRITERS
    assert lost == 0
    assert left_behind(root) == []


def test_writers_killed_in_the_middle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    killed = run("shot", begun(tmp_path / "shot"), KILLS)
    points = run("killed", begun(tmp_path / "killed"), KILLS)
    with capsys.disabled():
        report(f"kill -9 after a moment, {KILLS} times: {killed} writers died, nothing that others wrote was lost, ")
        report("the file was whole and valid each time")
        report(f"kill -9 before each of a writer's {points} system calls: whole and valid each time")
    assert killed > KILLS / 4
    assert 10 < points < KILLS
