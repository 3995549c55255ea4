"""What each backend's reference run left, kept beside the trials: its report, and the tests it ran.

Later runs are held against the report's files; two backends are compared by it (``parity``).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from msgspec import Struct

from covpath.bench.executed_tests import ExecutedTests
from covpath.bench.report_file import Report
from covpath.bench.report_lines import FileLines
from covpath.outside.files import write_atomically


class KeptReference(Struct, frozen=True, kw_only=True):
    """A good report, and the tests seen in the output where a test runner's words were recognised."""

    report: Report
    tests: ExecutedTests | None


def save_reference(folder: Path, key: str, report: Report, tests: ExecutedTests | None) -> None:
    """Write names, counts, lines and tests as JSON."""
    data = {
        "format": report.format,
        "files": {file.name: [file.covered, file.coverable, _numbers(file)] for file in report.files},
        "tests": tests and [tests.passed, tests.failed, tests.skipped, tests.names and sorted(tests.names)],
    }
    write_atomically(folder / f"{key}.json", json.dumps(data).encode())


def load_reference(folder: Path, key: str) -> KeptReference | None:
    """What was saved under ``key``; None where there is nothing that can be read."""
    try:
        data: dict[str, Any] = json.loads((folder / f"{key}.json").read_bytes())
        files = tuple(
            FileLines(name=name, covered=covered, coverable=coverable, lines=_lines(numbers))
            for name, (covered, coverable, numbers) in data["files"].items()
        )
        return KeptReference(report=Report(format=data["format"], files=files), tests=_tests(data["tests"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _tests(data: list[Any] | None) -> ExecutedTests | None:
    if data is None:
        return None
    passed, failed, skipped, names = data
    return ExecutedTests(
        passed=passed, failed=failed, skipped=skipped, names=None if names is None else frozenset(names)
    )


def _numbers(file: FileLines) -> list[int] | None:
    """Line numbers, negative where the line was not executed."""
    if file.lines is None:
        return None
    return [number if executed else -number for number, executed in sorted(file.lines.items())]


def _lines(numbers: list[int] | None) -> dict[int, bool] | None:
    return None if numbers is None else {abs(number): number > 0 for number in numbers}
