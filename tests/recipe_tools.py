"""Recipe tools fetched once into a folder outside of the repository, where the package registry answers."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from downloads import cache_home, installed_once

PACKAGES = {
    "hatch": "1.18.2",
    "invoke": "3.0.3",
    "nox": "2026.10.20",
    "pdm": "2.29.4",
    "poethepoet": "0.49.0",
    "rust-just": "1.59.0",
    "taskipy": "1.14.1",
    "tox": "4.67.15",
}
APART = {"go-task-bin": "3.54.0"}
"""Its program has the name of taskipy's."""


def folder() -> Path:
    """Where the tools lie; other versions get another folder."""
    versions = "-".join(version for _, version in sorted({**PACKAGES, **APART}.items()))
    chosen = os.environ.get("COVPATH_RECIPE_TOOLS")
    return (Path(chosen) if chosen else cache_home() / "covpath-recipe-tools") / versions


@cache
def problem() -> str | None:
    """Why the tools are not here; installs them if need be."""
    return installed_once(folder(), "RECIPE TOOLS", _install)


def _install(target: Path) -> str | None:
    environments = {"tools": PACKAGES, "apart": APART}
    for name, packages in environments.items():
        wanted = [f"{package}=={version}" for package, version in packages.items()]
        place = str(target / name)
        commands = (
            [sys.executable, "-m", "virtualenv", "--quiet", place],
            [f"{place}/bin/python", "-m", "pip", "install", "--quiet", "--retries=1", "--prefer-binary", *wanted],
        )
        for command in commands:
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
            except subprocess.TimeoutExpired:
                return "NO RECIPE TOOLS: they were not installed within five minutes"
            if done.returncode:
                return f"NO RECIPE TOOLS: {done.stderr.strip()[-300:]}"
    return None


def programs(*, apart: bool = False) -> Path:
    """The folder of the tools' programs; skips where they cannot be had."""
    trouble = problem()
    if trouble:
        pytest.skip(trouble)
    return folder() / ("apart" if apart else "tools") / "bin"
