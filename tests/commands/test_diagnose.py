from __future__ import annotations

from pathlib import Path

import pytest

from command_line import caller

CASES = Path(__file__).resolve().parents[1] / "cases" / "diagnose"


def test_a_log_without_a_failure_has_no_cause(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log.txt"
    log.write_text("all is well\n")
    outcome = caller(capsys)("diagnose", str(log))
    assert outcome.code == 0
    assert "nothing in it" in outcome.out


def test_the_cause_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log.txt"
    log.write_text(
        "2026-03-22T10:00:00.0000000Z Compiling a\n"
        "2026-03-22T10:28:00.0000000Z ##[error]The runner has received a shutdown signal. This can happen when the"
        " runner service is stopped, or a manually started runner is canceled.\n"
        "2026-03-22T10:28:01.0000000Z ##[error]The operation was canceled.\n"
    )
    outcome = caller(capsys)("diagnose", str(log), "--format", "json")
    assert outcome.code == 1
    answer = outcome.json()
    assert answer["cause"]["line"] == 2
    assert [one["line"] for one in answer["consequences"]] == [3]


def test_annotations_tell_what_the_log_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, said = tmp_path / "log.txt", tmp_path / "annotations.json"
    log.write_text("Compiling a\n")
    said.write_text('[{"message": "The hosted runner: GitHub Actions 3 lost communication with the server."}]')
    outcome = caller(capsys)("diagnose", str(log), "--annotations", str(said))
    assert outcome.code == 1
    assert "annotation: The hosted runner" in outcome.out


@pytest.mark.parametrize("content", ["{", '{"message": "one"}', '["text"]'])
def test_annotations_of_another_shape_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    log, said = tmp_path / "log.txt", tmp_path / "annotations.json"
    log.write_text("x\n")
    said.write_text(content)
    outcome = caller(capsys)("diagnose", str(log), "--annotations", str(said))
    assert outcome.code == 2
    assert "gh api" in outcome.err


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_every_case_log_is_told(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = caller(capsys)("diagnose", str(CASES / case / "log.txt"))
    assert outcome.code in (0, 1)
    assert "Traceback" not in outcome.err
