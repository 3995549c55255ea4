"""``covpath audit --fix``: the way out of each finding, as a diff and as a branch."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from command_line import Call, caller
from sample_repositories import commit, git, repository, write

WORKFLOW = ".github/workflows/ci.yml"
EXCEPTIONS = "ci/ci-exceptions.yaml"
SOFT = """\
on: pull_request
jobs:
  lint: # the linter
    runs-on: ubuntu-24.04
    continue-on-error: true # while it is chosen
    steps:
      - run: make lint
"""
HARD = SOFT.replace("    continue-on-error: true # while it is chosen\n", "")
LATE = """\
# Decisions
version: 1
owner: "@org/ci"
exceptions:
  # since spring
  - job: ci.yml:lint
    decision: new-backend
    target: 2026-10-30 # a promise
    reason: the linter is being chosen
"""
DAY = ("--today", "2026-11-25")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {WORKFLOW: SOFT, EXCEPTIONS: LATE})


@pytest.fixture
def call(repo: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(capsys, repo)


def apply(repo: Path, patch: str) -> None:
    subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=repo, check=True)


def test_nothing_to_fix(repo: Path, call: Call) -> None:
    write(repo, {EXCEPTIONS: LATE.replace("2026-10-30", "2026-12-30")})
    outcome = call("audit", "--fix", *DAY)
    assert (outcome.code, outcome.out) == (0, "Nothing to fix.\n")


def test_what_is_overdue_is_made_to_block_and_its_entry_goes(repo: Path, call: Call) -> None:
    outcome = call("audit", "--fix", *DAY)
    assert outcome.code == 0
    assert outcome.out.startswith(f"{EXCEPTIONS}:8:13: Make ci.yml:lint block again: ")
    assert (repo / WORKFLOW).read_text() == SOFT  # nothing is written
    apply(repo, outcome.out)
    assert (repo / WORKFLOW).read_text() == HARD
    assert (repo / EXCEPTIONS).read_text().endswith("exceptions: []\n  # since spring\n")
    assert call("audit", *DAY).code == 0


def test_or_it_is_postponed_with_its_reason(repo: Path, call: Call) -> None:
    outcome = call("audit", "--fix", "--target", "2026-12-18", "--reason", "the release came first", *DAY)
    assert outcome.code == 0
    apply(repo, outcome.out)
    assert (repo / WORKFLOW).read_text() == SOFT
    text = (repo / EXCEPTIONS).read_text()
    assert "    target: '2026-12-18' # a promise\n" in text
    assert "Postponed from 2026-10-30 to 2026-12-18 (the release came first)" in text
    assert call("audit", *DAY).code == 0


def test_a_postponement_without_a_reason_is_none(call: Call) -> None:
    outcome = call("audit", "--fix", "--target", "2026-12-18", *DAY)
    assert outcome.code == 2
    assert "needs a target and its reason" in outcome.err


def test_an_entry_of_a_job_that_blocks_again_goes(repo: Path, call: Call) -> None:
    write(repo, {WORKFLOW: HARD, EXCEPTIONS: LATE.replace("2026-10-30", "2026-12-30")})
    outcome = call("audit", "--fix", *DAY)
    assert outcome.out.splitlines()[0] == f"{EXCEPTIONS}:6:10: Resolve the entry of ci.yml:lint: it blocks again"
    apply(repo, outcome.out)
    assert call("audit", *DAY).code == 0


def test_an_entry_follows_its_renamed_job(repo: Path, call: Call) -> None:
    commit(
        repo,
        {WORKFLOW: SOFT.replace("  lint:", "  style:"), EXCEPTIONS: LATE.replace("2026-10-30", "2026-12-30")},
        "Rename",
    )
    outcome = call("audit", "--fix", *DAY)
    assert "Name ci.yml:style in the entry of ci.yml:lint" in outcome.out
    apply(repo, outcome.out)
    assert "job: ci.yml:style\n" in (repo / EXCEPTIONS).read_text()


def test_what_has_more_than_one_way_out_is_only_told(repo: Path, call: Call) -> None:
    write(repo, {EXCEPTIONS: "version: 1\nexceptions: []\n"})
    outcome = call("audit", "--fix", *DAY)
    assert outcome.code == 1
    assert "Undo: delete line 5. Keep: covpath exceptions add" in outcome.out
    assert "@@" not in outcome.out


def test_what_cannot_be_moved_safely_says_why_and_the_rest_is_prepared(repo: Path, call: Call) -> None:
    stubborn = "  docs:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: make docs || true\n"
    entry = "  - job: ci.yml:docs\n    decision: new-backend\n    target: 2026-10-30\n    reason: slow\n"
    write(repo, {WORKFLOW: SOFT + stubborn, EXCEPTIONS: LATE + entry})
    outcome = call("audit", "--fix", *DAY)
    if "not prepared" in outcome.out:
        assert outcome.code == 1
        assert "-    continue-on-error: true" in outcome.out
    else:  # the move has learned to take the mask away
        assert "-      - run: make docs || true" in outcome.out


def test_a_branch_has_a_commit_for_each_way_out(repo: Path, call: Call) -> None:
    two = "  docs:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: make docs\n"
    entry = "  - job: ci.yml:docs\n    decision: new-backend\n    target: 2026-12-30\n    reason: slow\n"
    commit(repo, {WORKFLOW: SOFT + two, EXCEPTIONS: LATE + entry}, "More")
    outcome = call("audit", "--fix", "--branch", "ways-out", *DAY)
    assert outcome.code == 0
    assert "git switch ways-out" in outcome.out
    subjects = git(repo, "log", "--format=%s", "main..ways-out").splitlines()
    assert sorted(subject.split(":")[0] for subject in subjects) == ["Make ci.yml", "Resolve the entry of ci.yml"]
    assert git(repo, "show", f"ways-out:{WORKFLOW}") + "\n" == HARD + two
    assert git(repo, "status", "--porcelain") == ""


def test_a_branch_carries_nothing_that_is_not_committed(repo: Path, call: Call) -> None:
    write(repo, {WORKFLOW: SOFT.replace("make lint", "make lint-all")})
    outcome = call("audit", "--fix", "--branch", "ways-out", *DAY)
    assert outcome.code == 3
    assert "is not committed as it is" in outcome.err
    assert git(repo, "branch", "--list", "ways-out") == ""


STEP = """\
on: pull_request
jobs:
  lint:
    runs-on: ubuntu-24.04
    strategy:
      matrix:
        os: [ubuntu-24.04, windows-2025]
    continue-on-error: ${{ matrix.os == 'windows-2025' }}
    steps:
      - run: make types
        continue-on-error: true
      - run: make spelling || true
      - run: make lint
