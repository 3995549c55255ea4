"""slipcover: Python, near full speed; one report for a run, no data file, no configuration but its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from covpath.backends import python_tests
from covpath.backends.contract import Emission, Parsing, Recognition, Role, Situation
from covpath.backends.launch import take_apart
from covpath.backends.options import Reading
from covpath.backends.request import (
    NEW,
    Behaviour,
    CoverageRequest,
    Format,
    Language,
    Passed,
    Report,
    TestCode,
    Threshold,
)
from covpath.backends.slipcover_options import FORMATS, NAME, TABLE
from covpath.backends.words import Argument, plain

__all__ = ["LANGUAGE", "NAME", "REPORT_NAMES", "emit", "parse", "recognise"]

LANGUAGE = Language.PYTHON
REPORT_NAMES: Mapping[Format, str] = {
    format_: name
    for format_, name in python_tests.DEFAULT_PATHS.items()
    if format_ in {Format.COBERTURA, Format.LCOV, Format.JSON}
}


def recognise(argv: Sequence[Argument], environ: Mapping[str, str]) -> Recognition | None:
    """``python -m slipcover`` and ``slipcover``."""
    launch = take_apart(argv)
    if launch is None or launch.program != "slipcover":
        return None
    reading = _read(launch.arguments)
    role = Role.WRITES_REPORT if reading.has("--merge") else Role.BOTH
    return Recognition(
        backend=NAME,
        role=role,
        launch=launch,
        arguments=launch.arguments,
        environment=python_tests.environment(environ, dict(launch.assigned)),
    )


def _read(arguments: Sequence[Argument]) -> Reading:
    """slipcover cuts at the first ``-m MODULE``: what follows belongs to the module."""
    texts = [str(word) for word in arguments]
    end = texts.index("-m") + 2 if "-m" in texts else len(arguments)
    reading = TABLE.read(arguments[:end])
    return replace(reading, rest=tuple(arguments[end:])) if "-m" in texts else reading


def emit(request: CoverageRequest, situation: Situation) -> Emission:
    """The commands that answer ``request``."""
    # Imported here: many commands are read, few are written.
    from covpath.backends import slipcover_writing

    return slipcover_writing.emit(request, situation)


def parse(recognition: Recognition) -> Parsing:
    """The request of a slipcover command line."""
    reading = _read(recognition.arguments)
    module = reading.values("-m")
    measured = (plain("-m"), *module) if module else reading.rest[:1]
    passed = reading.rest if module else reading.rest[1:]
    request = CoverageRequest(
        language=LANGUAGE,
        origin=NAME,
        asks=reading.asks(),
        reports=_reports(reading),
        thresholds=tuple(
            Threshold(metric="total", value=word, flag=given.flag, order=given.order)
            for given in reading.of("--fail-under")
            for word in given.values
        ),
        natives=reading.natives(),
        passed=(Passed(len(recognition.arguments), passed),) if passed else (),
        command=tuple(measured),
        prefixes=recognition.launch.prefixes,
        interpreter=recognition.launch.interpreter,
        folder=recognition.launch.folder,
        behaviour=Behaviour(test_code=TestCode.ALL, reports_after_failure=True),
        environment=recognition.environment,
    )
    return Parsing(request=request, losses=reading.losses)


def _reports(reading: Reading) -> tuple[Report, ...]:
    path = next(iter(reading.values("--out")), None)
    kind, flag, order = "text", "", NEW
    for name in ("json", "xml", "lcov"):
        for given in reading.of(f"--{name}"):
            kind, flag, order = name, given.flag, given.order
    for given in reading.of("--format"):
        kind, flag, order = str(given.values[0]) if given.values else "text", given.flag, given.order
    format_ = FORMATS.get(kind, Format.OTHER)
    return (Report(format=format_, path=path, explicit=path is not None, flag=flag, order=order, native=kind),)
