from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from command_line import Call, Outcome, caller
from covpath.bench.github.pins import ACTIONS
from covpath.commands.own_source import requirement
from covpath.evidence.store import load_evidence
from covpath.evidence.trial import Enforcement
from covpath.evidence.trial import Outcome as Ended
from covpath.outside.references import commits_of
from covpath.workflow.reading import read_workflow
from sample_repositories import commit, git, repository

ROOT = Path(__file__).resolve().parents[2]

CI = """\
name: CI
on:
  push:
jobs:
  coverage:
    runs-on: ubuntu-latest
    steps:
      - uses: tools/setup@v2
      - run: pip install pytest-cov
      - run: pytest --cov=app --cov-report=xml:cov.xml
  other:
    runs-on: ubuntu-latest
    steps:
      - run: make
"""
FILES = {
    ".github/workflows/ci.yml": CI,
    ".github/workflows/docs.yml": "on: {push: {paths: [docs/**]}}\njobs: {a: {runs-on: x, steps: [{run: make}]}}\n",
    ".github/workflows/main.yml": "on: {push: {branches: [main]}}\njobs: {a: {runs-on: x, steps: [{run: make}]}}\n",
    "app.py": "x = 1\n",
}


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a remote, and a server that has the action it uses."""
    action = repository(tmp_path / "server" / "tools" / "setup", {"action.yml": ""})
    git(action, "tag", "--annotate", "v2", "--message", "v2")
    monkeypatch.setenv("GITHUB_SERVER_URL", (tmp_path / "server").as_uri())
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    root = repository(tmp_path / "repo", FILES)
    git(root, "remote", "add", "origin", str(tmp_path / "remote.git"))
    return root


@pytest.fixture
def covpath(repo: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    call = caller(capsys, repo)

    def covpath(*arguments: str) -> Outcome:
        """A checkout without a remote, as the tests run in, has no place where runners could get it."""
        known = ("--covpath-from", "covpath==1") if "--on-github" in arguments else ()
        return call(*arguments, *known)

    return covpath


def test_without_a_place_to_get_covpath_from_nothing_is_generated(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "covpath.commands.bench_github.own_requirement", lambda: requirement('{"url": "file:///"}', "1")
    )
    done = caller(capsys, repo)("bench", "--on-github", "coverage", "--write", "-")
    assert (done.code, done.out) == (3, "")
    assert "--covpath-from" in done.err


def test_the_branch_is_pushed_and_nothing_else_is_touched(covpath: Call, repo: Path, tmp_path: Path) -> None:
    (repo / "app.py").write_text("x = 2\n")
    (repo / "new").write_text("")
    before = git(repo, "status", "--porcelain"), git(repo, "rev-parse", "HEAD")
    done = covpath("bench", "--on-github", "coverage", "--runners", "ubuntu-slim", "--yes")
    assert done.code == 0, done.err
    assert (git(repo, "status", "--porcelain"), git(repo, "rev-parse", "HEAD")) == before
    (branch,) = re.findall(r"Pushed (covpath-bench/coverage-[0-9a-f]{8}) to origin", done.out)
    assert f"git push origin --delete {branch}" in done.out
    remote = tmp_path / "remote.git"
    changed = git(remote, "show", "--format=%P", "--name-status", branch).splitlines()
    assert changed == [before[1], "", "A\t.github/workflows/covpath-bench-coverage.yml"]
    text = git(remote, "show", f"{branch}:.github/workflows/covpath-bench-coverage.yml")
    assert f"branches: [{branch}]" in text
    assert "the push starts these workflows too: ci.yml\n" in done.out
    again = covpath("bench", "--on-github", "coverage", "--runners", "ubuntu-slim", "--yes")
    assert (again.code, "there is a branch" in again.err) == (3, True)


def test_tags_are_pinned_to_the_commits_they_stand_for(covpath: Call, tmp_path: Path) -> None:
    wanted = git(tmp_path / "server" / "tools" / "setup", "rev-parse", "v2^{commit}")
    done = covpath("bench", "--on-github", "coverage", "--write", "-")
    assert done.code == 0, done.err
    assert f"- uses: tools/setup@{wanted} # v2\n" in done.out
    read_workflow("out.yml", done.out.encode())


def test_without_an_answer_unpinned_actions_are_refused_until_accepted(
    covpath: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_SERVER_URL", (tmp_path / "nowhere").as_uri())
    refused = covpath("bench", "--on-github", "coverage", "--write", "-")
    assert (refused.code, refused.out) == (3, "")
    assert "ci.yml:8:15: actions are not pinned by commit" in refused.err
    assert "--accept unpinned-actions" in refused.err
    done = covpath("bench", "--on-github", "coverage", "--write", "-", "--accept", "unpinned-actions")
    assert "- uses: tools/setup@v2\n" in done.out


def test_branches_and_tags_are_told_apart(tmp_path: Path) -> None:
    root = repository(tmp_path / "a" / "b", {"x": ""})
    git(root, "tag", "both")
    first = git(root, "rev-parse", "HEAD")
    second = commit(root, {"x": "1"}, "More")
    git(root, "branch", "both-branch")
    git(root, "branch", "both")
    wanted = [("a/b", "both"), ("a/b", "both-branch"), ("a/b", "none"), ("a/none", "v1")]
    found = commits_of(wanted, dict(os.environ), tmp_path.as_uri())
    assert found == {("a/b", "both"): first, ("a/b", "both-branch"): second}


def test_it_is_written_to_a_file_and_told_as_data(covpath: Call, tmp_path: Path) -> None:
    file = tmp_path / "out" / "bench.yml"
    done = covpath("bench", "--on-github", "coverage", "--write", str(file), "--trials", "2", "--format", "json")
    assert done.code == 0, done.err
    told = done.json()
    assert told["workflow"] == file.read_text()
    assert [cell["id"] for cell in told["cells"]][:1] == ["pytest-cov@ubuntu-public"]
    assert {cell["runner"] for cell in told["cells"]} == {"ubuntu-public", "ubuntu-slim", "ubuntu-26.04-public"}
    assert any(one["risk"] for one in told["remarks"])
    assert f"Written to {file}" in done.err


def test_other_backends_come_as_jobs_of_their_own_with_what_is_lost(covpath: Call) -> None:
    done = covpath("bench", "--on-github", "coverage", "--write", "-", "--backends", "pytest-cov,slipcover")
    assert done.code == 0, done.err
    jobs = yaml.load(done.out, Loader=yaml.BaseLoader)["jobs"]
    assert list(jobs) == ["measure", "measure-slipcover", "collect"]
    (_, install, *_, measure, _) = jobs["measure-slipcover"]["steps"]
    assert install["run"] == "pip install pytest slipcover"
    assert "slipcover" in measure["run"]
    assert jobs["collect"]["needs"] == ["measure", "measure-slipcover"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--on-github", "coverage"), 3, "nothing was pushed"),
        (("--on-github", "coverage", "--yes", "--remote", "nowhere"), 2, "--write FILE"),
        (("--on-github", "other", "--write", "-"), 3, "no step in which a known backend"),
        (("--on-github", "nothing", "--write", "-"), 2, "there is no job 'nothing'"),
        (("--on-github", "coverage", "--leg", "x"), 2, "is not NAME=VALUE"),
        (("--on-github", "coverage", "--leg", "x=1", "--write", "-"), 3, "has no matrix"),
        (("--on-github", "coverage", "--runners", "ubuntu-public,ubuntu-private"), 2, "one machine"),
        (("--on-github", "coverage", "--runners", "ubuntu-publc"), 2, "Did you mean ubuntu-public"),
        (("--on-github", "coverage", "--backends", "c8"), 2, "measures"),
        (("--on-github", "coverage", "--trials", "200"), 2, "more than GitHub's 256"),
        (("cell", "1"), 2, "bench cell needs"),
        (("cell", "begin"), 2, "COVPATH_CELL"),
        (("--cell", "pytest-cov", "--job", "coverage"), 2, "no cell"),
    ],
)
def test_what_cannot_be_done_is_told(
    arguments: tuple[str, ...], code: int, said: str, covpath: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    done = covpath("bench", *arguments)
    assert (done.code, said in done.err) == (code, True), done.err


def test_a_matrix_for_a_workflow_has_only_runners_that_github_has(covpath: Call) -> None:
    done = covpath("bench", "plan", "--matrix", "--job", "coverage", "--backends", "pytest-cov,slipcover")
    assert done.code == 0, done.err
    include = done.json()["include"]
    assert {one["runs-on"] for one in include} == {"ubuntu-latest", "ubuntu-slim", "ubuntu-26.04"}
    first = {"id": "pytest-cov@ubuntu-public", "cell": "pytest-cov@ubuntu-public", "backend": "pytest-cov",
             "runner": "ubuntu-public", "runs-on": "ubuntu-latest"}  # fmt: skip
    assert include[0] == first


PLAIN = """\
on: push
jobs:
  coverage:
    runs-on: ubuntu-latest
    steps:
      - run: python -m pytest -q -p no:cacheprovider --cov=app --cov-report=xml:cov.xml
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="NO LINUX: bench measures on Linux only")
def test_one_cell_of_a_plain_job_is_measured_as_real(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    test = "import app\n\n\ndef test_x():\n    assert app.x\n"
    root = repository(
        tmp_path / "repo", {".github/workflows/ci.yml": PLAIN, "app/__init__.py": "x = 1\n", "test_app.py": test}
    )
    covpath = caller(capsys, root)
    folder = tmp_path / "evidence"
    done = covpath(
        "bench", "--job", "coverage", "--cell", "pytest-cov@ubuntu-slim", "--real", "--yes", "--out", str(folder)
    )
    assert done.code == 0, done.err
    (trial,) = load_evidence(folder / "evidence.json").trials
    assert (trial.outcome, trial.runner, trial.enforcement) == (Ended.OK, "ubuntu-slim", Enforcement.REAL)


WORKFLOW = ROOT / ".github" / "workflows" / "coverage-bench.yml"


def _reusable() -> Any:
    return yaml.load(WORKFLOW.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def test_the_reusable_workflow_is_pinned_limited_and_asks_for_little() -> None:
    text = WORKFLOW.read_text(encoding="utf-8")
    known = {f"{action}@{commit} # {version}" for action, (commit, version) in ACTIONS.items()}
    assert set(re.findall(r"uses: (.*)", text)) == known
    for name, job in _reusable()["jobs"].items():
        assert int(job["timeout-minutes"]) <= 360, name
        assert job["permissions"] == {"contents": "read"}, name
    assert set(_reusable()["on"]) == {"workflow_call", "workflow_dispatch"}


def _said(step: dict[str, Any], folder: Path, **values: str) -> list[str]:
    """The words that a step's script gives to Python."""
    program = folder / "python"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > words; echo \'{"include": []}\'\n')
    program.chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "GITHUB_OUTPUT": str(folder / "output"), **values}
    subprocess.run(["bash", "-e", "-c", step["run"]], cwd=folder, env=environment, check=True, capture_output=True)
    return (folder / "words").read_text().splitlines()


def test_the_reusable_workflow_says_what_it_was_asked(tmp_path: Path) -> None:
    jobs = _reusable()["jobs"]
    plan, measure, collect = (
        next(step for step in jobs[name]["steps"] if "ci/nox.py" in step.get("run", ""))
        for name in ("plan", "cell", "collect")
    )
    start = ["ci/nox.py", "-s", "coverage-bench", "--"]
    assert _said(plan, tmp_path, JOB="a b:c") == [*start, "plan", "--matrix", "--repo", "../subject", "--job", "a b:c"]
    assert (tmp_path / "output").read_text() == 'matrix={"include": []}\n'
    assert _said(measure, tmp_path, CELL="x@y", TRIALS="1", SETUP="make it") == [
        *start, "--cell", "x@y", "--real", "--trials", "1", "--yes",
        "--repo", "../subject", "--out", "../evidence", "--setup", "make it",
    ]  # fmt: skip
    assert _said(collect, tmp_path, EXPECTED="[]") == [
        *start, "collect", "../records", "--out", "../evidence", "--expect", "[]"
    ]  # fmt: skip
