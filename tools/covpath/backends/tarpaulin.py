"""cargo-tarpaulin: Rust, with ptrace or with LLVM's instrumentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from covpath.backends import cargo
from covpath.backends.contract import Emission, Parsing, Recognition, Role, Situation, asks_about_itself
from covpath.backends.losses import UNEXPECTED_WORD, stop
from covpath.backends.options import Reading
from covpath.backends.request import (
    Ask,
    Behaviour,
    CoverageRequest,
    Doctests,
    Format,
    Language,
    Passed,
    Report,
    TestCode,
    Threshold,
    Topic,
)
from covpath.backends.tarpaulin_options import FILE_NAMES, NAME, TABLE
from covpath.backends.words import Argument, in_directory, plain
from covpath.terms import Loss

__all__ = ["LANGUAGE", "NAME", "REPORT_NAMES", "emit", "parse", "recognise"]

LANGUAGE = Language.RUST
REPORT_NAMES: Mapping[Format, str] = FILE_NAMES

_OUT = {
    "xml": Format.COBERTURA,
    "lcov": Format.LCOV,
    "html": Format.HTML,
    "json": Format.JSON,
    "markdown": Format.MARKDOWN,
    "stdout": Format.TEXT,
}
_RUN_TYPES = {
    "tests": Topic.TESTS,
    "doctests": Topic.DOCTESTS,
    "lib": Topic.LIB,
    "bins": Topic.BINS,
    "examples": Topic.EXAMPLES,
    "benchmarks": Topic.BENCHES,
    "alltargets": Topic.ALL_TARGETS,
}
_SELECTING = frozenset({*_RUN_TYPES.values(), Topic.BIN, Topic.EXAMPLE, Topic.TEST, Topic.BENCH} - {Topic.DOCTESTS})
_BAD_CHOICE = stop("unknown-option", "cargo-tarpaulin does not know this value; it would be left out")


def recognise(argv: Sequence[Argument], environ: Mapping[str, str]) -> Recognition | None:
    """``cargo tarpaulin``, ``cargo +nightly tarpaulin``, ``cargo-tarpaulin``, behind any prefix."""
    call = cargo.called(argv)
    if call is None or call.subcommand != "tarpaulin":
        return None
    reading = TABLE.read(call.arguments)
    prints = asks_about_itself(call.arguments)
    prints = prints or reading.has("--print-rust-flags") or reading.has("--print-rustdoc-flags")
    return Recognition(
        backend=NAME,
        role=Role.OTHER if prints else Role.BOTH,
        launch=call.launch,
        arguments=call.arguments,
        toolchain=call.toolchain,
        environment=cargo.read_variables(call.launch, environ),
    )


def emit(request: CoverageRequest, situation: Situation) -> Emission:
    """The commands that answer ``request``."""
    # Imported here: many commands are read, few are written.
    from covpath.backends import tarpaulin_writing

    return tarpaulin_writing.emit(request, situation)


def parse(recognition: Recognition) -> Parsing:
    """The request of a ``cargo tarpaulin`` command line."""
    reading = TABLE.read(recognition.arguments)
    losses = list(reading.losses)
    losses += [UNEXPECTED_WORD.loss(str(word)) for part in reading.loose for word in part.words if _stray(word)]
    dynamic = tuple(part for part in reading.loose if any(word.text is None for word in part.words))
    reports, bad_reports = _reports(reading)
    run_types, bad_types = _run_types(reading)
    last = len(recognition.arguments)
    request = CoverageRequest(
        language=LANGUAGE,
        origin=NAME,
        asks=(*reading.asks(), *run_types, *_root(reading)),
        reports=reports,
        thresholds=_thresholds(reading),
        natives=reading.natives(),
        loose=dynamic,
        passed=(Passed(last, reading.rest),) if reading.rest else (),
        prefixes=recognition.launch.prefixes,
        toolchain=recognition.toolchain,
        behaviour=_behaviour(reading, run_types),
        environment=recognition.environment,
    )
    return Parsing(request=request, losses=(*losses, *bad_reports, *bad_types))


def _stray(word: Argument) -> bool:
    return word.text is not None and not word.text.startswith("-")


def _behaviour(reading: Reading, run_types: Sequence[Ask]) -> Behaviour:
    engine = reading.values("--engine")
    topics = {ask.topic for ask in (*run_types, *reading.asks())}
    doctests = Doctests.NONE
    if Topic.DOCTESTS in topics:
        doctests = Doctests.WITH if topics & _SELECTING else Doctests.ONLY
    return Behaviour(
        doctests=doctests,
        serial_tests=not reading.has("--implicit-test-threads"),
        test_code=TestCode.ALL if reading.has("--include-tests") else TestCode.NONE,
        reports_after_failure=reading.has("--no-fail-fast"),
        engine=str(engine[-1]).lower() if engine else None,
    )


def _reports(reading: Reading) -> tuple[tuple[Report, ...], tuple[Loss, ...]]:
    directories = reading.values("--output-dir")
    directory = directories[-1] if directories else plain(".")
    reports: dict[Format, Report] = {}
    losses: list[Loss] = []
    for given in reading.of("--out"):
        for choice in given.values:
            format_ = _OUT.get(str(choice).lower())
            if format_ is None:
                losses.append(_BAD_CHOICE.loss(f"{given.flag} {choice.raw}"))
                continue
            name = FILE_NAMES.get(format_)
            report = Report(
                format=format_,
                path=in_directory(directory, name) if name else None,
                explicit=bool(directories) or name is None,
                flag=f"{given.flag} {choice.raw}",
                order=given.order,
                native=str(choice),
            )
            reports.setdefault(format_, report)
    return tuple(reports.values()) or (Report(format=Format.TEXT),), tuple(losses)


def _run_types(reading: Reading) -> tuple[tuple[Ask, ...], tuple[Loss, ...]]:
    asks: list[Ask] = []
    losses: list[Loss] = []
    for given in reading.of("--run-types"):
        for choice in given.values:
            what = f"{given.flag} {choice.raw}"
            topic = _RUN_TYPES.get(str(choice).lower())
            if topic is None:
                losses.append(_BAD_CHOICE.loss(what))
            else:
                asks.append(Ask(topic=topic, flag=what, order=given.order))
    return tuple(asks), tuple(losses)


def _root(reading: Reading) -> tuple[Ask, ...]:
    """``--root DIR`` looks for the manifest there, unless the manifest is named."""
    if reading.has("--manifest-path"):
        return ()
    return tuple(
        Ask(
            topic=Topic.MANIFEST,
            flag=given.flag,
            order=given.order,
            values=tuple(in_directory(word, "Cargo.toml") for word in given.values),
        )
        for given in reading.of("--root")
    )


def _thresholds(reading: Reading) -> tuple[Threshold, ...]:
    return tuple(
        Threshold(metric="lines", value=word, flag=given.flag, order=given.order)
        for given in reading.of("--fail-under")
        for word in given.values
    )
