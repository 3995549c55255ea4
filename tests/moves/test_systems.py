"""A runner of another operating system: what is said of the steps' shells and conditions."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import caller
from covpath.moves.runner.systems import system_of
from sample_repositories import write

WORKFLOW = """\
on: pull_request
jobs:
  test:
    runs-on: windows-latest
    steps:
      - run: make
        if: runner.os == 'Windows'
      - run: make more
        shell: bash
"""


def told(root: Path, capsys: pytest.CaptureFixture[str], runner: str) -> str:
    write(root, {".github/workflows/ci.yml": WORKFLOW})
    return caller(capsys, root)("move", "test", "--runner", runner).out


def test_another_system_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = told(tmp_path, capsys, "ubuntu-24.04")
    assert "ci.yml:6 without a `shell:`, `make` runs in bash from now on, not in PowerShell" in said
    assert "`if: runner.os == 'Windows'` asks for the system, which is another one now" in said


@pytest.mark.parametrize("runner", ["windows-2025", "big"])
def test_the_same_system_or_one_that_is_not_known_says_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], runner: str
) -> None:
    assert "What changes" not in told(tmp_path, capsys, runner)


@pytest.mark.parametrize(
    ("labels", "system"),
    [
        (("ubuntu-24.04",), "linux"),
        (("self-hosted", "Linux", "x64"), "linux"),
        (("macos-15",), "macos"),
        (("big",), None),
    ],
)
def test_labels_name_a_system(labels: tuple[str, ...], system: str | None) -> None:
    assert system_of(labels) == system
