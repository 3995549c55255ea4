"""Writes a coverage request as ``cargo llvm-cov`` commands.

One command where one report is asked for; else a run without report and one ``report`` call for each,
because cargo-llvm-cov writes one format at a time and nothing at all when a test fails.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from covpath.backends import cargo
from covpath.backends.contract import Command, Emission, Situation, command, make_directory, prefixed
from covpath.backends.llvm_cov_options import FORMAT_FLAGS, NAME, TABLE, THRESHOLDS
from covpath.backends.llvm_cov_rules import Adapted, adapt
from covpath.backends.losses import Leaving, stop, warn
from covpath.backends.options import ordered
from covpath.backends.request import (
    NEW,
    TARGETS,
    CoverageRequest,
    Doctests,
    Format,
    Passed,
    Report,
    Topic,
)
from covpath.backends.words import Argument, directory_of, in_directory, plain, words
from covpath.terms import Loss

_FLAG_OF_FORMAT = {format_: flag for flag, format_ in FORMAT_FLAGS.items()}
_FLAG_OF_METRIC = {metric: flag for flag, metric in THRESHOLDS.items()}

_JSON = stop("json-schema", "the two JSON schemas have nothing in common; whoever reads this file breaks")
_CHOOSING = (Topic.PACKAGE, Topic.WORKSPACE, Topic.EXCLUDE_PACKAGE)
_HTML = warn("html-directory", "the HTML report becomes a folder, html/index.html below the same directory")
_MARKDOWN = warn("markdown-report", "cargo-llvm-cov writes no Markdown; this report is gone")
_FORMAT = stop("report-format", "cargo-llvm-cov has no report of this format; it would be gone")
_SUMMARY = warn(
    "log-summary",
    "the table in the log has other columns (the first percentage is of regions, not lines) and no line"
    " 'NN.NN% coverage'; whoever reads it must change",
)
_THRESHOLD = warn(
    "threshold",
    "the two tools count other lines, so the same number is another demand, and a result below it fails without a"
    " message: derive it anew from a run on the same commit",
)
_EACH_RUN = warn("threshold", "a threshold for each run cannot be asked of the report over all of them")
_METRIC = stop("threshold-metric", "cargo-llvm-cov has no such threshold; it would be gone")
_REPORT_VERSION = warn("report-workspace", "cargo llvm-cov report knows --workspace from version 0.9.0 on")

_REPORT_TOPICS = (
    Topic.WORKSPACE,
    Topic.PACKAGE,
    Topic.RELEASE,
    Topic.PROFILE,
    Topic.TARGET,
    Topic.MANIFEST,
    Topic.EXCLUDE_REGEX,
)
"""What a ``report`` call must repeat to find the same objects and leave out the same files."""


class _Plan(Struct, frozen=True, kw_only=True):
    """The parts of the commands, and how they are put together."""

    adapted: Adapted
    reports: tuple[Report, ...]
    losses: tuple[Loss, ...]
    two_runs: bool

    @property
    def request(self) -> CoverageRequest:
        return self.adapted.request

    @property
    def one_command(self) -> bool:
        return len(self.reports) == 1 and not self.two_runs and not self.request.behaviour.reports_after_failure


def emit(request: CoverageRequest, situation: Situation) -> Emission:
    """The commands for ``request``, and everything that is lost or different."""
    if request.origin == NAME:
        return _own(request, situation)
    adapted = adapt(request, situation)
    reports = adapted.request.reports
    moved: tuple[Loss, ...] = ()
    if request.origin == "cargo-tarpaulin":
        reports, moved = cargo.moved_reports(adapted.request, situation, to_root=False)
    kept, refused = _kept(reports, situation)
    plan = _Plan(
        adapted=adapted,
        reports=kept,
        losses=(*adapted.losses, *moved, *refused),
        two_runs=_two_runs(adapted.request),
    )
    commands, lost = _commands(plan)
    return Emission(
        commands=commands,
        losses=(*plan.losses, *lost),
        reports=tuple(_where_written(report) for report in kept),
        environment=adapted.environment,
        unset=adapted.unset,
    )


def _own(request: CoverageRequest, situation: Situation) -> Emission:
    """cargo-llvm-cov's own command again: for another report, or none."""
    plan = _Plan(adapted=adapt(request, situation), reports=request.reports, losses=(), two_runs=False)
    pieces, _ = TABLE.write(request.without(Topic.DOCTESTS, Topic.TEST_FILTER), plan.adapted.cannot)
    limits, losses = _limits(request)
    written = tuple(piece for report in request.reports for piece in _report_pieces(report))
    natives = tuple(Passed(native.order, native.words) for native in request.natives)
    names = tuple(Passed(ask.order, ask.values) for ask in request.of(Topic.TEST_FILTER))
    line = (
        *prefixed(request, measuring=True),
        *_cargo(plan),
        *words(request.subcommand),
        *ordered((*natives, *pieces, *names, *request.loose, *written, *limits, *_doctest_flag(request))),
        *cargo.behind_dashes(request.passed_words),
    )
    made = _directories(request.reports)
    return Emission(
        commands=(*made, command(line, measures=request.subcommand != "report")), losses=losses, reports=request.reports
    )


