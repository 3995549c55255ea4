"""Writes a coverage request as slipcover commands.

slipcover writes one format for a run. Several are made from a JSON report by its own ``--merge``, which
gives the same result (run and compared).
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from covpath.backends import python_tests
from covpath.backends.contract import Command, Emission, Situation
from covpath.backends.losses import Leaving, drop, stop, warn
from covpath.backends.options import ordered
from covpath.backends.request import NEW, Ask, CoverageRequest, Format, Passed, Report, Topic
from covpath.backends.slipcover_options import FORMATS, NAME, TABLE
from covpath.backends.words import Argument, plain, words
from covpath.terms import Loss

MERGED = "slipcover.json"
"""The JSON report the others are made from."""

_NAMES = {format_: name for name, format_ in FORMATS.items()}

_FORMAT = stop("report-format", "slipcover has no report of this format; it would be gone")
_SEVERAL = drop("several-reports", "slipcover writes one report for a run; the others are made from its JSON report")
_TABLE = warn("log-summary", "beside a report file slipcover prints no table")
_FOLDER = warn(
    "source-folder",
    "slipcover's --source takes folders: for the name of a package it fails at the end, without a report and with exit"
    " code 0",
)
_LAYOUT = warn("table-layout", "the printed table is slipcover's own: what reads it finds other columns")
_IN_SRC = warn(
    "source-folder", "this package is measured by its folder in src: a copy that is installed elsewhere is not"
)
_NO_FOLDER = stop("source-folder", "this is no folder, and slipcover's --source takes only folders")
_NO_DATA = warn("data-file", "slipcover leaves no .coverage file: nothing can be combined or reported from it later")
_SUBPROCESS = warn("subprocesses", "processes that the tests start are not measured, but for forks and xdist's workers")
_IMPORTED = warn(
    "pytest-warnings",
    "slipcover's pytest plugin causes a PytestAssertRewriteWarning; with warnings as errors pytest does not start",
)
_NO_START = stop(
    "pytest-warnings",
    "warnings are errors here, and slipcover's pytest plugin causes a PytestAssertRewriteWarning: pytest would not"
    " start",
)

CANNOT: dict[Topic, Leaving] = {
    Topic.CONFIG: python_tests.NO_CONFIG,
    Topic.APPEND: stop("append", "slipcover cannot add to an earlier run, only merge JSON reports"),
    Topic.TEST_CONTEXTS: python_tests.CONTEXTS,
    Topic.NO_REPORT_ON_FAILURE: warn("no-cov-on-fail", "the report is also written when a test fails"),
    Topic.PRECISION: drop("precision", "it only changes how the table looks"),
    Topic.MISSING_LINES: drop("missing-lines", "the table always has the missing lines"),
    Topic.INCLUDE_FILES: stop("include-files", "slipcover cannot keep only some files; --source takes folders"),
}


def emit(request: CoverageRequest, situation: Situation) -> Emission:
    """``mkdir -p`` where a folder is needed, and one slipcover command.

    The folder matters: without it slipcover prints a traceback, writes nothing, and still exits with 0.
    """
    foreign = request.origin != NAME
    losses: list[Loss] = []
    reports = request.reports
    if foreign:
        losses += [native.leaving for native in request.natives]
        request = _with_folders(request, situation, losses)
        reports, told = _chosen(request, situation)
        losses += [*told, *_habits(request, situation)]
        if situation.summary_read and any(report.format is Format.TEXT for report in reports):
            losses.append(_LAYOUT.loss("log output"))
    pieces, lost = TABLE.write(_with_source(request), CANNOT)
    losses += lost
    if not foreign:
        pieces = (*pieces, *(Passed(native.order, native.words) for native in request.natives))
    made = python_tests.directories(reports)
    commands: tuple[Command, ...]
    if len(reports) == 1:
        commands = (_run(request, situation, (*pieces, *_written(reports[0]), *_limits(request))),)
    else:
        intermediate = Report(format=Format.JSON, path=plain(MERGED))
        commands = (
            _run(request, situation, (*pieces, *_written(intermediate))),
            *(_merge(request, report, last=report is reports[-1]) for report in reports),
        )
    return Emission(commands=(*made, *commands), losses=tuple(losses), reports=reports)


def _run(request: CoverageRequest, situation: Situation, pieces: tuple[Passed, ...]) -> Command:
    hidden = request.origin != NAME and "--cov" in situation.pytest_addopts
    line = (
        *_start(request, measuring=True),
        *ordered(pieces),
        *request.command,
        *ordered(request.passed),
        *(words("--no-cov") if hidden else ()),
    )
    return python_tests.run(line)


def _merge(request: CoverageRequest, report: Report, *, last: bool) -> Command:
    """One more report from the JSON one; it also prints the table."""
    branch = words("--branch") if request.has(Topic.BRANCH) else ()
    pieces = (*_written(report), *(_limits(request) if last else ()))
    line = (*_start(request, measuring=False), *branch, *words(f"--merge {MERGED}"), *ordered(pieces))
    return python_tests.report(line, always=True)


def _start(request: CoverageRequest, *, measuring: bool) -> tuple[Argument, ...]:
    started = python_tests.tool if request.origin == NAME else python_tests.module
    return started(request, "slipcover", measuring=measuring)


def _with_folders(request: CoverageRequest, situation: Situation, losses: list[Loss]) -> CoverageRequest:
    """Packages by the folders they lie in, where a layout with ``src`` tells them."""
    is_folder = situation.is_folder
    asks = []
    for ask in request.asks:
        for value in ask.values if ask.topic is Topic.SOURCE and is_folder is not None else ():
            folder = f"src/{str(value).replace('.', '/')}"
            if is_folder is not None and value.text and not is_folder(value.text) and is_folder(folder):
                losses.append(_IN_SRC.loss(value.raw))
                ask = replace(ask, values=tuple(plain(folder) if one == value else one for one in ask.values))
        asks.append(ask)
    return replace(request, asks=tuple(asks))


def _with_source(request: CoverageRequest) -> CoverageRequest:
    values = python_tests.joined(python_tests.sources(request))
    given = request.of(Topic.SOURCE)
    if values is None or request.origin == NAME:
        return request if values is not None else request.without(Topic.SOURCE)
    source = Ask(topic=Topic.SOURCE, flag=given[0].flag, order=given[0].order, values=(values,))
    return replace(request, asks=(*request.without(Topic.SOURCE).asks, source))


def _chosen(request: CoverageRequest, situation: Situation) -> tuple[tuple[Report, ...], list[Loss]]:
    """The reports slipcover can write, and what becomes of the others."""
    losses: list[Loss] = []
    files: list[Report] = []
    table: list[Report] = []
    for report in request.reports:
        what = report.flag or str(report.format)
        if report.format not in _NAMES:
            losses.append(_FORMAT.loss(what))
        elif report.format is Format.TEXT:
            table = [replace(report, order=NEW)]
        else:
            files.append(replace(report, order=NEW))
        if report.format is Format.JSON:
            losses.append(python_tests.JSON.loss(what))
    if len(files) > 1:
        losses.append(_SEVERAL.loss(" ".join(report.flag for report in files)))
    if not files:
        return (Report(format=Format.TEXT),), losses
    if table and len(files) == 1 and not situation.summary_read:
        losses.append(_TABLE.loss(table[0].flag or "the table"))
    if table and len(files) == 1 and situation.summary_read:
        return (*files, replace(files[0], format=Format.TEXT, path=None)), losses
    return tuple(files), losses


def _habits(request: CoverageRequest, situation: Situation) -> list[Loss]:
    losses = [
        python_tests.DIFFERENT_LINES.loss("lines"),
        python_tests.CONFIG.loss("configuration"),
        _NO_DATA.loss(".coverage"),
        _SUBPROCESS.loss("subprocesses"),
    ]
    if python_tests.runs_pytest(request):
        losses.append((_NO_START if _strict(request, situation) else _IMPORTED).loss("pytest"))
    if python_tests.added_to_path(request) and request.origin == "pytest-cov":
        losses.append(python_tests.IMPORTABLE.loss("pytest"))
    if "--cov" in situation.pytest_addopts:
        losses.append(python_tests.ADDOPTS.loss("addopts"))
    for value in python_tests.sources(request):
        if situation.is_folder is None or value.text is None:
            losses.append(_FOLDER.loss(value.raw))
        elif not situation.is_folder(value.text):
            losses.append(_NO_FOLDER.loss(value.raw))
    losses += [python_tests.THRESHOLD.loss(f"{limit.flag} {limit.value.raw}") for limit in request.thresholds]
    return losses


def _strict(request: CoverageRequest, situation: Situation) -> bool:
    """Whether pytest is told that every warning is an error."""
    told = f"{situation.pytest_addopts} {request.variable('PYTEST_ADDOPTS') or ''}"
    given = " ".join((told, *(str(word) for word in request.passed_words)))
    return situation.warnings_are_errors or re.search(r"(?<!\S)-W *error(?!\S)", given) is not None


def _written(report: Report | None) -> tuple[Passed, ...]:
    if report is None:
        return ()
    kind = () if report.format is Format.TEXT else (plain(f"--{_NAMES[report.format]}"),)
    out = () if report.path is None else (plain("--out"), report.path)
    return (Passed(report.order, (*kind, *out)),)


def _limits(request: CoverageRequest) -> tuple[Passed, ...]:
    return tuple(Passed(limit.order, (plain("--fail-under"), limit.value)) for limit in request.thresholds)
