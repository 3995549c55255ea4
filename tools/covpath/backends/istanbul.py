"""What nyc and c8 share: istanbul's reporters, thresholds and way of wrapping a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from covpath.backends.contract import Command, Emission, Parsing, Recognition, Role, command, prefixed
from covpath.backends.launch import take_apart
from covpath.backends.losses import DYNAMIC, Leaving, drop, warn
from covpath.backends.options import Arity, Dialect, Given, Option, Reading, Table, ordered
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
from covpath.backends.words import Argument, directory_of, in_directory, plain
from covpath.terms import Loss

METRICS = ("lines", "functions", "branches", "statements")
DEFAULT_DIRECTORY = "coverage"
DIALECT = Dialect(camel_case=True, stops_at_positional=True)

REPORTERS = {
    "lcov": (Format.LCOV, "lcov.info"),
    "lcovonly": (Format.LCOV, "lcov.info"),
    "cobertura": (Format.COBERTURA, "cobertura-coverage.xml"),
    "json": (Format.JSON, "coverage-final.json"),
    "json-summary": (Format.OTHER, "coverage-summary.json"),
    "clover": (Format.CLOVER, "clover.xml"),
    "html": (Format.HTML, ""),
    "html-spa": (Format.HTML, ""),
    "text": (Format.TEXT, None),
    "text-summary": (Format.TEXT, None),
    "text-lcov": (Format.LCOV, None),
    "teamcity": (Format.OTHER, None),
    "none": (Format.OTHER, None),
}
"""What each reporter writes into the report directory; None is standard output, "" the directory itself."""

_REPORTER_OF = {
    Format.LCOV: "lcovonly",
    Format.COBERTURA: "cobertura",
    Format.JSON: "json",
    Format.CLOVER: "clover",
    Format.HTML: "html",
    Format.TEXT: "text",
}

REPORT_NAMES: Mapping[Format, str] = {
    Format.LCOV: "coverage/lcov.info",
    Format.COBERTURA: "coverage/cobertura-coverage.xml",
    Format.JSON: "coverage/coverage-final.json",
    Format.CLOVER: "coverage/clover.xml",
    Format.HTML: "coverage",
}

SHARED = (
    Option(names=("--reporter", "-r"), arity=Arity.ONE),
    *(Option(names=(f"--{metric}",), arity=Arity.ONE) for metric in METRICS),
    Option(names=("--check-coverage",), topic=Topic.CHECK),
    Option(names=("--no-check-coverage",), leaving=drop("check-coverage", "nothing is checked anyway")),
    Option(names=("--per-file",), topic=Topic.PER_FILE),
    Option(names=("--include", "-n"), arity=Arity.ONE, topic=Topic.INCLUDE_FILES),
    Option(names=("--exclude", "-x"), arity=Arity.ONE, topic=Topic.EXCLUDE_FILES),
    Option(names=("--extension", "-e"), arity=Arity.ONE, topic=Topic.EXTENSION),
    Option(names=("--no-exclude-node-modules",), topic=Topic.EXCLUDE_NODE_MODULES),
    Option(names=("--exclude-node-modules",), leaving=drop("exclude-node-modules", "this is the default")),
    Option(names=("--skip-full",), topic=Topic.SKIP_COVERED),
    Option(names=("--no-clean",), topic=Topic.NO_CLEAN),
    Option(names=("--clean",), topic=Topic.CLEAN),
)


def recognise(name: str, table: Table, argv: Sequence[Argument], environ: Mapping[str, str]) -> Recognition | None:
    """``nyc`` or ``c8`` before a command, or one of its own subcommands."""
    launch = take_apart(argv)
    if launch is None or launch.program.partition("@")[0] != name:
        return None
    rest = table.read(launch.arguments).rest
    first = rest[0].text if rest else None
    role = {"report": Role.WRITES_REPORT, "check-coverage": Role.OTHER, "merge": Role.OTHER, "instrument": Role.OTHER}
    return Recognition(
        backend=name,
        role=role.get(first or "", Role.BOTH if rest else Role.OTHER),
        launch=launch,
        arguments=launch.arguments,
        subcommand=first if first in role else "",
        environment=tuple((key, environ[key]) for key in ("NODE_V8_COVERAGE", "NODE_OPTIONS") if key in environ),
    )


def parse(recognition: Recognition, table: Table) -> Parsing:
    """The request of a command line with istanbul's options."""
    reading = table.read(recognition.arguments)
    losses = list(reading.losses)
    command_words = reading.rest
    if recognition.subcommand:
        # A subcommand's options may stand behind it.
        behind = table.read(command_words[1:])
        shift = len(recognition.arguments) - len(command_words) + 1
        reading = replace(reading, given=(*reading.given, *_shifted(behind, shift)))
        losses += behind.losses
        command_words = ()
    elif command_words and command_words[0].may_spread:
        losses.append(DYNAMIC.loss(command_words[0].raw))
    request = CoverageRequest(
        language=Language.JAVASCRIPT,
        origin=recognition.backend,
        asks=(*reading.asks(), *_all_hundred(reading)),
        reports=() if reading.has("--silent") else reports_of(reading),
        thresholds=_thresholds(reading),
        natives=reading.natives(),
        command=command_words,
        prefixes=recognition.launch.prefixes,
        folder=recognition.launch.folder,
        behaviour=Behaviour(test_code=TestCode.NONE, reports_after_failure=True),
        environment=recognition.environment,
        subcommand=recognition.subcommand,
    )
    return Parsing(request=request, losses=tuple(losses))


