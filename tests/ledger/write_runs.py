"""A repository whose exceptions file is written by many processes, and those processes started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FILE = "ci/ci-exceptions.yaml"
FIRST = "version: 1\nexceptions:\n  - job: ci.yml:first\n    decision: undecided\n    reason: it dies # see above\n"
WRITERS = Path(__file__).with_name("writers.py")


def begun(root: Path) -> Path:
    """An exceptions file with one entry at ``root``."""
    (root / "ci").mkdir(parents=True)
    (root / FILE).write_bytes(FIRST.encode())
    return root


def run(verb: str, root: Path, number: int) -> int:
    """What ``writers.py`` counted; what it asserts while it runs fails the test."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, str(WRITERS), verb, str(root), str(number)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def left_behind(root: Path) -> list[str]:
    """What lies beside the exceptions file."""
    return [entry.name for entry in (root / "ci").iterdir() if entry.name != "ci-exceptions.yaml"]
