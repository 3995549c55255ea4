"""Writes a coverage request as ``coverage run`` and one reporting command for each report."""

from __future__ import annotations

from covpath.backends import python_tests
from covpath.backends.contract import Command, Emission, Situation
from covpath.backends.coverage_py_options import NAME, REPORT, REPORT_COMMANDS, RUN
from covpath.backends.losses import Leaving, drop, warn
from covpath.backends.options import ordered
from covpath.backends.request import NEW, CoverageRequest, Format, Passed, Report, Topic
from covpath.backends.words import Argument, plain, words
from covpath.terms import Loss

_COMMAND_OF = {format_: name for name, format_ in REPORT_COMMANDS.items()}
_RUNNING = RUN.topics
_CONTEXT = warn(
    "test-contexts",
    "coverage run has no flag for one context per test: set dynamic_context = test_function in its configuration",
)
_AFTER_FAILURE = warn(
    "report-after-failure",
    "when a test fails no report is made any more; no step of the job reads one then",
)
_HEADING = warn(
    "table-heading",
    "the table comes without pytest-cov's heading (`coverage: platform ...`), which some that read the output look for",
)

CANNOT: dict[Topic, Leaving] = {
    Topic.TEST_CONTEXTS: _CONTEXT,
    Topic.NO_REPORT_ON_FAILURE: python_tests.FAILURE,
    Topic.PRECISION: drop("precision", "it goes to the reporting commands"),
    Topic.MISSING_LINES: drop("missing-lines", "it goes to coverage report"),
    Topic.SKIP_COVERED: drop("skip-covered", "it goes to the reporting commands"),
}
_REPORTING = (Topic.PRECISION, Topic.MISSING_LINES, Topic.SKIP_COVERED)


def emit(request: CoverageRequest, situation: Situation) -> Emission:
    """``coverage run`` and its reports; for its own request only the one command, written anew."""
    if request.origin == NAME:
        return _own(request)
    losses = [native.leaving for native in request.natives]
    losses += _habits(request, situation)
    for ask in request.of(Topic.TEST_CONTEXTS):
        losses.append(_CONTEXT.loss(ask.flag))
    for ask in request.of(Topic.NO_REPORT_ON_FAILURE):
        losses.append(python_tests.FAILURE.loss(ask.flag))
    reports = tuple(request.reports) or (Report(format=Format.TEXT),)
    if not request.reports and not request.thresholds:
        reports = ()
    always = request.behaviour.reports_after_failure and situation.read_after_failure
    if request.behaviour.reports_after_failure and not always:
        losses += [_AFTER_FAILURE.loss("reports")] if len(reports) > 0 else []
    calls = tuple(
        _call(request, report, last=index == len(reports) - 1, always=always) for index, report in enumerate(reports)
    )
    losses += _json(request)
    if situation.summary_read and request.origin == "pytest-cov":
        losses.append(_HEADING.loss("log output"))
    return Emission(
        commands=(_run(request, situation), *calls),
        losses=tuple(losses),
        reports=reports,
    )


def _run(request: CoverageRequest, situation: Situation) -> Command:
    running = request.without(*(topic for topic in Topic if topic not in _RUNNING), Topic.SOURCE)
    pieces, _ = RUN.write(running, CANNOT)
    source = python_tests.joined(python_tests.sources(request))
    before = (Passed(NEW, (Argument(f"--source={source.raw}", None),)),) if source else ()
    line = (
        *python_tests.tool(request, "coverage", measuring=True),
        plain("run"),
        *ordered((*pieces, *before)),
        *request.command,
        *ordered(request.passed),
        *_switch_off(situation),
    )
    return python_tests.run(line)


def _switch_off(situation: Situation) -> tuple[Argument, ...]:
    return words("--no-cov") if "--cov" in situation.pytest_addopts else ()


def _habits(request: CoverageRequest, situation: Situation) -> list[Loss]:
    losses = []
    if python_tests.distributes(request, situation):
        losses.append(python_tests.XDIST.loss("pytest-xdist"))
    if "--cov" in situation.pytest_addopts:
        losses.append(python_tests.ADDOPTS.loss("addopts"))
    if python_tests.added_to_path(request) and request.origin != "slipcover":
        losses.append(python_tests.IMPORTABLE.loss("pytest"))
    if request.origin == "slipcover":
        losses += [
            python_tests.DIFFERENT_LINES.loss("lines"),
            python_tests.SLIPCOVER_CONFIG.loss("[tool.slipcover]"),
        ]
    for limit in request.thresholds:
        leaving = python_tests.THRESHOLD if request.origin == "slipcover" else python_tests.EXIT_CODE
        losses.append(leaving.loss(f"{limit.flag} {limit.value.raw}"))
    return losses


def _json(request: CoverageRequest) -> list[Loss]:
    if request.origin != "slipcover":
        return []
    return [python_tests.JSON.loss(report.flag) for report in request.reports if report.format is Format.JSON]


def _call(request: CoverageRequest, report: Report, *, last: bool, always: bool) -> Command:
    """The command for one report; the last one also checks the threshold."""
    line = [*python_tests.tool(request, "coverage", measuring=False), *_report_words(request, report)]
    line += [word for value in request.values(Topic.CONFIG) for word in (Argument(f"--rcfile={value.raw}", None),)]
    if report.format is Format.TEXT:
        line += [Argument(f"--precision={value.raw}", None) for value in request.values(Topic.PRECISION)]
    if last:
        line += [Argument(f"--fail-under={limit.value.raw}", None) for limit in request.thresholds]
    return python_tests.report(line, always=always)


def _report_words(request: CoverageRequest, report: Report) -> tuple[Argument, ...]:
    if report.format is Format.TEXT:
        missing = "term-missing" in report.native or request.has(Topic.MISSING_LINES)
        covered = "skip-covered" in report.native or request.has(Topic.SKIP_COVERED)
        return words(" ".join(["report", *(["-m"] if missing else []), *(["--skip-covered"] if covered else [])]))
    if report.format is Format.MARKDOWN:
        target = (Argument(">>" if report.native == "markdown-append" else ">", None), report.path)
        return (*words("report --format=markdown"), *(target if report.path is not None else ()))
    name = plain(_COMMAND_OF[report.format])
    if report.path is None or str(report.path) == python_tests.DEFAULT_PATHS.get(report.format):
        return (name,)
    return (name, plain("-d" if report.directory else "-o"), report.path)


def _own(request: CoverageRequest) -> Emission:
    """One of coverage.py's own commands again, for another report or none."""
    table = RUN if request.subcommand == "run" else REPORT
    pieces, losses = table.write(request, CANNOT)
    natives = tuple(Passed(native.order, native.words) for native in request.natives)
    limits = tuple(
        Passed(limit.order, (Argument(f"--fail-under={limit.value.raw}", None),)) for limit in request.thresholds
    )
    line = [*python_tests.tool(request, "coverage", measuring=request.subcommand == "run")]
    if request.subcommand == "run":
        line += [plain("run"), *ordered((*pieces, *natives)), *request.command, *ordered(request.passed)]
        return Emission(commands=(python_tests.run(line),), losses=losses)
    for report in request.reports:
        line += _report_words(request.without(*_REPORTING), report)
    line += ordered((*pieces, *natives, *limits))
    return Emission(commands=(python_tests.report(line),), losses=losses, reports=request.reports)
