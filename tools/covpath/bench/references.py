"""The report of each backend's reference run, kept beside the trials: later runs are held against its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from covpath.bench.report_file import Report
from covpath.bench.report_lines import FileLines
from covpath.outside.files import write_atomically


def save_report(folder: Path, key: str, report: Report) -> None:
    """Write names, counts and lines as JSON."""
    data = {
        "format": report.format,
        "files": {file.name: [file.covered, file.coverable, _numbers(file)] for file in report.files},
    }
    write_atomically(folder / f"{key}.json", json.dumps(data).encode())


def load_report(folder: Path, key: str) -> Report | None:
    """The report saved under ``key``; None where there is none that can be read."""
    try:
        data: dict[str, Any] = json.loads((folder / f"{key}.json").read_bytes())
        files = tuple(
            FileLines(name=name, covered=covered, coverable=coverable, lines=_lines(numbers))
            for name, (covered, coverable, numbers) in data["files"].items()
        )
        return Report(format=data["format"], files=files)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _numbers(file: FileLines) -> list[int] | None:
    """Line numbers, negative where the line was not executed."""
    if file.lines is None:
        return None
    return [number if executed else -number for number, executed in sorted(file.lines.items())]


def _lines(numbers: list[int] | None) -> dict[int, bool] | None:
    return None if numbers is None else {abs(number): number > 0 for number in numbers}
