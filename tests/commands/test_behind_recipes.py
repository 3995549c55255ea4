"""Verbs that need a measuring command of a job's own name the recipe that has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import caller
from sample_repositories import commit, repository, write

FILES = {
    ".github/workflows/ci.yml": (
        "on: pull_request\njobs:\n  cov:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make cov\n"
    ),
    "Makefile": "cov:\n\tcargo llvm-cov\n",
}


@pytest.mark.parametrize(
    "arguments", [("bench", "--job", "cov"), ("bench", "--on-github", "cov", "--write", "-")], ids=["here", "there"]
)
def test_a_benchmark_of_a_recipe_is_refused_with_the_chain(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    write(tmp_path, FILES)
    outcome = caller(capsys, tmp_path)(*arguments)
    assert outcome.code == 3
    assert "make cov -> Makefile:2 -> cargo llvm-cov" in outcome.err


def test_a_branch_that_masks_in_a_recipe_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = repository(tmp_path / "repo", FILES)
    commit(root, {"Makefile": FILES["Makefile"].replace("llvm-cov", "llvm-cov || true")}, "Soften")
    call = caller(capsys, root)
    assert call("status", "--base", "HEAD~1").out == "this branch makes `cov` silent (was blocking), Makefile:2\n"
    commit(root, {"Makefile": f"# a comment\n{FILES['Makefile']}"}, "Harden")
    assert call("status", "--base", "HEAD~2").out == ""
