"""coverage.py on its own command line: ``coverage run`` and the commands that report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from covpath.backends import python_tests
from covpath.backends.contract import Emission, Parsing, Recognition, Role, Situation
from covpath.backends.coverage_py_options import NAME, REPORT, REPORT_COMMANDS, RUN
from covpath.backends.launch import take_apart
from covpath.backends.losses import DYNAMIC, warn
from covpath.backends.options import Reading
from covpath.backends.request import (
    Behaviour,
    CoverageRequest,
    Format,
    Language,
    Native,
    Passed,
    Report,
    TestCode,
    Threshold,
)
from covpath.backends.words import Argument, plain
from covpath.patterns import regex
from covpath.terms import Loss

__all__ = ["LANGUAGE", "NAME", "REPORT_NAMES", "emit", "parse", "recognise"]

LANGUAGE = Language.PYTHON
REPORT_NAMES: Mapping[Format, str] = python_tests.DEFAULT_PATHS

_PROGRAM = regex(r"coverage(?:3|-[\d.]+)?")
_OTHER = frozenset({"combine", "erase", "debug", "help"})
_MODULES = warn("report-modules", "the report is not limited to these files")


def recognise(argv: Sequence[Argument], environ: Mapping[str, str]) -> Recognition | None:
    """``coverage run`` and every other subcommand, also as ``python -m coverage``."""
    launch = take_apart(argv)
    if launch is None or not _PROGRAM.fullmatch(launch.program) or not launch.arguments:
        return None
    subcommand = launch.arguments[0].text
    role = _role(subcommand)
    if subcommand is None or role is None:
        return None
    return Recognition(
        backend=NAME,
        role=role,
        launch=launch,
        arguments=launch.arguments[1:],
        subcommand=subcommand,
        environment=python_tests.environment(environ, dict(launch.assigned)),
    )


def _role(subcommand: str | None) -> Role | None:
    if subcommand == "run":
        return Role.MEASURES
    if subcommand in REPORT_COMMANDS:
        return Role.WRITES_REPORT
    return Role.OTHER if subcommand in _OTHER else None


def emit(request: CoverageRequest, situation: Situation) -> Emission:
    """The commands that answer ``request``."""
    # Imported here: many commands are read, few are written.
    from covpath.backends import coverage_py_writing

    return coverage_py_writing.emit(request, situation)


def parse(recognition: Recognition) -> Parsing:
    """The request of one of its commands."""
    if recognition.role is Role.MEASURES:
        return _parse_run(recognition)
    if recognition.role is Role.OTHER:
        return Parsing(request=_request(recognition, Reading()))
    reading = REPORT.read(recognition.arguments)
    modules = [word for part in reading.loose for word in part.words]
    request = _request(
        recognition,
        reading,
        reports=(_report(recognition.subcommand, reading),),
        natives=tuple(Native(words=(word,), order=-1, leaving=_MODULES.loss(word.raw)) for word in modules),
    )
    return Parsing(request=request, losses=reading.losses)


def _parse_run(recognition: Recognition) -> Parsing:
    reading = RUN.read(recognition.arguments)
    losses: tuple[Loss, ...] = reading.losses
    start = len(recognition.arguments) - len(reading.rest)
    module = (plain("-m"),) if reading.has("-m") else ()
    measured = (*module, *reading.rest[:1])
    if reading.rest and reading.rest[0].may_spread:
        losses = (*losses, DYNAMIC.loss(reading.rest[0].raw))
    passed = (Passed(start + 1, reading.rest[1:]),) if reading.rest[1:] else ()
    return Parsing(request=_request(recognition, reading, command=measured, passed=passed), losses=losses)


def _request(
    recognition: Recognition,
    reading: Reading,
    *,
    reports: tuple[Report, ...] = (),
    natives: tuple[Native, ...] = (),
    command: tuple[Argument, ...] = (),
    passed: tuple[Passed, ...] = (),
) -> CoverageRequest:
    return CoverageRequest(
        language=LANGUAGE,
        origin=NAME,
        asks=reading.asks(),
        reports=reports,
        thresholds=_thresholds(reading),
        natives=(*reading.natives(), *natives),
        passed=passed,
        command=command,
        prefixes=recognition.launch.prefixes,
        interpreter=recognition.launch.interpreter,
        folder=recognition.launch.folder,
        behaviour=Behaviour(test_code=TestCode.ALL),
        environment=recognition.environment,
        subcommand=recognition.subcommand,
    )


def _report(subcommand: str, reading: Reading) -> Report:
    format_ = REPORT_COMMANDS[subcommand]
    given = (*reading.values("-o"), *reading.values("--directory"))
    flag = f"coverage {subcommand}"
    if format_ is Format.TEXT:
        kind = next((str(word) for word in reading.values("--format")), "text")
        shape = Format.MARKDOWN if kind == "markdown" else Format.TEXT
        return Report(format=shape, explicit=True, flag=flag, native=kind)
    path = given[-1] if given else None
    default = python_tests.DEFAULT_PATHS.get(format_)
    return Report(
        format=format_,
        path=path or (plain(default) if default else None),
        explicit=path is not None,
        flag=flag,
        native=subcommand,
        directory=format_ in {Format.HTML, Format.OTHER},
    )


def _thresholds(reading: Reading) -> tuple[Threshold, ...]:
    return tuple(
        Threshold(metric="total", value=word, flag=given.flag, order=given.order)
        for given in reading.of("--fail-under")
        for word in given.values
    )
