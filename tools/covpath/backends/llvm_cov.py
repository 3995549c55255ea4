"""cargo-llvm-cov: Rust, with LLVM's instrumentation and tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from covpath.backends import cargo
from covpath.backends.contract import Emission, Parsing, Recognition, Role, Situation, asks_about_itself
from covpath.backends.llvm_cov_options import FORMAT_FLAGS, NAME, NEXTEST_TABLE, TABLE, TEST_TABLE, THRESHOLDS
from covpath.backends.losses import UNEXPECTED_WORD, stop
from covpath.backends.options import Reading, Table
from covpath.backends.request import (
    Ask,
    Behaviour,
    CoverageRequest,
    Doctests,
    Format,
    Language,
    Native,
    Passed,
    Report,
    TestCode,
    Threshold,
    Topic,
)
from covpath.backends.words import Argument, in_directory, plain

__all__ = ["LANGUAGE", "NAME", "REPORT_NAMES", "emit", "parse", "recognise"]

LANGUAGE = Language.RUST
REPORT_NAMES: Mapping[Format, str] = {**cargo.REPORT_NAMES, Format.CODECOV: "codecov.json", Format.HTML: "html"}

_SUBCOMMANDS = {
    "test": "test",
    "t": "test",
    "run": "run",
    "r": "run",
    "report": "report",
    "clean": "clean",
    "show-env": "show-env",
    "nextest": "nextest",
    "nextest-archive": "nextest-archive",
}
_TABLES = {"test": TEST_TABLE, "run": TEST_TABLE, "nextest": NEXTEST_TABLE, "nextest-archive": NEXTEST_TABLE}
_NEXTEST = stop("nextest", "no other Rust backend runs nextest: the tests would run under libtest, in fewer processes")
_RUN = stop("run-binary", "running a program instead of the tests cannot be carried over")
_ENVIRONMENT = stop("external-tests", "tests that run under show-env's variables cannot be carried over")
_SUBCOMMAND_LOSSES = {
    "nextest": _NEXTEST,
    "nextest-archive": _NEXTEST,
    "run": _RUN,
    "show-env": _ENVIRONMENT,
}


def recognise(argv: Sequence[Argument], environ: Mapping[str, str]) -> Recognition | None:
    """``cargo llvm-cov`` with any subcommand and toolchain, behind any prefix."""
    call = cargo.called(argv)
    if call is None or call.subcommand != "llvm-cov":
        return None
    subcommand, arguments = _subcommand(call.arguments)
    return Recognition(
        backend=NAME,
        role=_role(subcommand, arguments),
        launch=call.launch,
        arguments=arguments,
        subcommand=subcommand,
        toolchain=call.toolchain,
        environment=cargo.read_variables(call.launch, environ),
    )


def _subcommand(arguments: tuple[Argument, ...]) -> tuple[str, tuple[Argument, ...]]:
    """The first word that is no option, and the words without it (it may stand behind options)."""
    for part in TABLE.read(arguments).loose:
        name = _SUBCOMMANDS.get(str(part.words[0]))
        if name is not None:
            return name, arguments[: part.order] + arguments[part.order + 1 :]
    return "", arguments


def _role(subcommand: str, arguments: tuple[Argument, ...]) -> Role:
    if subcommand in {"clean", "show-env", "nextest-archive"} or asks_about_itself(arguments):
        return Role.OTHER
    reading = _table(subcommand).read(arguments)
    if subcommand == "report" or reading.has("--no-run"):
        return Role.WRITES_REPORT
    return Role.MEASURES if reading.has("--no-report") else Role.BOTH


def _table(subcommand: str) -> Table:
    return _TABLES.get(subcommand, TABLE)


def emit(request: CoverageRequest, situation: Situation) -> Emission:
    """The commands that answer ``request``."""
    # Imported here: many commands are read, few are written.
    from covpath.backends import llvm_cov_writing

    return llvm_cov_writing.emit(request, situation)


def parse(recognition: Recognition) -> Parsing:
    """The request of a ``cargo llvm-cov`` command line."""
    subcommand = recognition.subcommand
    table = _table(subcommand)
    reading = table.read(recognition.arguments)
    # show-env has options of its own for the shell it writes for.
    losses = [loss for loss in reading.losses if subcommand != "show-env"]
    if not table.dialect.passes_unknown:
        losses += [UNEXPECTED_WORD.loss(str(part.words[0])) for part in reading.loose if _stray(part.words[0])]
    filters, loose = _filters(reading, subcommand)
    request = CoverageRequest(
        language=LANGUAGE,
        origin=NAME,
        asks=(*_asks(reading), *filters),
        reports=_reports(reading),
        thresholds=_thresholds(reading),
        natives=(*_subcommand_native(subcommand), *reading.natives()),
        loose=loose,
        passed=(Passed(len(recognition.arguments), reading.rest),) if reading.rest else (),
        prefixes=recognition.launch.prefixes,
        toolchain=recognition.toolchain,
        behaviour=_behaviour(reading),
        environment=recognition.environment,
        subcommand=subcommand,
    )
    return Parsing(request=request, losses=tuple(losses))


def _stray(word: Argument) -> bool:
    return word.text is not None and not word.text.startswith("-")


def _filters(reading: Reading, subcommand: str) -> tuple[tuple[Ask, ...], tuple[Passed, ...]]:
    """The test names that stand among the options of ``test``, and the other words for cargo."""
    if subcommand != "test":
        keep = _TABLES.get(subcommand) is not None
        return (), tuple(part for part in reading.loose if keep or part.words[0].text is None)
    names = tuple(part for part in reading.loose if _stray(part.words[0]))
    filters = tuple(Ask(topic=Topic.TEST_FILTER, flag="", order=part.order, values=part.words) for part in names)
    return filters, tuple(part for part in reading.loose if part not in names)


def _subcommand_native(subcommand: str) -> tuple[Native, ...]:
    leaving = _SUBCOMMAND_LOSSES.get(subcommand)
    if leaving is None:
        return ()
    return (Native(words=(), order=-1, leaving=leaving.loss(f"cargo llvm-cov {subcommand}")),)


def _asks(reading: Reading) -> tuple[Ask, ...]:
    """The asks, with ``-v -v`` (or ``-vv``) as one."""
    asks = reading.asks()
    loud = [ask for ask in asks if ask.topic is Topic.VERBOSE]
    if len(loud) < 2:
        return asks
    kept = tuple(ask for ask in asks if ask.topic is not Topic.VERBOSE)
    return (*kept, replace(loud[0], topic=Topic.VERY_VERBOSE, flag="-" + "v" * len(loud)))


def _reports(reading: Reading) -> tuple[Report, ...]:
    if reading.has("--no-report"):
        return ()
    path = next(iter(reading.values("--output-path")), None)
    directory = next(iter(reading.values("--output-dir")), None)
    reports = []
    for given in reading.given:
        format_ = FORMAT_FLAGS.get(given.option.names[0])
        if format_ is None:
            continue
        if format_ is Format.HTML:
            folder = in_directory(directory or plain("target/llvm-cov"), "html")
            reports.append(
                Report(
                    format=format_,
                    path=folder,
                    explicit=directory is not None,
                    flag=given.flag,
                    order=given.order,
                    directory=True,
                )
            )
            continue
        where = in_directory(directory, "text") if format_ is Format.TEXT and directory else path
        reports.append(
            Report(
                format=format_,
                path=where,
                explicit=where is not None or format_ is Format.TEXT,
                flag=given.flag,
                order=given.order,
                native="text" if format_ is Format.TEXT else "",
                directory=format_ is Format.TEXT and directory is not None,
            )
        )
    return tuple(reports) or (Report(format=Format.TEXT),)


def _thresholds(reading: Reading) -> tuple[Threshold, ...]:
    return tuple(
        Threshold(metric=metric, value=word, flag=given.flag, order=given.order)
        for flag, metric in THRESHOLDS.items()
        for given in reading.of(flag)
        for word in given.values
    )


def _behaviour(reading: Reading) -> Behaviour:
    doctests = Doctests.NONE
    for given in reading.of("--doctests"):
        doctests = Doctests.ONLY if given.flag == "--doc" else Doctests.WITH
    return Behaviour(
        doctests=doctests,
        serial_tests=False,
        test_code=TestCode.INLINE,
        reports_after_failure=reading.has("--ignore-run-fail"),
        hides_failure=reading.has("--ignore-run-fail"),
    )
