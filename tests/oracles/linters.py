"""actionlint and zizmor, asked about many files at once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from oracles.install import ask


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding of actionlint; ``kind`` is its rule."""

    message: str
    kind: str
    line: int
    column: int


def actionlint(files: Mapping[str, str]) -> dict[str, tuple[Remark, ...]]:
    """What actionlint remarks on each of ``files``, given as name and text."""
    answer: Any = ask("actionlint.mjs", dict(files))
    return {name: tuple(Remark(**one) for one in answer[name]) for name in files}


@dataclass(frozen=True, slots=True)
class Zizmor:
    """One run: its wall time, its exit code (0, 11 to 14: read; others: it broke) and its findings as it gives them."""

    seconds: float
    exit_code: int
    findings: tuple[dict[str, Any], ...]
    stderr: str


def zizmor_command() -> str:
    """The program beside this interpreter, else on the path; skips where there is none."""
    beside = Path(sys.executable).with_name("zizmor")
    found = str(beside) if beside.exists() else shutil.which("zizmor")
    if found is None:
        pytest.skip("NO ORACLE: zizmor is not installed (it is in the test extra)")
    return found


def zizmor(paths: Sequence[Path], *options: str, timeout: float = 600) -> Zizmor:
    """Runs zizmor offline on files or directories; ``options`` such as ``--persona=pedantic``."""
    command = [zizmor_command(), "--offline", "--no-progress", "--format=json-v1", *options, *map(str, paths)]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    seconds = time.perf_counter() - started
    findings = json.loads(done.stdout) if done.stdout.strip() else []
    return Zizmor(seconds, done.returncode, tuple(findings), done.stderr)
