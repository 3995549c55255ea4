"""What a maintainer would trip over in a diff: said, or not done."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import Outcome, caller
from sample_repositories import write

PATH = ".github/workflows/ci.yml"


def moved(root: Path, capsys: pytest.CaptureFixture[str], text: str, *arguments: str) -> Outcome:
    write(root, {PATH: text})
    return caller(capsys, root)("move", *arguments)


@pytest.mark.parametrize(
    ("option", "code"), [("--basetemp=tmp", 0), ("--basetemp=a\\tmp", 3), ("--basetemp=$env:TEMP", 3)]
)
def test_words_of_another_shell_are_not_carried_into_bash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, code: int
) -> None:
    text = (
        "on: pull_request\njobs:\n  cov:\n    runs-on: windows-latest\n    steps:\n"
        f"      - run: pytest --cov=pkg --cov-report=xml --cov-report=term {option}\n"
    )
    outcome = moved(tmp_path, capsys, text, "cov", "--backend", "coverage.py")
    assert outcome.code == code
    assert ("means something else" in outcome.err) is (code == 3)


def test_a_script_that_takes_a_folder_is_not_given_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "on: pull_request\njobs:\n  cov:\n    runs-on: x\n    steps:\n"
        "      - run: cargo llvm-cov --html\n      - run: publish --folder target/llvm-cov/html\n"
    )
    outcome = moved(tmp_path, capsys, text, "cov", "--backend", "cargo-tarpaulin", "--write")
    assert outcome.code == 0
    assert "takes the folder target/llvm-cov/html; the report is the file" in outcome.out
    assert "publish --folder target/llvm-cov/html\n" in (tmp_path / PATH).read_text()


def test_a_comment_above_a_flag_that_goes_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "on: pull_request\njobs:\n  lint:\n    runs-on: x\n    # soft until\n    # the release\n"
        "    continue-on-error: true\n    steps:\n      - run: make\n"
    )
    outcome = moved(tmp_path, capsys, text, "lint", "--gate", "blocking")
    assert "ci.yml:5 the comment above it stays: `# soft until # the release`" in outcome.out


def test_a_check_that_is_called_otherwise_must_leave_the_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "on: pull_request\njobs:\n  test:\n    runs-on: ${{ matrix.os }}\n    strategy:\n      matrix:\n"
        "        os: [ubuntu-latest, macos-15]\n    steps:\n      - run: make\n"
    )
    outcome = moved(tmp_path, capsys, text, "test", "--runner", "ubuntu-24.04", "--leg", "os=ubuntu-latest")
    assert "nothing reports `test (ubuntu-latest)` any more" in outcome.out
    assert "-X DELETE" in outcome.out
    assert "contexts[]=test (ubuntu-latest)" in outcome.out


def test_what_holds_twice_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = "".join(
        f"      - uses: actions-rs/cargo@v1\n        with: {{command: {command}}}\n"
        for command in ("install, args: cargo-tarpaulin", "tarpaulin, args: --out xml")
    )
    text = f"on: pull_request\njobs:\n  cov:\n    runs-on: x\n    steps:\n{steps}"
    outcome = moved(tmp_path, capsys, text, "cov", "--backend", "cargo-llvm-cov")
    assert outcome.out.count("unmaintained-action") == 1
