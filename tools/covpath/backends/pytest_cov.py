"""pytest-cov: coverage.py inside pytest, switched on by pytest's own options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from covpath.backends import python_tests
from covpath.backends.contract import Emission, Parsing, Recognition, Role, Situation
from covpath.backends.launch import take_apart
from covpath.backends.losses import Leaving, drop, stop, warn
from covpath.backends.options import Arity, Dialect, Option, Reading, Table, ordered
from covpath.backends.request import (
    NEW,
    Ask,
    Behaviour,
    CoverageRequest,
    Format,
    Language,
    Passed,
    Report,
    TestCode,
    Threshold,
    Topic,
)
from covpath.backends.words import Argument, behind, plain, words
from covpath.terms import Loss

NAME = "pytest-cov"
LANGUAGE = Language.PYTHON
REPORT_NAMES: Mapping[Format, str] = python_tests.DEFAULT_PATHS

_FORMATS = {
    "xml": Format.COBERTURA,
    "lcov": Format.LCOV,
    "json": Format.JSON,
    "html": Format.HTML,
    "markdown": Format.MARKDOWN,
    "markdown-append": Format.MARKDOWN,
    "term": Format.TEXT,
    "term-missing": Format.TEXT,
    "annotate": Format.OTHER,
}
_NAMES = {format_: name for name, format_ in reversed(_FORMATS.items()) if name != "term-missing"}

TABLE = Table(
    (
        Option(names=("--cov",), arity=Arity.MAYBE, topic=Topic.SOURCE),
        Option(names=("--cov-report",), arity=Arity.ONE),
        Option(names=("--cov-fail-under",), arity=Arity.ONE),
        Option(names=("--cov-config",), arity=Arity.ONE, topic=Topic.CONFIG),
        Option(names=("--cov-append",), topic=Topic.APPEND),
        Option(names=("--cov-branch",), topic=Topic.BRANCH),
        Option(names=("--cov-precision",), arity=Arity.ONE, topic=Topic.PRECISION),
        Option(names=("--cov-context",), arity=Arity.ONE, topic=Topic.TEST_CONTEXTS),
        Option(names=("--no-cov-on-fail",), topic=Topic.NO_REPORT_ON_FAILURE),
        Option(names=("--cov-reset",), leaving=warn("cov-reset", "sources named before it are measured as well")),
        Option(names=("--no-cov",), leaving=drop("no-cov", "it only turns pytest-cov off")),
    ),
    Dialect(passes_unknown=True, passes_dynamic=True),
)

_NO_CLI = stop("file-patterns", "pytest-cov takes these patterns from a configuration file only; set them there")
_EARLY = warn("early-imports", "lines run while plugins and conftest.py are imported may not be counted")
_STDOUT = warn("report-to-stdout", "pytest-cov writes a file where the old command wrote to standard output")

CANNOT: dict[Topic, Leaving] = {
    Topic.EXCLUDE_FILES: _NO_CLI,
    Topic.INCLUDE_FILES: _NO_CLI,
    Topic.SKIP_COVERED: drop("skip-covered", "term-missing:skip-covered says it there"),
    Topic.MISSING_LINES: drop("missing-lines", "term-missing says it there"),
}


def recognise(argv: Sequence[Argument], environ: Mapping[str, str]) -> Recognition | None:
    """``pytest --cov``, also with the options in PYTEST_ADDOPTS, however it is started.

    ``environ["PYTEST_ADDOPTS"]`` may also carry what a configuration file adds to every command line.
    """
    launch = take_apart(argv)
    if launch is None or launch.program not in python_tests.PYTEST:
        return None
    hidden = python_tests.words_or_none({**environ, **dict(launch.assigned)}.get("PYTEST_ADDOPTS", ""))
    reading = TABLE.read((*hidden, *launch.arguments))
    if not reading.has("--cov") or reading.has("--no-cov"):
        return None
    return Recognition(
        backend=NAME,
        role=Role.BOTH,
        launch=launch,
        arguments=launch.arguments,
        environment=python_tests.environment(environ, dict(launch.assigned)),
    )


def parse(recognition: Recognition) -> Parsing:
    """The request of a pytest command line with pytest-cov's options."""
    hidden = python_tests.words_or_none(dict(recognition.environment).get("PYTEST_ADDOPTS", ""))
    reading = TABLE.read(recognition.arguments)
    everything = TABLE.read((*hidden, *recognition.arguments)) if hidden else reading
    rest = (Passed(len(recognition.arguments), (plain("--"), *reading.rest)),) if reading.rest else ()
    request = CoverageRequest(
        language=LANGUAGE,
        origin=NAME,
        asks=reading.asks(),
        reports=_reports(everything),
        thresholds=_thresholds(reading),
        natives=reading.natives(),
        passed=(*reading.loose, *rest),
        command=words("-m pytest"),
        prefixes=recognition.launch.prefixes,
        interpreter=recognition.launch.interpreter,
        folder=recognition.launch.folder,
        behaviour=Behaviour(test_code=TestCode.ALL, reports_after_failure=not reading.has("--no-cov-on-fail")),
        environment=recognition.environment,
    )
    return Parsing(request=request, losses=reading.losses)


def _reports(reading: Reading) -> tuple[Report, ...]:
    given = reading.of("--cov-report")
    if not given:
        return (Report(format=Format.TEXT, native="term"),)
    reports: dict[str, Report] = {}
    for use in given:
        for value in use.values:
            kind, colon, rest = str(value).partition(":")
            if kind not in _FORMATS:
                continue
            path = behind(value, f"{kind}:") if colon else None
            reports[kind] = _report(kind, path, rest, use.flag, use.order)
    return tuple(reports.values())


