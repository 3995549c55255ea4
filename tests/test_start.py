from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import caller
from sample_repositories import repository

WORKFLOW = """\
on: pull_request
jobs:
  coverage:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - run: cargo llvm-cov --lcov --output-path lcov.info
        continue-on-error: true
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {".github/workflows/ci.yml": WORKFLOW})


@pytest.mark.parametrize("words", [["status"], ["status", "--nothing"], ["move", "nothing", "--gate", "blocking"]])
@pytest.mark.parametrize("collecting", [True, False])
def test_collecting_is_left_as_it_was_found(
    words: list[str], collecting: bool, repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not collecting:
        gc.disable()
    try:
        caller(capsys, repo)(*words)
        assert (gc.isenabled(), gc.get_freeze_count()) == (collecting, 0)
    finally:
        gc.enable()


def test_the_process_ends_as_the_verb_does(repo: Path) -> None:
    for words, code in ((["status"], 0), (["status", "--nothing"], 2), ([], 2), (["--version"], 0)):
        done = subprocess.run([sys.executable, "-m", "covpath", *words], cwd=repo, capture_output=True, check=False)
        assert done.returncode == code, done.stderr
