"""Moves of jobs that measure behind a recipe, an action or another job: judged as the status judges them."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import Outcome, caller
from sample_repositories import write

CI = ".github/workflows/ci.yml"
ACTION = ".github/actions/cov/action.yml"
USING = """\
on: pull_request
jobs:
  cov:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: ./.github/actions/cov
      - run: echo done
"""
RUNNING = USING.replace("uses: ./.github/actions/cov", "run: make cov")
COMPOSITE = "runs:\n  using: composite\n  steps:\n    - shell: bash\n      run: {run}\n"


def moved(root: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], *arguments: str) -> Outcome:
    write(root, files)
    return caller(capsys, root)("move", *arguments)


def test_a_mask_in_an_action_is_named_where_it_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {CI: USING, ACTION: COMPOSITE.format(run="cargo llvm-cov || true")}
    outcome = moved(tmp_path, capsys, files, "cov", "--gate", "blocking")
    assert outcome.code == 3
    assert f"{ACTION}:5" in outcome.err
    assert "job 'cov' is silent" in outcome.err


def test_a_mask_in_a_recipe_is_named_where_it_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {CI: RUNNING, "Makefile": "cov:\n\tcargo llvm-cov || true\n"}
    outcome = moved(tmp_path, capsys, files, "cov", "--gate", "blocking")
    assert outcome.code == 3
    assert "Makefile:2" in outcome.err


def test_a_mask_in_a_script_and_in_its_recipe_are_not_half_taken_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {CI: RUNNING.replace("make cov", "make cov || true"), "Makefile": "cov:\n\t-cargo llvm-cov\n"}
    outcome = moved(tmp_path, capsys, files, "cov", "--gate", "blocking")
    assert (outcome.code, "Makefile:2" in outcome.err) == (3, True)


@pytest.mark.parametrize("backend", ["cargo-llvm-cov", "grcov"])
def test_another_backend_is_the_recipes_to_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], backend: str
) -> None:
    files = {CI: USING, ACTION: COMPOSITE.format(run="make cov"), "Makefile": "cov:\n\tcargo tarpaulin --out Xml\n"}
    outcome = moved(tmp_path, capsys, files, "cov", "--backend", backend)
    assert outcome.code == 3
    assert "Makefile:2" in outcome.err
    assert f"{ACTION}:5 -> make cov -> Makefile:2 -> cargo tarpaulin --out Xml" in outcome.err
    assert "`cargo tarpaulin --out Xml` becomes `" in outcome.err


def test_a_job_that_takes_data_over_names_whose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taking = """\
  upload:
    needs: cov
    runs-on: ubuntu-latest
    steps:
      - uses: actions/download-artifact@v4
        with: {name: cov}
      - uses: codecov/codecov-action@v5
"""
    leaving = RUNNING.replace(
        "      - run: echo done\n",
        "      - uses: actions/upload-artifact@v4\n        with: {name: cov, path: lcov.info}\n",
    )
    files = {CI: leaving + taking, "Makefile": "cov:\n\tcargo llvm-cov --lcov\n"}
    outcome = moved(tmp_path, capsys, files, "upload", "--backend", "cargo-tarpaulin")
    assert outcome.code == 3
    assert "it takes over what ci.yml:cov measured (artifact cov)" in outcome.err
    assert "Move ci.yml:cov." in outcome.err


def test_a_tool_without_a_backend_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {CI: RUNNING.replace("make cov", "go test -coverprofile=c.out ./...")}
    outcome = moved(tmp_path, capsys, files, "cov", "--backend", "cargo-llvm-cov")
    assert outcome.code == 3
    assert "job 'cov' measures with " in outcome.err


def test_an_action_in_a_workflow_that_nothing_here_calls_is_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    called = USING.replace("on: pull_request", "on: workflow_call")
    files = {CI: called, ACTION: COMPOSITE.format(run="cargo llvm-cov || true")}
    outcome = moved(tmp_path, capsys, files, "cov", "--gate", "blocking")
    assert (outcome.code, f"{ACTION}:5" in outcome.err) == (3, True)