def _shifted(reading: Reading, by: int) -> tuple[Given, ...]:
    return tuple(replace(given, order=given.order + by) for given in reading.given)


def _all_hundred(reading: Reading) -> tuple[Ask, ...]:
    return tuple(Ask(topic=Topic.CHECK, flag=given.flag, order=given.order) for given in reading.of("--100"))


def _thresholds(reading: Reading) -> tuple[Threshold, ...]:
    hundred = tuple(
        Threshold(metric=metric, value=plain("100"), flag=given.flag, order=given.order)
        for given in reading.of("--100")
        for metric in METRICS
    )
    named = tuple(
        Threshold(metric=metric, value=word, flag=given.flag, order=given.order)
        for metric in METRICS
        for given in reading.of(f"--{metric}")
        for word in given.values
    )
    return (*hundred, *named)


def reports_of(reading: Reading) -> tuple[Report, ...]:
    """The reports; without a reporter it is the table."""
    directories = reading.values("--report-dir")
    directory = directories[-1] if directories else plain(DEFAULT_DIRECTORY)
    reports = []
    for given in reading.of("--reporter"):
        for value in given.values:
            format_, name = REPORTERS.get(str(value), (Format.OTHER, None))
            path = None if name is None else directory if not name else in_directory(directory, name)
            reports.append(
                Report(
                    format=format_,
                    path=path,
                    explicit=bool(directories) or path is None,
                    flag=f"{given.flag} {value.raw}",
                    order=given.order,
                    native=value.raw,
                    directory=name == "",
                )
            )
    return tuple(reports) or (Report(format=Format.TEXT, native="text"),)


def written(request: CoverageRequest, name: str, table: Table) -> tuple[Command, tuple[Loss, ...]]:
    """The command of ``name`` with every option asked for, the reporters, their directory and thresholds."""
    pieces, losses = table.write(request, {})
    own = request.origin == name
    natives = tuple(Passed(native.order, native.words) for native in request.natives) if own else ()
    reporters = tuple(
        Passed(report.order, (Argument(f"--reporter={report.native or _REPORTER_OF[report.format]}", None),))
        for report in request.reports
        if report.flag or report.explicit
    )
    directory = _report_directory(request)
    where = () if directory is None else (Passed(NEW, (plain("--report-dir"), directory)),)
    limits = tuple(
        Passed(limit.order, (plain(f"--{limit.metric}"), limit.value)) for limit in _last_of_each(request.thresholds)
    )
    line = (
        *prefixed(request, measuring=not request.subcommand),
        plain(request.folder + name),
        *((plain(request.subcommand),) if request.subcommand else ()),
        *ordered((*pieces, *natives, *reporters, *where, *limits)),
        *request.command,
    )
    return command(line, measures=not request.subcommand), losses


def _report_directory(request: CoverageRequest) -> Argument | None:
    """The directory the reports are to be in, where it is not the default."""
    for report in request.reports:
        if report.path is not None and report.explicit:
            directory = report.path if report.directory else directory_of(report.path) or plain(".")
            return None if str(directory).removeprefix("./") == DEFAULT_DIRECTORY else directory
    return None


def _last_of_each(thresholds: Sequence[Threshold]) -> tuple[Threshold, ...]:
    return tuple({limit.metric: limit for limit in thresholds}.values())


class Moved(Struct, frozen=True, kw_only=True):
    """What a job that comes from the other tool must be told."""

    counts: Leaving
    hints: Leaving
    config: Leaving
    raw: Leaving


_THRESHOLD = warn("threshold", "other lines are counted, so the same number is another demand: derive it anew")


def emission(request: CoverageRequest, name: str, table: Table, moved: Moved) -> Emission:
    """One command of the tool ``name``."""
    losses: list[Loss] = []
    if request.origin != name:
        losses += [native.leaving for native in request.natives]
        losses += [moved.counts.loss("statements and branches"), moved.hints.loss("hints")]
        losses.append(moved.config.loss("package.json"))
        losses += [_THRESHOLD.loss(f"{limit.flag} {limit.value.raw}") for limit in request.thresholds]
        if not request.has(Topic.RAW_DIR):
            losses.append(moved.raw.loss("raw data"))
    line, lost = written(request, name, table)
    return Emission(commands=(line,), losses=(*losses, *lost), reports=request.reports)
