from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from command_line import Call, caller
from covpath.bench.github.merging import Run, merge, missing, with_real
from covpath.bench.github.records import MOST_RECORDS, read_archive, read_records
from covpath.errors import InputError
from covpath.evidence.cells import cells
from covpath.evidence.model import Evidence, SubjectRecord
from covpath.evidence.store import dump_evidence, load_evidence
from covpath.evidence.trial import Enforcement, Outcome, Trial
from covpath.terms import EvidenceKind, Tri
from evidence_samples import RUNNER, TRIAL
from outside.github_description import Served, github
from sample_repositories import git, repository

SUBJECT = SubjectRecord(name="ci.yml:coverage", job="ci.yml:coverage", commit=None, digest="d1")
REAL = replace(TRIAL, limits=tuple(replace(limit, state=Enforcement.REAL) for limit in TRIAL.limits))
FAILED = replace(REAL, outcome=Outcome.OOM, reason="the kernel killed a process for want of memory")
SLIM = replace(RUNNER, name="slim", labels=("ubuntu-slim",))


def _evidence(*trials: Trial, **changes: Any) -> Evidence:
    known = Evidence(created="2026-11-25T12:00:00Z", subject=SUBJECT, runners=(RUNNER, SLIM), trials=trials)
    return replace(known, **changes)


