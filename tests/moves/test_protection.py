"""The commands beside a move that change the list of required checks."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from command_line import caller
from outside.repositories import Scratch
from sample_repositories import write

WORKFLOW = (
    "on: pull_request\njobs:\n  lint:\n    name: It's lint\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n"
)
SOFT = WORKFLOW.replace("    steps", "    continue-on-error: true\n    steps")
PATH = ".github/workflows/ci.yml"
CHECKS = {"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": "other"}]}}


def commands(root: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    data = caller(capsys, root)("move", "lint", *arguments, "--format", "json").json()
    return [note["command"] for one in data for note in one["notes"] if note["command"]]


def test_the_branch_is_the_one_git_calls_the_default(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scratch = Scratch(tmp_path / "repo")
    scratch.commit({PATH: WORKFLOW.encode()})
    scratch.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk/next")
    scratch.git("update-ref", "refs/remotes/origin/trunk/next", "HEAD")
    (command,) = commands(scratch.root, capsys, "--gate", "advisory")
    assert "/branches/trunk%2Fnext/protection/" in command
    assert shlex.split(command)[-1] == "contexts[]=It's lint"


def test_else_it_is_the_one_of_the_trigger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filtered = WORKFLOW.replace("on: pull_request", "on: {pull_request: {branches: ['release/*', develop]}}")
    write(tmp_path, {PATH: filtered})
    (command,) = commands(tmp_path, capsys, "--gate", "advisory")
    assert "/branches/develop/protection/" in command


def test_else_a_placeholder_is_shown_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {PATH: WORKFLOW})
    (command,) = commands(tmp_path, capsys, "--gate", "advisory")
    assert "/branches/BRANCH/protection/" in command
    assert (
        "(BRANCH: the branch that merges go to)" in caller(capsys, tmp_path)("move", "lint", "--gate", "advisory").out
    )


@pytest.mark.parametrize("organization", [False, True])
def test_a_ruleset_is_changed_as_a_ruleset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, organization: bool
) -> None:
    kind, source = ("Organization", "octo-org") if organization else ("Repository", "octo-org/x")
    rule = {**CHECKS, "ruleset_id": 42, "ruleset_source_type": kind, "ruleset_source": source}
    write(tmp_path, {PATH: SOFT, "required.json": json.dumps([rule])})
    required = str(tmp_path / "required.json")
    (command,) = commands(tmp_path, capsys, "--gate", "blocking", "--required", required)
    words = shlex.split(command)
    assert (
        words[2] == words[10] == ("orgs/octo-org/rulesets/42" if organization else "repos/{owner}/{repo}/rulesets/42")
    )
    assert words[4].endswith(""" += [{context: "It's lint"}] | {rules}""")


def test_a_list_kept_in_the_repository_is_changed_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = "branches:\n  - name: main\n    protection: {required_status_checks: {contexts: [other]}}\n"
    write(tmp_path, {PATH: SOFT, ".github/settings.yml": settings})
    assert commands(tmp_path, capsys, "--gate", "blocking") == []
    told = caller(capsys, tmp_path)("move", "lint", "--gate", "blocking").out
    assert "would have to be (the list stands in .github/settings.yml)" in told


MATRIX = WORKFLOW.replace("    steps", "    strategy: {matrix: {v: [1, 2, 3, 4, 5]}}\n    steps").replace(
    "    name: It's lint\n", ""
)


def test_many_checks_leave_by_one_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {PATH: MATRIX})
    (command,) = commands(tmp_path, capsys, "--gate", "advisory")
    assert [word for word in shlex.split(command) if "[]" in word] == [f"contexts[]=lint ({v})" for v in range(1, 6)]
    told = caller(capsys, tmp_path)("move", "lint", "--gate", "advisory").out
    assert "the checks `lint (1)`, `lint (2)`, `lint (3)` and 2 more still turn red" in told


def test_checks_known_not_to_be_required_need_no_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {PATH: WORKFLOW, "required.json": json.dumps([CHECKS])})
    assert commands(tmp_path, capsys, "--gate", "advisory", "--required", str(tmp_path / "required.json")) == []
