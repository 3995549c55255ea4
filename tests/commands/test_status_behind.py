"""``covpath status`` and ``covpath move`` on jobs that measure behind something."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from command_line import caller
from covpath.commands.status import MANY
from outside.repositories import Scratch

SCHEMA = json.loads(files("covpath").joinpath("data", "schemas", "status.schema.json").read_text(encoding="utf-8"))
CASES = Path(__file__).resolve().parents[1] / "cases" / "chains"
CALLING = b"""\
on: pull_request
jobs:
  coverage:
    uses: somebody/workflows/.github/workflows/coverage.yml@v1
  tests:
    runs-on: ubuntu-latest
    steps:
      - uses: somebody/run/cov@v1
        with:
          target: cov
      - uses: codecov/codecov-action@v5
"""
CALLED = b"""\
on: workflow_call
jobs:
  measure:
    runs-on: ubuntu-latest
    steps:
      - run: make cov
"""
ACTION = b"""\
name: run
inputs:
  target:
    default: lint
runs:
  using: composite
  steps:
    - run: make ${{ inputs.target }}
      shell: bash
"""
FILES = {".github/workflows/ci.yml": CALLING, "Makefile": b"cov:\n\tpytest --cov=pkg\n"}
CHAIN = "-> make cov -> Makefile:2 -> pytest --cov=pkg"


def repository(tmp_path: Path, case: str) -> Path:
    root = tmp_path / "repo"
    scratch = Scratch(root)
    shutil.copytree(CASES / case, root, dirs_exist_ok=True)
    scratch.git("add", "--all")
    return root


def test_the_text_shows_the_chain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = caller(capsys, repository(tmp_path, "recipes"))
    told = call("status", "just").out
    assert "measured by cargo-llvm-cov (just coverage -> justfile:4 -> cargo llvm-cov" in told
    assert "report: lcov.info (lcov)" in told


def test_the_text_names_the_first_unknown_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = caller(capsys, repository(tmp_path, "hidden"))
    told = call("status", "coverage").out
    assert "measured behind what cannot be followed: make coverage -> Makefile -> unknown: Makefile is not in" in told


def test_the_text_says_what_it_depends_on_and_whose_data_it_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = caller(capsys, repository(tmp_path, "handed-over"))
    told = call("status").out
    assert "coverage run -m pytest; depends on matrix.python)" in told
    assert "takes over what ci.yml:test measured (artifact *)" in told


def test_the_data_is_valid_and_complete(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, case in enumerate(("recipes", "hidden", "handed-over")):
        call = caller(capsys, repository(tmp_path / str(number), case))
        data = call("status", "--format", "json").json()
        jsonschema.validate(data, SCHEMA)
    jobs = {job["job"]: job for job in data["jobs"]}
    assert jobs["test"]["depends_on"] == ["matrix.python"]
    assert jobs["upload"]["measured_in"] == [{"workflow": ".github/workflows/ci.yml", "job": "test"}]
    assert jobs["build"]["chain"] == []


@pytest.mark.parametrize("kind", ["beside", "itself"])
def test_other_repositories_are_followed_from_checkouts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    scratch = Scratch(tmp_path / "repo")
    scratch.commit(FILES)
    others = tmp_path / "others"
    roots = {
        "beside": (others / "somebody/workflows", others / "somebody/run"),
        "itself": (tmp_path / "workflows", tmp_path / "run"),
    }
    workflows, action = roots[kind]
    for path, data in ((workflows / ".github/workflows/coverage.yml", CALLED), (action / "cov/action.yml", ACTION)):
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    call = caller(capsys, scratch.root)
    without = {job["job"]: job["unknown_link"] for job in call("status", "--format", "json").json()["jobs"]}
    assert without["coverage"] == "the workflow is in another repository (--with DIR gives it)"
    assert without["tests"] == "the action is in another repository (--with DIR gives it)"
    given = ("--with", str(others)) if kind == "beside" else ("--with", str(workflows), "--with", str(action))
    found = {job["job"]: " -> ".join(job["chain"]) for job in call("status", "--format", "json", *given).json()["jobs"]}
    assert found["coverage"].startswith("somebody/workflows/.github/workflows/coverage.yml@v1 -> ")
    assert found["coverage"].endswith(CHAIN)
    assert found["tests"].startswith("somebody/run/cov@v1 -> somebody/run/cov/action.yml:")
    assert found["tests"].endswith(CHAIN)


MEASURE = b"""\
on: workflow_call
jobs:
  measure:
    runs-on: ubuntu-latest
    steps:
      - run: pytest --cov=pkg --cov-report=xml:cov.xml
      - uses: codecov/codecov-action@v5
        with:
          files: cov.xml
  outer:
    uses: ./.github/workflows/ci.yml
"""


def test_a_report_of_a_called_workflow_is_read_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "repo"
    calls = "on: {on}\njobs:\n  {job}:\n    uses: ./.github/workflows/{file}\n"
    files = {
        "ci.yml": calls.format(on="pull_request", job="all", file="middle.yml").encode(),
        "middle.yml": calls.format(on="workflow_call", job="inner", file="measure.yml").encode(),
        "measure.yml": MEASURE,
    }
    Scratch(root).commit({f".github/workflows/{name}": text for name, text in files.items()})
    told = caller(capsys, root)("status").out
    assert told.count("report: cov.xml (cobertura), read by codecov/codecov-action@v5\n") == 3


def test_moving_a_hidden_command_refuses_with_its_place_and_the_edit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository(tmp_path, "recipes")
    outcome = caller(capsys, root)("move", "script", "--backend", "cargo-llvm-cov")
    assert outcome.code == 3
    assert "ci/coverage.sh:4" in outcome.err
    assert "`cargo tarpaulin --out Xml` becomes `" in outcome.err
    assert "cargo llvm-cov" in outcome.err


def test_a_gate_moves_at_the_step_that_measures_behind_a_recipe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository(tmp_path, "recipes")
    call = caller(capsys, root)
    assert call("status", "mask", "--format", "json").json()["jobs"][0]["gate"] == "silent"
    assert call("move", "mask", "--gate", "blocking", "--write").code == 0
    assert call("status", "mask", "--format", "json").json()["jobs"][0]["gate"] == "blocking"


LEAVING = """\
name: tests
on: pull_request
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: pytest --cov --cov-report=xml
      - uses: actions/upload-artifact@v4
        with: {name: coverage-data, path: coverage.xml}
"""
TAKING = """\
on:
  workflow_run:
    workflows: [tests]
    types: [completed]
jobs:
  upload:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/download-artifact@v4
        with:
          name: coverage-data
          run-id: ${{ github.event.workflow_run.id }}
      - uses: codecov/codecov-action@v5
"""
PLAIN = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n"


def test_data_left_by_another_workflow_are_found_in_a_large_repository(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ".github/workflows"
    plain = {f"{folder}/plain-{number:03}.yml": PLAIN.encode() for number in range(MANY)}
    scratch = Scratch(tmp_path / "repo")
    scratch.commit({**plain, f"{folder}/tests.yml": LEAVING.encode(), f"{folder}/upload.yml": TAKING.encode()})
    found = caller(capsys, scratch.root)("status", "--all", "--format", "json").json()["jobs"]
    job = next(one for one in found if one["job"] == "upload")
    assert job["measured_in"] == [{"workflow": f"{folder}/tests.yml", "job": "test"}]
