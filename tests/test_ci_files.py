"""Our own CI: what the files promise is what they do."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
ACTION = ROOT / "ci" / "audit-action" / "action.yml"


def _load(path: Path) -> Any:
    # BaseLoader: every scalar a string, so that `on` stays `on`.
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def _uses(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from [value] if name == "uses" else _uses(value)
    elif isinstance(node, list):
        for item in node:
            yield from _uses(item)


def test_zizmor_has_nothing_to_say_pedantically() -> None:
    zizmor = shutil.which("zizmor", path=str(Path(sys.executable).parent))
    assert zizmor
    asked = [zizmor, "--quiet", "--offline", "--no-config", "--persona=pedantic", "--strict-collection"]
    paths = (".github", "ci/audit-action", ".pre-commit-hooks.yaml")
    done = subprocess.run([*asked, *paths], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [WORKFLOW, ACTION], ids=lambda path: path.name)
def test_every_action_is_pinned_and_says_its_version(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for used in _uses(_load(path)):
        if not used.startswith("$/"):
            assert re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40}", used), used
            assert re.search(rf"{re.escape(used)} # v\d+\.\d+\.\d+$", text, re.MULTILINE), used


def test_every_job_has_a_time_limit_and_its_own_permissions() -> None:
    workflow = _load(WORKFLOW)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert int(job["timeout-minutes"]) <= 40, name
        assert job["permissions"] in ({}, {"contents": "read"}), name


def test_the_gate_waits_for_every_job_that_blocks() -> None:
    jobs = _load(WORKFLOW)["jobs"]
    gate = jobs["all-green"]
    assert gate["if"] == "${{ always() }}"
    assert set(gate["needs"]) == {name for name in jobs if name not in ("all-green", "coverage")}


@pytest.mark.parametrize(
    ("results", "green"),
    [
        ("success success success", True),
        ("success failure success", False),
        ("failure success success", False),
        ("success success cancelled", False),
        ("success skipped success", False),
    ],
)
def test_the_gate_is_green_where_every_job_succeeded_and_nowhere_else(results: str, green: bool) -> None:
    (step,) = _load(WORKFLOW)["jobs"]["all-green"]["steps"]
    assert step["env"] == {"RESULTS": "${{ join(needs.*.result, ' ') }}"}
    # The shell GitHub takes where a step names none.
    done = subprocess.run(["bash", "-e", "-c", step["run"]], env={"RESULTS": results}, check=False)
    assert (done.returncode == 0) is green


def _noxfile_runs(session: str) -> list[list[str]]:
    """The words of each command that ``session`` runs."""
    module = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    (function,) = (node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == session)
    return [
        [word.value for word in call.args if isinstance(word, ast.Constant) and isinstance(word.value, str)]
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "run"
    ]


def test_the_coverage_session_runs_what_the_coverage_job_runs() -> None:
    (measuring,) = (step for step in _load(WORKFLOW)["jobs"]["coverage"]["steps"] if step.get("name") == "measure")
    assert [" ".join(words) for words in _noxfile_runs("coverage")] == [measuring["run"]]


def test_the_interpreters_tested_are_those_promised() -> None:
    versions = _load(WORKFLOW)["jobs"]["tests"]["strategy"]["matrix"]["python"]
    assert versions == ["3.11", "3.12", "3.13", "3.14"]
    assert f"python={versions}".replace("'", '"') in (ROOT / "noxfile.py").read_text(encoding="utf-8")
    assert f'requires-python = ">={versions[0]}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_run_on_a_bare_machine_is_valid_shell_and_executable() -> None:
    script = ROOT / ".ci" / "run"
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    mode = subprocess.run(["git", "ls-files", "-s", ".ci/run"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert mode.stdout.startswith("100755")


@pytest.mark.parametrize(
    ("name", "matches"),
    [
        (".github/workflows/ci.yml", True),
        (".github/workflows/nightly.yaml", True),
        ("ci/ci-exceptions.yaml", True),
        (".github/actions/measure/action.yml", True),
        ("docs/CODEOWNERS", True),
        (".github/settings.yml", True),
        ("codecov.yml", True),
        (".github/.codecov.yaml", True),
        (".mergify.yml", True),
        (".mergify/config.yml", True),
        (".github/mergify.yml", True),
        ("docs/codecov.yml", False),
        (".github/workflows/scripts/x.yml", False),
        (".github/workflows/README.md", False),
        ("src/main.py", False),
    ],
)
def test_the_hook_runs_for_what_it_audits(name: str, matches: bool) -> None:
    (hook,) = _load(ROOT / ".pre-commit-hooks.yaml")
    assert (re.search(hook["files"], name) is not None) is matches
