from __future__ import annotations

from pathlib import Path

import pytest

from command_line import caller
from sample_repositories import write

PLAIN = "on: pull_request\njobs:\n  lint:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make lint\n"
MATRIX = PLAIN.replace(
    "ubuntu-latest", "${{ matrix.os }}\n    strategy:\n      matrix:\n        os: [ubuntu-latest, macos-15]"
)
FOLDER = ".github/workflows"


def files(root: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((root / FOLDER).iterdir())}


def test_jobs_of_several_files_move_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {f"{FOLDER}/a.yml": PLAIN, f"{FOLDER}/b.yml": PLAIN.replace("lint", "lint-more")})
    outcome = caller(capsys, tmp_path)("move", "--all-matching", "lint*", "--runner", "ubuntu-24.04", "--write")
    assert (outcome.code, outcome.err) == (0, "")
    assert all("runs-on: ubuntu-24.04" in text for text in files(tmp_path).values())
    assert outcome.out.endswith(f"Written: {FOLDER}/a.yml, {FOLDER}/b.yml.\n")


def test_where_one_file_is_refused_none_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {f"{FOLDER}/a.yml": PLAIN, f"{FOLDER}/b.yml": MATRIX})
    before = files(tmp_path)
    outcome = caller(capsys, tmp_path)("move", "--all-matching", "*", "--runner", "ubuntu-24.04", "--write")
    assert outcome.code == 3
    assert f"{FOLDER}/b.yml:4:14" in outcome.err
    assert files(tmp_path) == before


def test_a_risk_in_one_file_holds_back_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pushed = PLAIN.replace("pull_request", "push")
    write(tmp_path, {f"{FOLDER}/a.yml": pushed, f"{FOLDER}/b.yml": PLAIN})
    before = files(tmp_path)
    call = caller(capsys, tmp_path)
    outcome = call("move", "--all-matching", "lint", "--runner", "self-hosted", "--write")
    assert outcome.code == 3
    assert "--accept self-hosted-forks" in outcome.err
    assert files(tmp_path) == before


def test_generated_files_are_passed_over_by_a_pattern(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {f"{FOLDER}/a.yml": PLAIN, f"{FOLDER}/b.lock.yml": PLAIN})
    outcome = caller(capsys, tmp_path)("move", "--all-matching", "lint", "--runner", "ubuntu-24.04", "--write")
    assert outcome.code == 0
    assert files(tmp_path)["b.lock.yml"] == PLAIN
    assert files(tmp_path)["a.yml"] != PLAIN


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lint", "--step", "1"), "nothing to move"),
        (("lint", "--step", "1", "--runner", "x"), "about a gate"),
        (("lint", "--with-upload", "--gate", "warning"), "about a gate"),
        (("lint", "--leg", "os=x", "--timeout-minutes", "5"), "--leg is about a gate or a runner"),
        (("lint", "--step", "1", "--leg", "os=x", "--gate", "blocking"), "goes with neither"),
        (("--all-matching", "*", "--step", "1", "--gate", "blocking"), "about one job"),
        (("lint", "--timeout-minutes", "0"), "cannot end after 0 minutes"),
        (("lint", "--runner", ","), "nothing to move"),
    ],
)
def test_options_that_say_nothing_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    write(tmp_path, {f"{FOLDER}/a.yml": f"{PLAIN}  other:\n    runs-on: x\n    steps:\n      - run: make\n"})
    outcome = caller(capsys, tmp_path)("move", *arguments)
    assert outcome.code == 2
    assert message in outcome.err