def _report(kind: str, path: Argument | None, rest: str, flag: str, order: int) -> Report:
    format_ = _FORMATS[kind]
    if format_ is Format.TEXT:
        native = f"{kind}:{rest}" if rest else kind
        return Report(format=format_, explicit=True, flag=f"{flag}={native}", order=order, native=native)
    default = python_tests.DEFAULT_PATHS.get(format_)
    return Report(
        format=format_,
        path=path or (plain(default) if default else None),
        explicit=path is not None,
        flag=f"{flag}={kind}",
        order=order,
        native=kind,
        directory=format_ in {Format.HTML, Format.OTHER},
    )


def _thresholds(reading: Reading) -> tuple[Threshold, ...]:
    return tuple(
        Threshold(metric="total", value=word, flag=given.flag, order=given.order)
        for given in reading.of("--cov-fail-under")[-1:]
        for word in given.values
    )


def emit(request: CoverageRequest, situation: Situation) -> Emission:
    """One pytest command line."""
    del situation
    losses: list[Loss] = []
    foreign = request.origin != NAME
    if foreign:
        losses += [native.leaving for native in request.natives]
        if not python_tests.runs_pytest(request):
            unittest = [word.text for word in request.command] == ["-m", "unittest"]
            leaving = python_tests.UNITTEST if unittest else python_tests.NOT_PYTEST
            losses.append(leaving.loss(" ".join(word.raw for word in request.command)))
            request = replace(request, passed=())
        request = _with_sources(request)
        losses += _habits(request)
    pieces, lost = TABLE.write(request, CANNOT)
    losses += lost
    reports, told = _kept(request, foreign=foreign)
    losses += told
    natives = () if foreign else tuple(Passed(native.order, native.words) for native in request.natives)
    # coverage.py can print its table twice, pytest-cov does once.
    written = tuple(dict.fromkeys(Passed(report.order, (_spelled(report),)) for report in reports if _wanted(report)))
    limits = tuple(
        Passed(limit.order, (Argument(f"--cov-fail-under={limit.value.raw}", None),)) for limit in request.thresholds
    )
    if not reports:
        written = (Passed(NEW, words("--cov-report=")),)
    passed = request.passed if not foreign else _first(request.passed)
    # `-m pytest` lets tests import from the current directory, which plain pytest does not.
    as_module = foreign and str(request.command[0] if request.command else "") == "-m"
    line = (
        *(python_tests.module if as_module else python_tests.tool)(request, "pytest", measuring=True),
        *ordered((*passed, *request.loose, *natives, *pieces, *written, *limits)),
    )
    return Emission(commands=(python_tests.run(line),), losses=tuple(losses), reports=reports)


def _first(passed: Sequence[Passed]) -> tuple[Passed, ...]:
    """pytest's own arguments, in front of the new options; behind a ``--`` only paths may stand."""
    words_ = tuple(word for part in passed for word in part.words)
    cut = next((index for index, word in enumerate(words_) if word.text == "--"), len(words_))
    return (Passed(-1, words_[:cut]), Passed(NEW + 1, words_[cut:]))


def _with_sources(request: CoverageRequest) -> CoverageRequest:
    """``--cov`` for every source, or alone; behind everything that was written."""
    values = python_tests.sources(request)
    sources = tuple(Ask(topic=Topic.SOURCE, flag="--cov", values=(value,)) for value in values)
    others = tuple(replace(ask, order=NEW) for ask in request.without(Topic.SOURCE).asks)
    return replace(request, asks=(*(sources or (Ask(topic=Topic.SOURCE, flag="--cov"),)), *others))


def _habits(request: CoverageRequest) -> list[Loss]:
    losses = [_EARLY.loss("plugins")]
    if request.origin == "slipcover":
        losses += [
            python_tests.DIFFERENT_LINES.loss("lines"),
            python_tests.SLIPCOVER_CONFIG.loss("[tool.slipcover]"),
        ]
    for limit in request.thresholds:
        leaving = python_tests.THRESHOLD if request.origin == "slipcover" else python_tests.EXIT_CODE
        losses.append(leaving.loss(f"{limit.flag} {limit.value.raw}"))
    return losses


def _kept(request: CoverageRequest, *, foreign: bool) -> tuple[tuple[Report, ...], list[Loss]]:
    if not foreign:
        return request.reports, []
    reports: list[Report] = []
    losses: list[Loss] = []
    for report in request.reports:
        what = report.flag or str(report.format)
        if report.format is Format.JSON and request.origin == "slipcover":
            losses.append(python_tests.JSON.loss(what))
        path = report.path
        if path is None and report.format in python_tests.DEFAULT_PATHS:
            losses.append(_STDOUT.loss(what))
            path = plain(python_tests.DEFAULT_PATHS[report.format])
        missing = request.has(Topic.MISSING_LINES)
        native = ("term-missing" if missing else "term") if report.format is Format.TEXT else _NAMES[report.format]
        reports.append(replace(report, path=path, native=native, order=NEW, explicit=True))
    return tuple(reports), losses


def _wanted(report: Report) -> bool:
    """The table comes by itself where nothing else is asked for."""
    return report.explicit or report.format is not Format.TEXT


def _spelled(report: Report) -> Argument:
    kind = report.native or _NAMES[report.format]
    default = python_tests.DEFAULT_PATHS.get(report.format)
    if report.path is None or (str(report.path) == default and (not report.explicit or report.order == NEW)):
        return plain(f"--cov-report={kind}")
    return Argument(f"--cov-report={kind}:{report.path.raw}", None)
