"""Reports in JSON: coverage.py and slipcover, Istanbul, llvm-cov, Codecov, tarpaulin. Told apart by content."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from covpath.bench.report_lines import FileLines, ParsedReport, Unreadable, count, line_number

Files = list[FileLines]


def parse_json(data: bytes) -> ParsedReport:
    """A report in one of the known kinds of JSON; Unreadable for anything else."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"is not JSON: {str(error)[:200]}") from None
    if not isinstance(document, dict):
        raise Unreadable("is JSON, but no coverage report: its root is not an object")
    for name, is_it, parse in _KINDS:
        if is_it(document):
            try:
                return ParsedReport(format=name, files=tuple(parse(document)))
            except (KeyError, TypeError, AttributeError, IndexError) as error:
                raise Unreadable(f"looks like {name}, but is not: {error!r:.200}") from None
    raise Unreadable("is JSON of no kind of coverage report that is known")


def _coverage_py(document: dict[str, Any]) -> Files:
    files = []
    for name, file in document["files"].items():
        lines = dict.fromkeys(map(line_number, file["missing_lines"]), False)
        lines.update(dict.fromkeys(map(line_number, file["executed_lines"]), True))
        files.append(FileLines.of(name, lines))
    return files


def _istanbul(document: dict[str, Any]) -> Files:
    files = []
    for key, file in document.items():
        lines: dict[int, bool] = {}
        for number, place in file["statementMap"].items():
            line = line_number(place["start"]["line"])
            lines[line] = lines.get(line, False) or count(file["s"][number]) > 0
        files.append(FileLines.of(file.get("path", key), lines))
    return files


def _istanbul_summary(document: dict[str, Any]) -> Files:
    return [
        FileLines(
            name=name, covered=line_number(file["lines"]["covered"]), coverable=line_number(file["lines"]["total"])
        )
        for name, file in document.items()
        if name != "total"
    ]


def _llvm(document: dict[str, Any]) -> Files:
    files = []
    for part in document["data"]:
        for file in part["files"]:
            lines = file["summary"]["lines"]
            numbers = (line_number(lines["covered"]), line_number(lines["count"]))
            files.append(FileLines(name=file["filename"], covered=numbers[0], coverable=numbers[1]))
    return files


def _codecov(document: dict[str, Any]) -> Files:
    """Line to hits, or to ``"1/2"`` for a line whose branches are partly taken; null is no code."""
    files = []
    for name, lines in document["coverage"].items():
        pairs = lines.items() if isinstance(lines, dict) else enumerate(lines)
        hits = {line_number(line): str(value).split("/")[0] for line, value in pairs if value is not None}
        files.append(FileLines.of(name, {line: count(value) > 0 for line, value in hits.items()}))
    return files


def _tarpaulin(document: dict[str, Any]) -> Files:
    files = []
    for file in document["files"]:
        lines = {line_number(trace["line"]): count(trace["stats"].get("Line", 0)) > 0 for trace in file["traces"]}
        name = re.sub("/+", "/", "/".join(file["path"]))
        files.append(FileLines.of(name, lines))
    return files


def _values(document: dict[str, Any], key: str) -> bool:
    return bool(document) and all(isinstance(value, dict) and key in value for value in document.values())


_KINDS: tuple[tuple[str, Callable[[dict[str, Any]], bool], Callable[[dict[str, Any]], Files]], ...] = (
    ("llvm-cov", lambda document: str(document.get("type", "")).startswith("llvm.coverage.json"), _llvm),
    ("coverage.py-json", lambda document: "meta" in document and isinstance(document.get("files"), dict), _coverage_py),
    ("tarpaulin-json", lambda document: isinstance(document.get("files"), list), _tarpaulin),
    ("codecov", lambda document: isinstance(document.get("coverage"), dict), _codecov),
    ("istanbul-summary", lambda document: _values(document, "lines"), _istanbul_summary),
    ("istanbul", lambda document: _values(document, "statementMap"), _istanbul),
)
