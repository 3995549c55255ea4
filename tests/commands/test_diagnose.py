from __future__ import annotations

import io
import zipfile
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


def _archive(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "2026-03-22T10:00:00.0000000Z MemoryError\n")
    return path


def test_githubs_archive_of_one_job_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = _archive(tmp_path / "logs_1.zip", "0_coverage.txt", "coverage/1_Set up job.txt", "coverage/system.txt")
    outcome = caller(capsys)("diagnose", str(logs))
    assert outcome.code == 1
    assert "line 1: MemoryError" in outcome.out


@pytest.mark.parametrize(
    ("names", "says"),
    [(("0_a.txt", "1_b.txt"), "2 jobs: '0_a.txt', '1_b.txt'"), (("a/1_x.txt",), "without a job's log")],
)
def test_of_several_jobs_one_has_to_be_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, ...], says: str
) -> None:
    outcome = caller(capsys)("diagnose", str(_archive(tmp_path / "logs_1.zip", *names)))
    assert outcome.code == 2
    assert says in outcome.err
    assert "unzip -p logs_1.zip" in outcome.err


def test_a_broken_archive_is_no_log_without_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "logs.zip").write_bytes(b"PK\x03\x04 and nothing more")
    outcome = caller(capsys)("diagnose", str(tmp_path / "logs.zip"))
    assert outcome.code == 2
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_log_is_read_from_standard_input_and_in_the_usual_encodings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    data = "all is well\nMemoryError\n".encode(encoding)
    (tmp_path / "log.txt").write_bytes(data)
    assert "line 2" in caller(capsys)("diagnose", str(tmp_path / "log.txt")).out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    outcome = caller(capsys)("diagnose", "-")
    assert outcome.out.startswith("standard input: ")


def test_annotations_come_in_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, said = tmp_path / "log.txt", tmp_path / "annotations.json"
    log.write_text("x\n")
    said.write_text('[[{"message": "one"}], [{"message": "The action \'x\' has timed out after 5 minutes."}]]')
    outcome = caller(capsys)("diagnose", str(log), "--annotations", str(said), "--format", "json")
    assert outcome.json()["cause"]["class"] == "step_timeout"


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