def _zip(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


ONE = dump_evidence(_evidence(REAL))
OTHER = dump_evidence(_evidence(replace(FAILED, runner="slim", cell="c2")))


def test_records_come_from_folders_archives_and_files(tmp_path: Path) -> None:
    (tmp_path / "a" / "covpath-bench-cell-x").mkdir(parents=True)
    (tmp_path / "a" / "covpath-bench-cell-x" / "evidence.json").write_bytes(ONE)
    (tmp_path / "a" / "other.zip").write_bytes(_zip({"evidence.json": OTHER, "summary.md": b"x"}))
    (tmp_path / "a" / "notes.json").write_text("{}")
    (tmp_path / "single.json").write_bytes(ONE)
    (tmp_path / "a" / "link.zip").symlink_to("/etc/hostname")
    found = read_records([tmp_path / "a", tmp_path / "single.json"])
    assert sorted(trial.runner or "" for one in found for trial in one.trials) == ["slim", "small", "small"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"no archive", "not an archive"),
        (_zip({"../evidence.json": ONE}), "leads out of it"),
        (_zip({"/evidence.json": ONE}), "leads out of it"),
        (_zip({"..\\evidence.json": ONE}), "leads out of it"),
        (_zip({"c:/evidence.json": ONE}), "leads out of it"),
        (_zip({f"{number}/evidence.json": b"" for number in range(MOST_RECORDS + 1)}), "at most"),
        (_zip({"evidence.json": b" " * 20_000_001}), "holds more than"),
        (_zip({f"{number}/evidence.json": ONE + b" " * 19_000_000 for number in range(6)}), "holds more than"),
        (_zip({"evidence.json": ONE})[:-40], "not an archive"),
        (_zip({"evidence.json": b'{"version": 1}'}), "is a required property"),
        (_zip({"x/evidence.json": b'{"version": 7}'}), "evidence of version 7"),
    ],
)
def test_a_hostile_archive_is_refused_and_named(data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        read_archive(data, "artifact.zip")
    assert error.value.place is not None
    assert error.value.place.file.startswith("artifact.zip")


def test_an_archive_of_other_things_has_no_records() -> None:
    assert read_archive(_zip({"coverage.xml": b"<x/>", "d/": b""}), "a.zip") == ()


def test_records_of_one_run_become_one_evidence() -> None:
    both, left_out = merge([_evidence(REAL), _evidence(FAILED), _evidence(REAL)])
    assert left_out == 0
    assert both.trials == (FAILED,) or len(both.trials) == 1  # the same start of the same cell is one trial
    several, _ = merge([_evidence(REAL), _evidence(replace(FAILED, runner="slim", cell="c2"))])
    assert {cell.runner: cell.works for cell in cells(several)} == {"small": Tri.TRUE, "slim": Tri.FALSE}


def test_records_of_an_older_state_of_the_job_are_left_out() -> None:
    old = _evidence(REAL, subject=replace(SUBJECT, digest="d0"), created="2026-11-24T12:00:00Z")
    merged, left_out = merge([old, _evidence(FAILED)])
    assert (merged.trials, left_out) == ((FAILED,), 1)


def test_nothing_and_different_jobs_do_not_merge() -> None:
    with pytest.raises(InputError, match="no record of any cell"):
        merge([])
    with pytest.raises(InputError, match=r"different jobs: a\.yml:b, ci\.yml:coverage"):
        merge([_evidence(REAL), _evidence(REAL, subject=replace(SUBJECT, name="a.yml:b"))])


def test_a_real_cell_beats_an_emulated_one() -> None:
    emulated = replace(TRIAL, cell="e", outcome=Outcome.OOM, reason="emulated")
    whole = with_real(_evidence(emulated, replace(emulated, runner="slim")), _evidence(REAL))
    found = {cell.runner: (cell.enforcement, cell.works) for cell in cells(whole)}
    assert [cell.runner for cell in cells(whole)].count("small") == 1
    assert found["small"] == (Enforcement.REAL, Tri.TRUE)
    assert found["slim"][0] is not Enforcement.REAL
    assert len(whole.trials) == 3  # nothing is forgotten; it is only not counted


def test_repeats_on_machines_of_one_runner_are_one_cell() -> None:
    other = replace(REAL, machine=replace(REAL.machine, fingerprint="m2"), number=1)
    (cell,) = cells(_evidence(REAL, other))
    assert (cell.trials, cell.machine) == (2, "")


def test_newer_real_runs_take_the_place_of_older_ones() -> None:
    newer = replace(FAILED, started="2026-11-26T12:00:00Z")
    whole = with_real(_evidence(REAL), _evidence(newer))
    assert whole.trials == (newer,)


def test_a_cell_that_left_no_record_is_told() -> None:
    expected = [{"backend": "pytest-cov", "runner": "small"}, {"backend": "c8", "runner": "small"}]
    (lost,) = missing(_evidence(REAL), expected, Run(name="run 7", url="https://example.org"))
    assert (lost.backend, lost.runner, lost.kind, lost.by) == ("c8", "small", EvidenceKind.OBSERVED, "run 7")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = repository(tmp_path / "repo", {"a.py": ""})
    git(root, "remote", "add", "origin", "https://github.com/octo-org/octo-repo.git")
    return root


@pytest.fixture
def covpath(repo: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(capsys, repo)


def test_collect_merges_files_into_the_benchmarks_folder(covpath: Call, repo: Path, tmp_path: Path) -> None:
    records = tmp_path / "records"
    records.mkdir()
    (records / "a.zip").write_bytes(_zip({"evidence.json": ONE}))
    expect = json.dumps([{"backend": "pytest-cov", "runner": "small"}, {"backend": "c8", "runner": "slim"}])
    done = covpath("bench", "collect", str(records), "--expect", expect)
    assert done.code == 0, done.err
    assert "real" in done.out
    folder = repo / ".git" / "covpath" / "bench" / "ci.yml-coverage"
    kept = load_evidence(folder / "evidence.json")
    assert kept.trials == (REAL,)
    assert [one.backend for one in kept.sightings] == ["c8"]
    (records / "a.zip").write_bytes(_zip({"evidence.json": OTHER}))
    again = covpath("bench", "collect", str(records), "--format", "json")
    assert len(again.json()["trials"]) == 2
    assert load_evidence(folder / "collected.json").sightings == kept.sightings


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "collect what?"),
        (("nowhere",), "there is no such file"),
        (("12", "--remote", "upstream"), "there is no remote 'upstream'"),
        (("12",), "there is no token for GitHub"),
    ],
)
def test_what_cannot_be_collected_is_told(
    arguments: tuple[str, ...], said: str, covpath: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GH_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    done = covpath("bench", "collect", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_record_cannot_choose_where_it_goes(covpath: Call, tmp_path: Path) -> None:
    odd = _evidence(REAL, subject=replace(SUBJECT, name="../../x:y"))
    (tmp_path / "evidence.json").write_bytes(dump_evidence(odd))
    done = covpath("bench", "collect", str(tmp_path / "evidence.json"))
    assert done.code == 2
    assert "odd name" in done.err


def _artifact(number: int, name: str, **changes: Any) -> dict[str, Any]:
    base = "https://api.github.com/repos/octo-org/octo-repo/actions/artifacts"
    return {
        "id": number, "node_id": "x", "name": name, "size_in_bytes": 100, "url": f"{base}/{number}",
        "archive_download_url": f"{base}/{number}/zip", "expired": False, "created_at": "2026-11-25T12:00:00Z",
        "expires_at": "2027-02-25T12:00:00Z", "updated_at": "2026-11-25T12:00:00Z", **changes,
    }  # fmt: skip


RUNS = "/repos/octo-org/octo-repo/actions/runs/30433642"
ZIPS = "/repos/octo-org/octo-repo/actions/artifacts"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    with github() as server:
        monkeypatch.setenv("GH_TOKEN", "secret-token")
        monkeypatch.setenv("GITHUB_API_URL", server.url)
        yield server
        assert server.wrong == []


def test_collect_asks_github_for_a_run(covpath: Call, served: Served) -> None:
    artifacts = [
        _artifact(1, "covpath-bench-cell-pytest-cov@small"),
        _artifact(2, "coverage"),
        _artifact(3, "covpath-bench-cell-x@y", expired=True),
    ]
    served.answers["GET", f"{RUNS}/artifacts"] = [(200, {}, {"total_count": 3, "artifacts": artifacts})]
    served.answers["GET", f"{ZIPS}/1/zip"] = [(302, {"Location": f"{served.url}/blob/1"}, b"")]
    served.files["/blob/1"] = _zip({"evidence.json": ONE})
    jobs = [
        _ended("measure (c8@small)", "failure"),
        _ended("measure (c8@small~2)", "failure"),
        _ended("other", "failure"),
    ]
    served.answers["GET", f"{RUNS}/jobs"] = [(200, {}, {"total_count": 3, "jobs": jobs})]
    lost = "The runner has received a shutdown signal. This can happen when the runner service is stopped."
    annotation = {
        "path": ".github", "start_line": 1, "end_line": 1, "start_column": None, "end_column": None,
        "annotation_level": "failure", "title": "", "message": lost, "raw_details": "", "blob_href": "https://github.com",
    }  # fmt: skip
    served.answers["GET", "/repos/octo-org/octo-repo/check-runs/399444496/annotations"] = [(200, {}, [annotation])] * 2
    done = covpath("bench", "collect", "30433642", "--format", "json")
    assert done.code == 0, done.err
    evidence = done.json()
    assert [trial["backend"] for trial in evidence["trials"]] == ["pytest-cov"]
    (sighting,) = {one["statement"] for one in evidence["sightings"]}
    assert "c8@small left no record, its job ended as failure: The runner has received a shutdown signal" in sighting
    blobs = [headers for _, path, _, headers in served.requests if path == "/blob/1"]
    assert len(blobs) == 1
    assert "Authorization" not in blobs[0]


def _ended(name: str, conclusion: str) -> dict[str, Any]:
    base = "https://api.github.com/repos/octo-org/octo-repo"
    return {
        "id": 399444496, "run_id": 30433642, "run_url": f"{base}/actions/runs/30433642", "node_id": "x",
        "head_sha": "f83a356604ae3c5d03e1b46ef4d1ca77d64a90b0", "url": f"{base}/actions/jobs/399444496",
        "html_url": "https://github.com/octo-org/octo-repo/runs/399444496", "status": "completed",
        "conclusion": conclusion, "created_at": "2026-11-25T12:00:00Z", "started_at": "2026-11-25T12:00:00Z",
        "completed_at": "2026-11-25T12:10:00Z", "name": name, "steps": [], "labels": ["self-hosted"],
        "check_run_url": f"{base}/check-runs/399444496", "runner_id": 1, "runner_name": "x", "runner_group_id": 2,
        "runner_group_name": "x", "workflow_name": "CI", "head_branch": "main",
    }  # fmt: skip