"""


@pytest.mark.parametrize(
    "without",
    [
        pytest.param(("    continue-on-error: ${{ matrix.os == 'windows-2025' }}\n",), id="masked steps"),
        pytest.param(("        continue-on-error: true\n", " || true"), id="a soft leg"),
        pytest.param((), id="both"),
    ],
)
def test_what_a_job_lets_pass_in_part_blocks_again_too(repo: Path, call: Call, without: tuple[str, ...]) -> None:
    text = STEP
    for words in without:
        text = text.replace(words, "")
    write(repo, {WORKFLOW: text})
    assert call("audit", "--today", "2026-10-01").code == 0
    outcome = call("audit", "--fix", *DAY)
    assert (outcome.code, "Make ci.yml:lint block again" in outcome.out) == (0, True)
    apply(repo, outcome.out)
    assert "|| true" not in (repo / WORKFLOW).read_text()
    assert "continue-on-error: true" not in (repo / WORKFLOW).read_text()
    assert call("audit", *DAY).out.startswith("nothing to report")


def test_a_step_that_no_safe_edit_unmasks_keeps_the_entry_and_is_told_by_its_line_now(repo: Path, call: Call) -> None:
    stubborn = "      - run: if make docs; then echo fine; fi\n      - run: make all\n"
    docs = "  docs:\n    runs-on: ubuntu-24.04\n    steps:\n"
    entry = "  - job: ci.yml:docs\n    decision: new-backend\n    target: 2026-10-30\n    reason: slow\n"
    write(repo, {WORKFLOW: SOFT + docs + stubborn, EXCEPTIONS: LATE + entry})
    outcome = call("audit", "--fix", *DAY)
    assert outcome.code == 1
    assert f"not prepared: {WORKFLOW}:11:14: " in outcome.out
    assert "-    continue-on-error: true" in outcome.out
    assert "-  - job: ci.yml:docs" not in outcome.out
