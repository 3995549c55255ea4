from __future__ import annotations

import json
import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from command_line import caller
from covpath.terms import Blocks, Gate, Tri
from sample_repositories import repository
from shared_data import shared_path

SCHEMA = json.loads(files("covpath").joinpath("data", "schemas", "status.schema.json").read_text(encoding="utf-8"))
ROOT = Path(__file__).resolve().parents[2]


def validate(repo: Path, capsys: pytest.CaptureFixture[str]) -> int:
    Draft202012Validator.check_schema(SCHEMA)
    data = caller(capsys, repo)("status", "--all", "--format", "json").json()
    Draft202012Validator(SCHEMA).validate(data)
    return len(data["jobs"])


def test_our_own_status_is_as_the_schema_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert validate(ROOT, capsys) > 5


def test_so_is_that_of_files_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = repository(tmp_path / "repo", {".github/workflows/ci.yml": "jobs: [\n"})
    assert validate(repo, capsys) == 0


@pytest.mark.shared
def test_so_is_that_of_real_workflows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for number, path in enumerate(sorted(shared_path("corpus/dev").rglob("*.y*ml"))[::25]):
        shutil.copy(path, folder / f"{number}.yml")
    assert validate(tmp_path, capsys) > 50


def test_the_schema_s_words_are_ours() -> None:
    definitions = SCHEMA["$defs"]
    assert definitions["gate"]["enum"] == [gate.value for gate in Gate]
    assert definitions["tri"]["enum"] == [tri.value for tri in Tri]
    assert definitions["blocks"]["properties"]["value"]["enum"] == [blocks.value for blocks in Blocks]