def emit_runs(requests: tuple[CoverageRequest, ...], situation: Situation) -> Emission:
    """Several runs of which the first request's reports are made together, as ``tarpaulin.toml`` can ask."""
    emissions = [emit(request, situation) for request in requests]
    plans = [
        _Plan(adapted=adapt(request, situation), reports=(), losses=(), two_runs=_two_runs(request))
        for request in requests
    ]
    first = replace(plans[0], adapted=_over_all(plans[0].adapted, requests), reports=emissions[0].reports)
    limits, _ = _limits(first.request)
    losses = [loss for emission in emissions for loss in emission.losses]
    losses += [_EACH_RUN.loss(f"{one.flag} {one.value.raw}") for request in requests for one in request.thresholds]
    calls = tuple(
        _report_call(first, report, limits if report is first.reports[-1] else (), always=False)
        for report in first.reports
    )
    runs = tuple(run for plan in plans for run in _runs_without_report(plan))
    clean = _tool(first, words("clean --workspace"), _scope(first, (Topic.MANIFEST,)))
    return Emission(
        commands=(*_directories(first.reports), clean, *runs, *calls),
        losses=tuple(dict.fromkeys(losses)),
        reports=first.reports,
        environment=emissions[0].environment,
    )


def emit_apart(
    runs: tuple[CoverageRequest, ...], together: CoverageRequest, situation: Situation
) -> tuple[tuple[Emission, ...], Emission]:
    """Runs that leave their data, each for itself, and the report over all of them, which ``together`` asks for."""
    whole = emit(together, situation)
    plans = [_Plan(adapted=adapt(one, situation), reports=(), losses=(), two_runs=_two_runs(one)) for one in runs]
    first = replace(plans[0], adapted=_over_all(adapt(together, situation), runs), reports=whole.reports)
    limits, _ = _limits(first.request)
    calls = tuple(
        _report_call(first, report, limits if report is first.reports[-1] else (), always=False)
        for report in first.reports
    )
    clean = _tool(first, words("clean --workspace"), _scope(first, (Topic.MANIFEST,)))
    made = [
        Emission(
            commands=(*((clean,) if plan is plans[0] else ()), *_runs_without_report(plan)),
            losses=plan.adapted.losses,
            environment=plan.adapted.environment,
            unset=plan.adapted.unset,
        )
        for plan in plans
    ]
    return tuple(made), replace(whole, commands=(*_directories(first.reports), *calls))


