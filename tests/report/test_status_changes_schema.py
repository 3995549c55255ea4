"""What a change against a base looks like as data."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from command_line import caller
from covpath.gate.compare import ChangeKind
from covpath.terms import Blocks, Gate
from sample_repositories import repository, write

SCHEMA = json.loads((files("covpath") / "data" / "schemas" / "status-changes.schema.json").read_text("utf-8"))
CI = ".github/workflows/ci.yml"
STEPS = "    runs-on: ubuntu-24.04\n    steps:\n      - run: make {}\n"
BEFORE = f"on: pull_request\njobs:\n  lint:\n{STEPS.format('lint')}  docs:\n{STEPS.format('docs')}"
AFTER = (
    f"on: pull_request\njobs:\n  lint:\n{STEPS.format('lint')}        continue-on-error: true\n"
    f"  test:\n{STEPS.format('test')}"
)


def test_changes_are_as_the_schema_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = repository(tmp_path / "repo", {CI: BEFORE, ".github/workflows/other.yml": BEFORE})
    write(repo, {CI: AFTER, ".github/workflows/other.yml": "jobs: [\n"})
    Draft202012Validator.check_schema(SCHEMA)
    data = caller(capsys, repo)("status", "--base", "HEAD", "--format", "json").json()
    Draft202012Validator(SCHEMA).validate(data)
    assert [(change["kind"], change["job"]) for change in data["changes"]] == [
        ("gate", "lint"),
        ("added", "test"),
        ("removed", "docs"),
    ]
    assert len(data["unreadable"]) == 1


def test_the_schema_s_words_are_ours() -> None:
    side = SCHEMA["$defs"]["side"]["anyOf"][1]["properties"]
    assert side["gate"]["enum"] == [gate.value for gate in Gate]
    assert side["blocks"]["enum"] == [blocks.value for blocks in Blocks]
    assert SCHEMA["$defs"]["change"]["properties"]["kind"]["enum"] == [kind.value for kind in ChangeKind]
