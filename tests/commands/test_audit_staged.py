"""``covpath audit --staged``: what a commit is stopped for, and what it is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import Call, caller
from sample_repositories import commit, git, repository, write

WORKFLOW = ".github/workflows/ci.yml"
OTHER = ".github/workflows/other.yml"
EXCEPTIONS = "ci/ci-exceptions.yaml"

HARD = """\
on: pull_request
jobs:
  lint:
    runs-on: ubuntu-24.04
    steps:
      - run: make lint
"""
SOFT = HARD.replace("    steps:", "    continue-on-error: true\n    steps:")
OVERDUE = """\
version: 1
owner: "@org/ci"
exceptions:
  - job: ci.yml:lint
    decision: new-backend
    target: 2026-10-30
    reason: the linter is being chosen
    evidence: https://example.org/runs/1
    accepts: [advisory, runner-loss]
"""
DAY = ("--today", "2026-11-25")
SOFT_DOCS = SOFT.replace("lint", "docs")


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in os.environ if one.startswith(("GITHUB_", "GIT_", "PRE_COMMIT"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {WORKFLOW: SOFT, EXCEPTIONS: OVERDUE})


@pytest.fixture
def call(repo: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(capsys, repo)


def stage(repo: Path, files: dict[str, str]) -> None:
    write(repo, files)
    git(repo, "add", "--all")


def test_old_debts_are_told_in_a_line_and_stop_nobody(repo: Path, call: Call) -> None:
    stage(repo, {WORKFLOW: f"# words\n{SOFT}"})
    outcome = call("audit", "--staged", *DAY)
    assert outcome.code == 0
    assert "not this commit:\n" in outcome.out
    assert f"  {EXCEPTIONS}:4:" in outcome.out
    assert outcome.out.endswith("nothing new (4 older); 1 job, 1 open entry, judged as of 2026-11-25, against HEAD.\n")


def test_what_the_commit_makes_soft_stops_it(repo: Path, call: Call) -> None:
    stage(repo, {OTHER: SOFT_DOCS})
    outcome = call("audit", "--staged", *DAY)
    assert outcome.code == 1
    assert f"{OTHER}:5:24: error: docs: this commit adds it, and it is advisory [unexplained]" in outcome.out


def test_what_is_not_staged_neither_stops_nor_explains_it(repo: Path, call: Call) -> None:
    stage(repo, {"README.md": "words\n"})
    write(repo, {OTHER: SOFT_DOCS, WORKFLOW: "not: [yaml"})
    assert call("audit", "--staged", *DAY).code == 0

    git(repo, "add", OTHER)
    write(repo, {OTHER: HARD.replace("lint", "docs")})
    assert call("audit", "--staged", *DAY).code == 1


def test_what_is_only_announced_is_not_staged(repo: Path, call: Call) -> None:
    stage(repo, {"README.md": "words\n"})
    write(repo, {OTHER: SOFT_DOCS})
    git(repo, "add", "--intent-to-add", OTHER)
    assert call("audit", "--staged", *DAY).code == 0


def test_taking_an_entry_away_stops_it(repo: Path, call: Call) -> None:
    git(repo, "rm", "--quiet", EXCEPTIONS)
    outcome = call("audit", "--staged", *DAY)
    assert outcome.code == 1
    assert "lint: it is advisory, and this commit takes its entry away" in outcome.out


def test_all_of_a_first_commit_is_new(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "new"
    root.mkdir()
    git(root, "init", "--quiet")
    call = caller(capsys, root)
    stage(root, {WORKFLOW: HARD})
    assert call("audit", "--staged", *DAY).code == 0
    stage(root, {WORKFLOW: SOFT})
    outcome = call("audit", "--staged", *DAY)
    assert outcome.code == 1
    assert outcome.out.endswith("1 error; 1 job, no exceptions file, judged as of 2026-11-25.\n")


def test_where_nothing_is_staged_everything_counts(repo: Path, call: Call) -> None:
    assert call("audit", "--staged", *DAY).code == 1


def test_a_range_of_commits_as_pre_commit_names_it(repo: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    git(repo, "switch", "--quiet", "--create", "work")
    commit(repo, {"README.md": "words\n"}, "Words")
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", "main")
    monkeypatch.setenv("PRE_COMMIT_TO_REF", "HEAD")
    write(repo, {WORKFLOW: "not: [yaml"})
    assert call("audit", "--staged", *DAY).code == 0
    git(repo, "checkout", "--quiet", WORKFLOW)
    commit(repo, {OTHER: SOFT_DOCS}, "Soft")
    outcome = call("audit", "--staged", *DAY)
    assert outcome.code == 1
    assert "this branch adds it" in outcome.out


def test_a_merge_answers_for_nothing_that_either_side_has(repo: Path, call: Call) -> None:
    git(repo, "switch", "--quiet", "--create", "work")
    commit(repo, {"text": "ours\n"}, "Ours")
    git(repo, "switch", "--quiet", "main")
    commit(repo, {"text": "theirs\n", OTHER: SOFT_DOCS}, "Theirs")
    git(repo, "switch", "--quiet", "work")
    with pytest.raises(subprocess.CalledProcessError):
        git(repo, "merge", "main")
    torn = call("audit", "--staged", *DAY)
    assert torn.code == 0
    stage(repo, {"text": "both\n"})
    outcome = call("audit", "--staged", *DAY)
    assert outcome.code == 0
    assert outcome.out.endswith("against HEAD and what is merged.\n")
    stage(repo, {".github/workflows/more.yml": SOFT.replace("lint", "more")})
    assert call("audit", "--staged", *DAY).code == 1


def test_a_file_in_conflict_says_what_to_do(repo: Path, call: Call) -> None:
    git(repo, "switch", "--quiet", "--create", "work")
    commit(repo, {WORKFLOW: SOFT.replace("make", "just")}, "Ours")
    git(repo, "switch", "--quiet", "main")
    commit(repo, {WORKFLOW: SOFT.replace("make", "task")}, "Theirs")
    with pytest.raises(subprocess.CalledProcessError):
        git(repo, "merge", "work")
    outcome = call("audit", "--staged", *DAY)
    assert outcome.code == 2
    assert f"{WORKFLOW}: this file is in conflict. Settle it, then stage it: git add {WORKFLOW}" in outcome.err


class TestHook:
    """As git itself calls it."""

    @pytest.fixture(autouse=True)
    def hook(self, repo: Path) -> None:
        path = repo / ".git" / "hooks" / "pre-commit"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\nexec {sys.executable} -m covpath audit --staged {' '.join(DAY)}\n")
        path.chmod(0o755)

    def commits(self, root: Path, *arguments: str) -> bool:
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        command = ["git", *identity, "commit", "--quiet", "--message=Change", *arguments]
        return subprocess.run(command, cwd=root, capture_output=True, check=False).returncode == 0

    def test_of_all_that_is_changed(self, repo: Path) -> None:
        write(repo, {WORKFLOW: f"# words\n{SOFT}"})
        assert self.commits(repo, "--all")
        write(repo, {WORKFLOW: SOFT + SOFT_DOCS.split("jobs:\n")[1]})
        assert not self.commits(repo, "--all")

    def test_of_one_file_while_another_is_staged(self, repo: Path) -> None:
        stage(repo, {OTHER: SOFT_DOCS, "README.md": "words\n"})
        assert self.commits(repo, "README.md")
        assert not self.commits(repo)

    def test_of_a_message_alone(self, repo: Path) -> None:
        assert self.commits(repo, "--amend")

    def test_in_a_working_tree_of_its_own(self, repo: Path, tmp_path: Path) -> None:
        git(repo, "worktree", "add", "--quiet", str(tmp_path / "beside"))
        stage(tmp_path / "beside", {"README.md": "words\n"})
        assert self.commits(tmp_path / "beside")
        stage(tmp_path / "beside", {OTHER: SOFT_DOCS})
        assert not self.commits(tmp_path / "beside", "--all")

    def test_that_looks_at_another_repository(self, repo: Path, tmp_path: Path) -> None:
        other = repository(tmp_path / "other", {WORKFLOW: HARD})
        hook = repo / ".git" / "hooks" / "pre-commit"
        hook.write_text(hook.read_text().rstrip() + f" --repo {other}\n")
        stage(repo, {OTHER: SOFT_DOCS})
        assert self.commits(repo)
        stage(other, {WORKFLOW: SOFT})
        write(repo, {"README.md": "words\n", WORKFLOW: HARD})
        assert not self.commits(repo, "--all")
        git(other, "reset", "--quiet", "--hard")
        assert self.commits(repo, "--all")


@pytest.mark.parametrize("arguments", [("--base", "HEAD"), ("--no-base",), ("--fix",)])
def test_wrong_usage(call: Call, arguments: tuple[str, ...]) -> None:
    outcome = call("audit", "--staged", *arguments)
    assert outcome.code == 2
    assert "--staged is about a commit" in outcome.err


def test_without_git(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {WORKFLOW: SOFT})
    outcome = caller(capsys, tmp_path)("audit", "--staged")
    assert outcome.code == 2
    assert "is not a git repository" in outcome.err
