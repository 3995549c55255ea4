"""Moves as data: a workflow before, the words of the command, and the workflow after or the refusal."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from command_line import Call, caller
from sample_repositories import write

CASES = Path(__file__).resolve().parents[1] / "cases" / "moves"
WORKFLOW = ".github/workflows/ci.yml"


def cases() -> list[Path]:
    """No-change cases first."""
    return sorted((path for path in CASES.iterdir() if path.is_dir()), key=lambda path: (_changes(path), path.name))


def _changes(case: Path) -> bool:
    return not (case / "unchanged").exists()


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Call:
    case: Path = request.getfixturevalue("case")
    files = {WORKFLOW: (case / "before.yml").read_bytes()}
    others = case / "files"
    if others.is_dir():
        files |= {
            str(path.relative_to(others)): path.read_bytes() for path in sorted(others.rglob("*")) if path.is_file()
        }
    write(tmp_path, files)
    return caller(capsys, tmp_path)


def words(case: Path, name: str, tmp_path: Path) -> list[str]:
    return [word.replace("REPO/", f"{tmp_path}/") for word in shlex.split((case / name).read_text())]


def lines(case: Path, name: str) -> list[str]:
    path = case / name
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_case(case: Path, call: Call, tmp_path: Path) -> None:
    before = (case / "before.yml").read_bytes()
    command = words(case, "command", tmp_path)
    outcome = call("move", *command, "--write")
    now = (tmp_path / WORKFLOW).read_bytes()
    if (case / "refusal").exists():
        assert outcome.code in (2, 3), outcome.err
        assert now == before
        assert outcome.err.count("\n") == 1
        for line in lines(case, "refusal"):
            assert line in outcome.err
        return
    assert (outcome.code, outcome.err) == (0, "")
    for line in lines(case, "says"):
        assert line in outcome.out
    for line in lines(case, "unsaid"):
        assert line not in outcome.out
    if (case / "unchanged").exists():
        assert "Nothing to change." in outcome.out
        assert now == before
        return
    assert now.decode() == (case / "after.yml").read_bytes().decode()
    assert "Nothing to change." in call("move", *command, "--write").out
    if (case / "back").exists():
        assert call("move", *words(case, "back", tmp_path), "--write").err == ""
        assert (tmp_path / WORKFLOW).read_bytes() == before


@pytest.mark.parametrize(
    "case", [case for case in cases() if (case / "after.yml").exists()], ids=lambda case: case.name
)
def test_the_reverse_patch_restores_the_bytes(case: Path, call: Call, tmp_path: Path) -> None:
    patch = call("move", *words(case, "command", tmp_path), "--undo").out
    (tmp_path / WORKFLOW).write_bytes((case / "after.yml").read_bytes())
    subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=tmp_path, check=True)
    assert (tmp_path / WORKFLOW).read_bytes() == (case / "before.yml").read_bytes()
