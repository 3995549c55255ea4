from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import Call, caller
from outside.github_description import Served, github
from outside.test_protection import CHECKS, RULE, answers
from sample_repositories import repository

WORKFLOW = """\
on: pull_request
jobs:
  lint:
    runs-on: ubuntu-latest
    steps: [{run: make lint}]
  coverage:
    runs-on: ubuntu-latest
    continue-on-error: true
    steps: [{run: cargo llvm-cov}]
"""
ASK = ("status", "--all", "--fetch-required")


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    with github() as server:
        monkeypatch.setenv("GH_TOKEN", "secret-token")
        monkeypatch.setenv("GITHUB_API_URL", server.url)
        yield server
        assert server.wrong == []


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    made = repository(tmp_path / "repo", {".github/workflows/ci.yml": WORKFLOW})
    config = made / ".git" / "config"
    config.write_text(config.read_text() + '[remote "origin"]\n\turl = git@github.com:octo-org/hello.world.git\n')
    return made


@pytest.fixture
def call(repo: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(capsys, repo)


def test_github_is_asked_once_and_its_answer_kept(repo: Path, call: Call, served: Served) -> None:
    answers(served, {"enabled": True, "required_status_checks": CHECKS}, [RULE])
    file = repo / "ci" / "required.json"
    asked = call(*ASK, str(file))
    assert asked.code == 0, asked.err
    assert asked.out.startswith(f"Written: {file} (what octo-org/hello.world requires of main).")
    assert f"Required checks ({file}, asked for on " in asked.out
    assert asked.out.splitlines()[-1].endswith("): lint, test.")
    requests = len(served.requests)
    kept = call("status", "--all", "--required", str(file))
    assert asked.out.endswith(kept.out)
    assert len(served.requests) == requests
    assert "secret-token" not in file.read_text() + asked.out + asked.err


def test_as_data_nothing_stands_beside_it(repo: Path, call: Call, served: Served) -> None:
    answers(served, {"enabled": False}, [RULE])
    told = call(*ASK, str(repo / "required.json"), "--format", "json").json()
    assert told["required"]["checks"] == ["lint"]
    assert {job["job"]: job["blocks"]["value"] for job in told["jobs"]} == {"lint": "yes", "coverage": "no"}


def test_nothing_is_written_where_github_does_not_answer(repo: Path, call: Call, served: Served) -> None:
    answers(served, {}, [])
    served.answers["GET", "/repos/octo-org/hello.world"] = [(404, {}, {"message": "Not Found"})]
    outcome = call(*ASK, str(repo / "required.json"))
    assert outcome.code == 2
    assert "no repository octo-org/hello.world" in outcome.err
    assert not (repo / "required.json").exists()


def test_wrong_uses_are_told(repo: Path, call: Call) -> None:
    assert "there is no remote 'upstream'. There is: origin." in call(*ASK, "x.json", "--remote", "upstream").err
    assert call(*ASK, "x.json", "--required", "y.json").code == 2
    assert json.loads(call("status", "--format", "json").out)["required"]["known"] is False
