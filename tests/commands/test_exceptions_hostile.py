"""What an exceptions file, a calendar or a repository may look like on a bad day: a place, and what to do next."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from command_line import Call, caller
from sample_repositories import git, repository, write

WORKFLOW = ".github/workflows/ci.yml"
EXCEPTIONS = "ci/ci-exceptions.yaml"
SOFT = """\
on: pull_request
jobs:
  lint:
    runs-on: ubuntu-24.04
    continue-on-error: true
    steps:
      - run: make lint
"""
ENTRY = """\
version: 1
owner: "@org/ci"
{calendar}exceptions:
  - job: ci.yml:lint
    decision: new-backend
    target: sprint 24
    reason: the linter is being chosen
    evidence: https://example.org/runs/1
"""
FROM_FILE = "calendar: {file: ops/sprint.json, sprint: /sprint, starts: /start, days: 14}\n"
DAY = ("--today", "2026-11-25")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {WORKFLOW: SOFT})


@pytest.fixture
def call(repo: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(capsys, repo)


@pytest.mark.parametrize(
    "text",
    ["", "version: 1\nexceptions:\n  - job: ci.yml:li", "version: 1\nexceptions: {}\n", "version: 1\n\texceptions:"],
)
def test_nothing_is_said_to_be_explained_by_a_file_that_cannot_be_read(repo: Path, call: Call, text: str) -> None:
    write(repo, {EXCEPTIONS: text})
    outcome = call("exceptions", "adopt")
    assert outcome.code == 2
    assert outcome.err.startswith(f"covpath: {EXCEPTIONS}:")
    assert outcome.out == ""


def test_a_workflow_that_cannot_be_read_is_told_when_adopting(repo: Path, call: Call) -> None:
    write(repo, {".github/workflows/new.yml": "on: [push\n", EXCEPTIONS: ENTRY.format(calendar="")})
    outcome = call("exceptions", "adopt")
    assert outcome.code == 2
    assert outcome.out.startswith("not read, so nothing of it is adopted: .github/workflows/new.yml:")
    assert outcome.out.endswith("Nothing to adopt: every job that could be read that does not block has its entry.\n")


def test_the_marks_of_a_merge_conflict(repo: Path, call: Call) -> None:
    write(repo, {EXCEPTIONS: ENTRY.format(calendar="<<<<<<< HEAD\n=======\n>>>>>>> main\n")})
    for arguments in (("audit", *DAY), ("exceptions", "check"), ("exceptions", "render")):
        outcome = call(*arguments)
        assert outcome.code == 2
        assert f"{EXCEPTIONS}:3:1: holds the marks of a merge conflict. Settle it:" in outcome.err


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (None, "ops/sprint.json: there is no such file."),
        ('{"sprint": 22', "ops/sprint.json:1:14: is not JSON"),
        ('{"sprints": 22}', "ops/sprint.json: there is nothing at /sprint. The calendar in ci/ci-exceptions.yaml:3:11"),
        ('{"sprint": 22, "start": "16.11."}', "ops/sprint.json: /start holds no day"),
    ],
)
def test_a_calendar_that_cannot_be_read(repo: Path, call: Call, file: str | None, said: str) -> None:
    write(repo, {EXCEPTIONS: ENTRY.format(calendar=FROM_FILE)})
    if file is not None:
        write(repo, {"ops/sprint.json": file})
    checked = call("exceptions", "check")
    assert checked.code == 2
    assert said in checked.err
    asked = call("audit", *DAY, "--kickoff", "24")
    assert asked.code == 2
    assert said.split(". ")[0] in asked.err
    assert "Add `calendar:`" not in asked.err


def test_a_sprint_that_no_list_has(repo: Path, call: Call) -> None:
    listed = (
        "calendar:\n  list:\n    - {sprint: 22, starts: 2026-11-16, ends: 2026-11-29}\n"
        "    - {sprint: 25, starts: 2027-01-04, ends: 2027-01-17}\n"
    )
    write(repo, {EXCEPTIONS: ENTRY.format(calendar=listed)})
    outcome = call("exceptions", "check")
    assert outcome.code == 2
    assert "sprint 24 is not in the calendar's list. Add it there, or use a date." in outcome.err


@pytest.fixture
def strange(repo: Path) -> Path:
    """A repository with a file whose name is not UTF-8."""
    try:
        Path(os.fsdecode(os.fsencode(repo / ".github/workflows") + b"/\xe9.yml")).write_text(SOFT)
    except OSError:
        pytest.skip("this file system takes no such name")
    return repo


def test_a_file_name_that_is_not_utf_8(strange: Path, call: Call) -> None:
    found = call("audit", "--format", "json", *DAY)
    assert found.code == 1
    assert len([one for one in found.json()["findings"] if one["rule"] == "unexplained"]) == 2
    assert ".github/workflows/%E9.yml" in call("audit", "--format", "sarif", *DAY).out
    git(strange, "add", "--all")
    assert call("audit", "--staged", *DAY).code == 1
    adopted = call("exceptions", "adopt")
    assert adopted.code == 2
    assert "the name of this file is not UTF-8, and no entry can name it. Rename it." in adopted.err


def test_a_git_file_that_leads_nowhere(repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        tmp_path / "lost", {WORKFLOW: SOFT, EXCEPTIONS: ENTRY.format(calendar=""), ".git": f"gitdir: {tmp_path}/gone\n"}
    )
    outcome = caller(capsys, tmp_path / "lost")("audit", *DAY)
    assert outcome.code == 2
    assert "git finds no repository at" in outcome.err
    assert "Mend .git" in outcome.err


def test_the_answer_on_a_bad_day_is_still_data(repo: Path, call: Call) -> None:
    write(repo, {EXCEPTIONS: "version: 1\nexceptions:\n  - job"})
    outcome = call("audit", "--format", "json", *DAY)
    assert outcome.code == 2
    assert [one["file"] for one in json.loads(outcome.out)["unreadable"]] == [EXCEPTIONS]
