"""Moves in a file that others call: their verdicts are compared as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import caller
from sample_repositories import write

CALLED = """\
on: workflow_call
jobs:
  cover:
    runs-on: ubuntu-latest
    steps:
      - run: pytest --cov
"""
CALLING = """\
on: pull_request
jobs:
  coverage:
    uses: ./.github/workflows/called.yml
  gate:
    needs: coverage
    if: always()
    runs-on: ubuntu-latest
    steps:
      - run: exit 1
        if: contains(needs.*.result, 'failure')
"""
ABOVE = "on: pull_request\njobs:\n  all:\n    uses: ./.github/workflows/ci.yml\n"
FOLDER = ".github/workflows"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, {f"{FOLDER}/called.yml": CALLED, f"{FOLDER}/ci.yml": CALLING})
    return tmp_path


def test_what_turns_with_a_gate_in_the_callers_is_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = caller(capsys, root)("move", "cover", "--gate", "advisory", "--write")
    assert (outcome.code, outcome.err) == (0, "")
    assert "ci.yml:3 ci.yml:coverage, which calls this file, turns from blocking to advisory with it" in outcome.out
    assert "continue-on-error: true" in (root / FOLDER / "called.yml").read_text()


def test_callers_of_callers_are_told_too(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        root,
        {
            f"{FOLDER}/ci.yml": CALLING.replace("on: pull_request", "on: workflow_call"),
            f"{FOLDER}/above.yml": ABOVE,
        },
    )
    outcome = caller(capsys, root)("move", "cover", "--gate", "advisory")
    assert outcome.code == 0
    assert "ci.yml:coverage, which calls this file, turns from blocking to advisory" in outcome.out
    assert "above.yml:all, which calls this file, turns from blocking to advisory" in outcome.out


def test_another_runner_says_nothing_of_callers(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = caller(capsys, root)("move", "cover", "--runner", "ubuntu-24.04")
    assert outcome.code == 0
    assert "which calls" not in outcome.out
