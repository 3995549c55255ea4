"""The variables that made grcov's data are taken away where they served only it, and named where they stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import caller
from sample_repositories import write

GRCOV = "grcov . --binary-path target/debug -t lcov -o lcov.info"
TESTS = """\
jobs:
  cov:
    runs-on: ubuntu-latest
{job}    steps:
      - run: |
          {before}
          cargo test
          {grcov}
"""
VARIABLES = {
    "RUSTFLAGS": "-Cinstrument-coverage -Dwarnings",
    "CARGO_INCREMENTAL": '"0"',
    "LLVM_PROFILE_FILE": "cov-%p-%m.profraw",
}


def workflow(*, top: str = "", job: str = "", before: str = "true") -> str:
    return f"on: pull_request\n{top}{TESTS.format(job=job, before=before, grcov=GRCOV)}"


def env(indent: str) -> str:
    return f"{indent}env:\n" + "".join(f"{indent}  {name}: {value}\n" for name, value in VARIABLES.items())


def moved(root: Path, capsys: pytest.CaptureFixture[str], text: str) -> tuple[str, str]:
    write(root, {".github/workflows/ci.yml": text})
    outcome = caller(capsys, root)("move", "cov", "--backend", "cargo-llvm-cov", "--write")
    assert (outcome.code, outcome.err) == (0, "")
    return outcome.out, (root / ".github/workflows/ci.yml").read_text()


def test_those_of_the_job_are_taken_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told, after = moved(tmp_path, capsys, workflow(job=env("    ")))
    assert "    env:\n      RUSTFLAGS: -Dwarnings\n    steps:\n" in after
    assert [name for name in VARIABLES if f"`{name}` served the old tool; the job has it no more" in told] == [
        "CARGO_INCREMENTAL",
        "LLVM_PROFILE_FILE",
    ]


def test_those_of_the_workflow_stay_and_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told, after = moved(tmp_path, capsys, workflow(top=env("")))
    assert env("") in after
    assert "        env:\n          RUSTFLAGS: -Dwarnings\n" in after  # what is left of it, for the step alone
    for name in ("CARGO_INCREMENTAL", "LLVM_PROFILE_FILE"):
        assert f"`{name}` served the old tool and is set for the whole workflow" in told


def test_those_a_script_sets_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = "export CARGO_INCREMENTAL=0 LLVM_PROFILE_FILE=cov-%p.profraw"
    only = "env:\n  RUSTFLAGS: -Cinstrument-coverage\n"
    told, after = moved(tmp_path, capsys, workflow(top=only, before=before))
    assert before in after
    assert "still sets `LLVM_PROFILE_FILE`, `CARGO_INCREMENTAL`, which served the old tool" in told
