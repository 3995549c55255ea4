"""Why a file stands in one backend's report only, as far as the reports and the files say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from covpath.bench.inline_tests import inline_test_lines
from covpath.bench.report_lines import FileLines

_TEST_FILE = re.compile(
    r"(?:^|/)(?:tests?|__tests__|spec|examples|benches)/"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_tests?|conftest|tests)\.\w+$"
    r"|\.(?:test|spec)\.\w+$"
)
MOST = 20
"""More differences than these are only counted."""


def is_test_file(name: str) -> bool:
    """Whether a name is, by custom, that of a file of tests."""
    return _TEST_FILE.search(name) is not None


def why_only_there(file: FileLines, tree: Path | None) -> str:
    """Why the other report has no such file; ``tree`` holds the repository's files, None where they are not at hand."""
    if is_test_file(file.name):
        return "a file of tests"
    if tree is not None and not (tree / file.name).is_file():
        return "no file of the repository: the build wrote it, or it lies outside"
    if file.coverable == 0:
        return "it has no line to cover"
    if file.covered == 0:
        return "no line of it was executed; the other lists only what was loaded or built into a test"
    if file.lines is not None and tree is not None and file.lines.keys() <= inline_tests_of(file.name, tree):
        return "all its lines are inline tests"
    return "the reason is not known"


def inline_tests_of(name: str, tree: Path | None) -> frozenset[int]:
    """The lines of the file's inline test modules; none for other languages than Rust."""
    if tree is None or not name.endswith(".rs"):
        return frozenset()
    try:
        return inline_test_lines((tree / name).read_text("utf-8", "replace"))
    except OSError:
        return frozenset()


def ranges(numbers: Iterable[int]) -> str:
    """``3, 7-9``: line numbers in order, neighbours together."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in parts)


def shortened(details: Iterable[str]) -> tuple[str, ...]:
    """At most MOST of them, and how many more there are."""
    found = tuple(details)
    return found if len(found) <= MOST else (*found[:MOST], f"and {len(found) - MOST} more")