def _over_all(adapted: Adapted, runs: Sequence[CoverageRequest]) -> Adapted:
    """The report's own options: runs of different packages are all in it where it names none."""
    chosen = {tuple((one.topic, *map(str, one.values)) for one in run.asks if one.topic in _CHOOSING) for run in runs}
    if len(chosen) == 1:
        return adapted
    whole = next((ask for run in runs for ask in run.of(Topic.WORKSPACE)), None)
    request = adapted.request.without(*_CHOOSING)
    return replace(adapted, request=replace(request, asks=(*request.asks, *((whole,) if whole is not None else ()))))


def _two_runs(request: CoverageRequest) -> bool:
    return request.behaviour.doctests is Doctests.WITH and bool(_selection(request))


def _selection(request: CoverageRequest) -> tuple[Topic, ...]:
    """Target flags beside ``--tests``, which is what runs without any."""
    return tuple(topic for topic in cargo.asked_topics(request, TARGETS) if topic is not Topic.TESTS)


def _kept(reports: tuple[Report, ...], situation: Situation) -> tuple[tuple[Report, ...], tuple[Loss, ...]]:
    """The reports cargo-llvm-cov can write."""
    kept: list[Report] = []
    losses: list[Loss] = []
    for report in reports:
        leaving = _changed(report)
        if leaving is not None:
            losses.append(leaving.loss(report.flag or str(report.format)))
        if leaving not in {_MARKDOWN, _FORMAT}:
            kept.append(report)
    if situation.summary_read:
        losses.append(_SUMMARY.loss("log output"))
        if not any(report.format is Format.TEXT for report in kept):
            kept.append(Report(format=Format.TEXT))
    return tuple(kept) or (Report(format=Format.TEXT),), tuple(losses)


def _changed(report: Report) -> Leaving | None:
    if report.format is Format.MARKDOWN:
        return _MARKDOWN
    if report.format not in _FLAG_OF_FORMAT:
        return _FORMAT
    return {Format.JSON: _JSON, Format.HTML: None if report == _where_written(report) else _HTML}.get(report.format)


def _commands(plan: _Plan) -> tuple[tuple[Command, ...], tuple[Loss, ...]]:
    limits, losses = _limits(plan.request)
    made = _directories(plan.reports)
    if plan.one_command:
        pieces = (*_report_pieces(plan.reports[0]), *limits)
        return (*made, _run(plan, (*pieces, *_doctest_flag(plan.request)), plan.request)), losses
    runs = _runs_without_report(plan)
    always = plan.request.behaviour.reports_after_failure
    calls = tuple(
        _report_call(plan, report, limits if index == len(plan.reports) - 1 else (), always=always)
        for index, report in enumerate(plan.reports)
    )
    if plan.request.has(Topic.WORKSPACE):
        losses = (*losses, _REPORT_VERSION.loss("cargo llvm-cov report --workspace"))
    return (*made, _tool(plan, words("clean --workspace"), _scope(plan, (Topic.MANIFEST,))), *runs, *calls), losses


def _runs_without_report(plan: _Plan) -> tuple[Command, ...]:
    no_report = Passed(-1, words("--no-report"))
    request = plan.request.without(Topic.EXCLUDE_REGEX)
    if not plan.two_runs:
        return (_run(plan, (no_report, *_doctest_flag(request)), request),)
    documentation = request.without(*TARGETS)
    return (
        _run(plan, (no_report,), request),
        _run(plan, (no_report, Passed(NEW, words("--doc"))), documentation),
    )


def _run(plan: _Plan, more: tuple[Passed, ...], request: CoverageRequest) -> Command:
    """The command that runs the tests."""
    if request.behaviour.doctests is Doctests.WITH and not plan.two_runs:
        request = request.without(*TARGETS)
    pieces, _ = TABLE.write(request.without(Topic.DOCTESTS), plan.adapted.cannot)
    line = (
        *prefixed(request, measuring=True),
        *_cargo(plan),
        *ordered((*pieces, *request.loose, *more)),
        *cargo.behind_dashes(request.passed_words),
    )
    return command(line, measures=True)


