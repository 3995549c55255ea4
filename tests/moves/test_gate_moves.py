from __future__ import annotations

from pathlib import Path

import pytest

from command_line import caller
from sample_repositories import repository

WORKFLOW = """\
name: CI
on: [push, pull_request]
env:
  GATE_LINT: observational
jobs:
  lint:
    name: Lint
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5

      - name: Check style
        run: make lint
  ratcheted:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - name: Check more
        run: make more
        continue-on-error: ${{ env.GATE_LINT != 'blocking' }}
  soft:
    runs-on: ubuntu-latest
    continue-on-error: true   # until the new release
    steps:
      - run: make soft
  doubly:
    runs-on: ubuntu-latest
    continue-on-error: true
    steps:
      - run: make doubly
        continue-on-error: true
"""

REQUIRED = '{"contexts": ["Lint"]}'


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {".github/workflows/ci.yml": WORKFLOW, "required.json": REQUIRED})


def read(repo: Path) -> str:
    return (repo / ".github/workflows/ci.yml").read_bytes().decode()


@pytest.mark.parametrize(
    "arguments",
    [
        ("lint", "--gate", "blocking"),
        ("soft", "--gate", "advisory"),
        ("ratcheted", "--gate", "observational"),
        ("lint", "--runner", "ubuntu-latest"),
    ],
)
def test_what_is_so_already_changes_nothing(
    repo: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    outcome = caller(capsys, repo)("move", *arguments, "--write")
    assert outcome.code == 0
    assert "Nothing to change." in outcome.out
    assert read(repo) == WORKFLOW


@pytest.mark.parametrize(
    ("there", "back", "lines"),
    [
        (("lint", "--gate", "advisory"), ("lint", "--gate", "blocking"), 1),
        (("lint", "--gate", "advisory", "--required", "required.json"), ("lint", "--gate", "blocking"), 6),
        (("ratcheted", "--gate", "blocking"), ("ratcheted", "--gate", "observational"), 0),
        (("lint", "--runner", "macos-15"), ("lint", "--runner", "ubuntu-latest"), 0),
        (("lint", "--runner", "big,linux"), ("lint", "--runner", "ubuntu-latest"), 0),
    ],
)
def test_the_opposite_move_restores_the_bytes(
    repo: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    there: tuple[str, ...],
    back: tuple[str, ...],
    lines: int,
) -> None:
    monkeypatch.chdir(repo)
    call = caller(capsys, repo)
    assert call("move", *there, "--write").code == 0
    moved = read(repo)
    assert moved != WORKFLOW
    assert moved.count("\n") - WORKFLOW.count("\n") == lines
    assert call("move", *back, "--write").code == 0
    assert read(repo) == WORKFLOW


def test_a_required_check_gets_the_step_flag_and_an_annotation(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo)
    call = caller(capsys, repo)
    call("move", "lint", "--gate", "advisory", "--required", "required.json", "--write")
    lint = call("status", "lint", "--format", "json", "--required", "required.json").json()["jobs"][0]
    assert (lint["gate"], lint["blocks"]["value"]) == ("advisory", "no")
    # The easier way, a flag on the job, would leave the required check red.
    assert read(repo).count("::warning title=Lint::Check style failed.") == 1


def test_a_comment_that_goes_is_said_and_undo_brings_it_back(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = caller(capsys, repo)
    shown = call("move", "soft", "--gate", "blocking")
    assert "# until the new release" in shown.out.split("---")[0]
    undo = call("move", "soft", "--gate", "blocking", "--undo").out
    assert "+    continue-on-error: true   # until the new release" in undo


def test_every_lever_is_turned(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = caller(capsys, repo)
    assert call("move", "doubly", "--gate", "blocking", "--write").code == 0
    assert call("status", "doubly", "--format", "json").json()["jobs"][0]["gate"] == "blocking"
    assert read(repo) == WORKFLOW.replace(
        "  doubly:\n    runs-on: ubuntu-latest\n    continue-on-error: true\n",
        "  doubly:\n    runs-on: ubuntu-latest\n",
    ).replace("make doubly\n        continue-on-error: true\n", "make doubly\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("lint", "--gate", "sometimes"), 2, "no gate"),
        (("ratcheted", "--gate", "sometimes"), 2, "It knows"),
        (("nobody", "--gate", "blocking"), 2, "there is no job 'nobody'"),
        (("lint",), 2, "nothing to move"),
        (("lint", "--gate", "blocking", "--all-matching", "*"), 2, "which job?"),
        (("lint", "--runner", "self-hosted"), 3, "--accept self-hosted-forks"),
    ],
)
def test_what_cannot_be_done_is_one_paragraph_and_writes_nothing(
    repo: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, message: str
) -> None:
    outcome = caller(capsys, repo)("move", *arguments, "--write")
    assert outcome.code == code
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
    assert read(repo) == WORKFLOW


def test_a_risk_is_accepted_by_name(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = caller(capsys, repo)
    outcome = call("move", "lint", "--runner", "self-hosted", "--accept", "self-hosted-forks", "--write")
    assert outcome.code == 0
    assert "runs-on: self-hosted" in read(repo)


def test_several_jobs_move_at_once(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = caller(capsys, repo)("move", "--all-matching", "*", "--runner", "ubuntu-24.04", "--write")
    assert outcome.code == 0
    assert read(repo) == WORKFLOW.replace("ubuntu-latest", "ubuntu-24.04")


def test_other_jobs_gates_stay(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flag = "\n        continue-on-error: ${{ env.GATE_LINT != 'blocking' }}"
    (repo / ".github/workflows/ci.yml").write_text(WORKFLOW.replace("run: make lint", f"run: make lint{flag}"))
    outcome = caller(capsys, repo)("move", "ratcheted", "--gate", "blocking")
    assert outcome.code == 3
    assert "job 'lint' would turn from silent to blocking" in outcome.err
