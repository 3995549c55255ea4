"""The audit where people meet it: the composite action and the pre-commit hook, from a clean clone of this checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]

WORKFLOW = """\
on: pull_request
jobs:
  lint:
    runs-on: ubuntu-24.04
    continue-on-error: true
    steps:
      - run: make lint
"""
EXCEPTIONS = """\
version: 1
owner: "@example/ci"
exceptions:
  - job: ci.yml:lint
    decision: permanent-advisory
    review: 2999-01-01
    reason: the linter is being chosen
    evidence: https://example.org/runs/1
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """covpath as others fetch it: what is committed, and nothing else."""
    clone = tmp_path_factory.mktemp("fetched") / "covpath"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    return clone


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "their repository"
    (root / ".github" / "workflows").mkdir(parents=True)
    (root / ".github" / "workflows" / "ci.yml").write_text(WORKFLOW)
    _git(root, "init", "--quiet", "--initial-branch=main")
    _commit(root)
    return root


def _git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    done = subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _commit(root: Path) -> str:
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "--message=change")
    return _git(root, "rev-parse", "HEAD")


def _explain(root: Path) -> None:
    (root / "ci").mkdir()
    (root / "ci" / "ci-exceptions.yaml").write_text(EXCEPTIONS)
    _commit(root)


def _run_action(clone: Path, workspace: Path, temporary: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """The action's steps as a runner takes them: expressions filled in, each step in its own bash."""
    action = yaml.load((clone / "ci/audit-action/action.yml").read_text(), Loader=yaml.BaseLoader)
    known = {"github.action_path": f"{clone}/ci/audit-action", "runner.temp": str(temporary)}
    defaults = {name: "" if "${{" in field["default"] else field["default"] for name, field in action["inputs"].items()}
    known |= {f"inputs.{name}": value for name, value in (defaults | given).items()}
    done = None
    for step in action["runs"]["steps"]:
        environment = {name: _filled(value, known) for name, value in step["env"].items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=workspace,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            break
    assert done is not None
    return done


def _filled(text: str, known: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ *([\w.]+) *\}\}", lambda match: known[match[1]], text)


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runner")


def test_the_action_annotates_what_no_entry_explains(clone: Path, repository: Path, temporary: Path) -> None:
    done = _run_action(clone, repository, temporary)
    assert done.returncode == 1, done.stderr
    assert re.search(r"^::error [^\n]*file=\.github/workflows/ci\.yml,line=[345]\b", done.stdout, re.MULTILINE), (
        done.stdout
    )

    _explain(repository)
    explained = _run_action(clone, repository, temporary, today="2026-11-01")
    assert explained.returncode == 0, explained.stdout + explained.stderr


def test_the_action_fails_a_pull_request_only_for_what_it_changes(
    clone: Path, repository: Path, temporary: Path
) -> None:
    base = _git(repository, "rev-parse", "HEAD")
    (repository / "README.md").write_text("words\n")
    _commit(repository)
    assert _run_action(clone, repository, temporary, base=base).returncode == 0

    path = repository / ".github" / "workflows" / "ci.yml"
    path.write_text(path.read_text() + WORKFLOW.split("jobs:\n")[1].replace("lint", "docs"))
    _commit(repository)
    done = _run_action(clone, repository, temporary, base=base)
    assert done.returncode == 1, done.stderr
    assert "docs" in done.stdout


def _pre_commit(root: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never"}
    command = [sys.executable, "-m", "pre_commit", *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def test_the_hook_stops_a_commit_that_nothing_explains(clone: Path, repository: Path, tmp_path: Path) -> None:
    commit = _git(clone, "rev-parse", "HEAD")
    (repository / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {clone}\n    rev: {commit}\n    hooks:\n      - id: covpath-audit\n"
    )
    _commit(repository)
    found = _pre_commit(repository, tmp_path / "home", "run", "--all-files")
    assert found.returncode == 1, found.stdout + found.stderr
    assert "lint" in found.stdout

    path = repository / ".github" / "workflows" / "ci.yml"
    path.write_text(f"# words\n{WORKFLOW}")
    _git(repository, "add", "--all")
    old = _pre_commit(repository, tmp_path / "home", "run")
    assert old.returncode == 0, old.stdout + old.stderr
    path.write_text(WORKFLOW + WORKFLOW.split("jobs:\n")[1].replace("lint", "docs"))
    unstaged = _pre_commit(repository, tmp_path / "home", "run")
    assert unstaged.returncode == 0, unstaged.stdout + unstaged.stderr
    _git(repository, "add", "--all")
    new = _pre_commit(repository, tmp_path / "home", "run")
    assert new.returncode == 1, new.stdout + new.stderr
    assert "docs: this commit adds it" in new.stdout
    _git(repository, "reset", "--quiet", "--hard")

    _explain(repository)
    clean = _pre_commit(repository, tmp_path / "home", "run", "--all-files")
    assert clean.returncode == 0, clean.stdout + clean.stderr
    assert "Passed" in clean.stdout
    untouched = _pre_commit(repository, tmp_path / "home", "run", "--files", "README.md")
    assert "Skipped" in untouched.stdout
