"""What a coverage report says about one file, whatever its format, and names made relative."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct


class Unreadable(ValueError):
    """The text is not a report of the format it seems to be; the message says why."""


class FileLines(Struct, frozen=True, kw_only=True):
    """One file's lines. ``lines`` maps every coverable line to whether it was executed.

    It is None for formats that give counts only (``json-summary``, ``llvm-cov``).
    """

    name: str
    covered: int
    coverable: int
    lines: dict[int, bool] | None = None

    @staticmethod
    def of(name: str, lines: dict[int, bool]) -> FileLines:
        """A file of which every line is known."""
        return FileLines(name=name, covered=sum(lines.values()), coverable=len(lines), lines=lines)


class ParsedReport(Struct, frozen=True, kw_only=True):
    """A report as read: its format's name, its files, and the directories their names start from."""

    format: str
    files: tuple[FileLines, ...]
    sources: tuple[str, ...] = ()


def merged(files: Iterable[FileLines]) -> tuple[FileLines, ...]:
    """Files by name, sorted; a file reported several times has a line covered if any of them has."""
    found: dict[str, FileLines] = {}
    for file in files:
        before = found.get(file.name)
        found[file.name] = file if before is None else _union(before, file)
    return tuple(found[name] for name in sorted(found))


def _union(one: FileLines, other: FileLines) -> FileLines:
    if one.lines is None or other.lines is None:
        return max(one, other, key=lambda file: (file.coverable, file.covered))
    lines = dict(one.lines)
    for number, executed in other.lines.items():
        lines[number] = lines.get(number, False) or executed
    return FileLines.of(one.name, lines)


def relative_name(name: str, sources: Sequence[str], root: Path, tree: Path) -> str:
    """``name`` from the repository's root, with ``/``; as written where it lies outside.

    ``root`` is where the command saw the repository, ``tree`` a directory with the same files:
    a relative name is tried against every source, and the first that exists wins.
    """
    if os.path.isabs(name):  # noqa: PTH117 - names of reports are text, not paths of this machine
        inside = _below(name, root)
        return inside if inside is not None else _slashes(name)
    candidates = [_below(os.path.join(source, name), root) for source in sources or (".",)]  # noqa: PTH118
    known = [candidate for candidate in candidates if candidate is not None]
    for candidate in known:
        if (tree / candidate).is_file():
            return candidate
    return known[0] if known else _slashes(name)


def _below(name: str, root: Path) -> str | None:
    for base in {str(root), os.path.realpath(root)}:
        whole = os.path.normpath(os.path.join(base, name))  # noqa: PTH118
        if whole.startswith(base + os.sep):
            return _slashes(whole[len(base) + 1 :])
    return None


def _slashes(name: str) -> str:
    return os.path.normpath(name).replace(os.sep, "/")


def line_number(value: object) -> int:
    """A line number from a report; Unreadable where it is none."""
    try:
        number = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        raise Unreadable(f"{str(value)[:40]!r} is not a line number") from None
    if not 0 <= number < 10_000_000:
        raise Unreadable(f"{number} is not a line number")
    return int(number)


def count(value: object) -> float:
    """How often a line was executed; Unreadable where it is no number."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise Unreadable(f"{str(value)[:40]!r} is not a count") from None
