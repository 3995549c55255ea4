"""Reading a report file, and judging whether it is the report that a run should have left.

A file that exists proves nothing: a run killed while writing leaves an empty one, and a cached
one may be from yesterday.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from msgspec import Struct

from covpath.bench.report_json import parse_json
from covpath.bench.report_lines import FileLines, ParsedReport, Unreadable, count, line_number, merged, relative_name
from covpath.bench.report_xml import parse_xml
from covpath.evidence.trial import ReportTotals
from covpath.quantity import show_bytes

MAX_BYTES = 512 * 2**20
"""A larger report is not read."""

_CLOCK_GRAIN_SECONDS = 0.05
"""A file system may stamp a file with the time of the last clock tick."""


class Report(Struct, frozen=True, kw_only=True):
    """A report with names from the repository's root, sorted."""

    format: str
    files: tuple[FileLines, ...]

    @property
    def names(self) -> frozenset[str]:
        """The files it covers."""
        return frozenset(file.name for file in self.files)

    @property
    def covered(self) -> int:
        """Lines executed."""
        return sum(file.covered for file in self.files)

    @property
    def coverable(self) -> int:
        """Lines that could be."""
        return sum(file.coverable for file in self.files)

    def totals(self, path: str) -> ReportTotals:
        """What a trial's record keeps of it."""
        names = "\n".join(file.name for file in self.files)
        return ReportTotals(
            path=path,
            format=self.format,
            files=len(self.files),
            covered_lines=self.covered,
            coverable_lines=self.coverable,
            files_sha256=hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest(),
        )


class ReportCheck(Struct, frozen=True, kw_only=True):
    """A report, or what is wrong with it: ``problem`` is one sentence, None where nothing is."""

    report: Report | None
    problem: str | None


def read_report(path: Path, *, root: Path, tree: Path) -> Report:
    """The report at ``path``; its format is told from its content.

    ``root`` is where the command saw the repository, ``tree`` a directory with the same files.
    Raises Unreadable with a reason.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise Unreadable(f"is {show_bytes(size)} long; at most {show_bytes(MAX_BYTES)} are read")
        data = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from None
    parsed = _parse(data)
    files = merged(_named(file, parsed.sources, root, tree) for file in parsed.files)
    return Report(format=parsed.format, files=files)


def check_report(
    path: Path, *, root: Path, tree: Path, started: float, reference: frozenset[str] | None = None
) -> ReportCheck:
    """Whether the file is whole, newer than ``started`` (seconds since the epoch), and complete.

    ``reference`` holds the files that a good run of the same backend covers.
    """
    if not path.is_file():
        return ReportCheck(report=None, problem="no report was written")
    if path.stat().st_size == 0:
        return ReportCheck(report=None, problem="the report is empty")
    if path.stat().st_mtime < started - _CLOCK_GRAIN_SECONDS:
        return ReportCheck(report=None, problem="the report is older than the run")
    try:
        report = read_report(path, root=root, tree=tree)
    except Unreadable as error:
        return ReportCheck(report=None, problem=f"the report {error}")
    if report.coverable == 0:
        return ReportCheck(report=report, problem="the report has no lines")
    problem = _elsewhere(report) or _difference(report.names, reference)
    if problem is None and report.covered == 0:
        problem = "no line in the report was executed"
    return ReportCheck(report=report, problem=problem)


def _elsewhere(report: Report) -> str | None:
    """Tests that import an installed package measure that, and not the copy they lie in."""
    outside = [name for name in sorted(report.names) if name.startswith(("/", "../"))]
    if len(outside) < len(report.names):
        return None
    return f"the report covers no file of the repository's copy, but {outside[0]}: is an installed package measured?"


def _difference(names: frozenset[str], reference: frozenset[str] | None) -> str | None:
    if reference is None or names == reference:
        return None
    parts = [
        f"{len(some)} {word} ({', '.join(sorted(some)[:3])}{', ...' if len(some) > 3 else ''})"
        for some, word in ((reference - names, "missing"), (names - reference, "more"))
        if some
    ]
    return f"the report covers other files than the first good run: {' and '.join(parts)}"


def _named(file: FileLines, sources: tuple[str, ...], root: Path, tree: Path) -> FileLines:
    name = relative_name(file.name, sources, root, tree)
    return FileLines(name=name, covered=file.covered, coverable=file.coverable, lines=file.lines)


def _parse(data: bytes) -> ParsedReport:
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"<":
        return parse_xml(data)
    if start in (b"{", b"["):
        return parse_json(data)
    return _parse_lcov(data)


def _parse_lcov(data: bytes) -> ParsedReport:
    files: list[FileLines] = []
    name: str | None = None
    lines: dict[int, bool] = {}
    for line in data.decode("utf-8", "surrogateescape").splitlines():
        key, _, value = line.partition(":")
        if key == "SF":
            name, lines = value.strip(), {}
        elif key == "DA" and name is not None:
            number, _, hits = value.partition(",")
            at = line_number(number)
            lines[at] = lines.get(at, False) or count(hits.split(",")[0]) > 0
        elif line.strip() == "end_of_record" and name is not None:
            files.append(FileLines.of(name, lines))
            name = None
    if name is not None:
        raise Unreadable("is cut off: the last file of the lcov data has no end")
    if not files:
        raise Unreadable("is in no known format, or holds no file")
    return ParsedReport(format="lcov", files=tuple(files))