def _cargo(plan: _Plan) -> tuple[Argument, ...]:
    toolchain = plan.request.toolchain
    return (plain("cargo"), *((toolchain,) if toolchain else ()), plain("llvm-cov"))


def _tool(plan: _Plan, subcommand: tuple[Argument, ...], more: tuple[Passed, ...], *, always: bool = False) -> Command:
    """A command of cargo-llvm-cov that runs no tests."""
    line = (*prefixed(plan.request, measuring=False), *_cargo(plan), *subcommand, *ordered(more))
    return command(line, always=always)


def _scope(plan: _Plan, topics: tuple[Topic, ...]) -> tuple[Passed, ...]:
    request = replace(plan.request, asks=tuple(ask for ask in plan.request.asks if ask.topic in topics))
    return TABLE.write(request, plan.adapted.cannot)[0]


def _report_call(plan: _Plan, report: Report, limits: tuple[Passed, ...], *, always: bool) -> Command:
    scope = _scope(plan, _REPORT_TOPICS)
    documentation = plan.request.behaviour.doctests in {Doctests.WITH, Doctests.ONLY}
    doctests = (Passed(NEW, words("--doctests")),) if documentation else ()
    pieces = (*scope, *doctests, *(replace(part, order=NEW) for part in (*_report_pieces(report), *limits)))
    return _tool(plan, words("report"), pieces, always=always)


def _doctest_flag(request: CoverageRequest) -> tuple[Passed, ...]:
    flag = {Doctests.WITH: "--doctests", Doctests.ONLY: "--doc"}.get(request.behaviour.doctests)
    order = min((ask.order for ask in request.of(Topic.DOCTESTS)), default=NEW)
    return (Passed(order, words(flag)),) if flag else ()


def _report_pieces(report: Report) -> tuple[Passed, ...]:
    """The format's flag and where it goes; nothing for the table that is printed anyway."""
    if report.format is Format.TEXT and report.native != "text":
        return ()
    flag = plain(_FLAG_OF_FORMAT[report.format])
    if report.path is None:
        return (Passed(report.order, (flag,)),)
    if report.format is Format.HTML or report.directory:
        return (Passed(report.order, (flag, plain("--output-dir"), _below(report, report.path))),)
    return (Passed(report.order, (flag, plain("--output-path"), report.path)),)


def _below(report: Report, path: Argument) -> Argument:
    """The ``--output-dir`` of a report that is a folder: the tool makes ``html`` or ``text`` in it."""
    named = not report.directory or str(path).rpartition("/")[2] in {"html", "text"}
    return (directory_of(path) or plain(".")) if named else path


def _where_written(report: Report) -> Report:
    """The report as it ends up: HTML is a folder of its own."""
    if report.format is not Format.HTML or report.path is None:
        return report
    return replace(report, path=in_directory(_below(report, report.path), "html"), directory=True)


def _directories(reports: tuple[Report, ...]) -> tuple[Command, ...]:
    """``mkdir -p`` for every folder a report file needs; cargo-llvm-cov makes only those of HTML."""
    made: list[Command] = []
    for report in reports:
        if report.path is None or report.directory or report.format is Format.HTML:
            continue
        directory = directory_of(report.path)
        if directory is not None and make_directory(directory) not in made:
            made.append(make_directory(directory))
    return tuple(made)


def _limits(request: CoverageRequest) -> tuple[tuple[Passed, ...], tuple[Loss, ...]]:
    pieces = []
    losses = []
    for limit in request.thresholds:
        what = f"{limit.flag} {limit.value.raw}"
        flag = _FLAG_OF_METRIC.get(limit.metric)
        if flag is None:
            losses.append(_METRIC.loss(what))
            continue
        if request.origin != NAME:
            losses.append(_THRESHOLD.loss(what))
        pieces.append(Passed(limit.order, (plain(flag), limit.value)))
    return tuple(pieces), tuple(losses)
