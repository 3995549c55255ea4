"""grcov: Rust tests built with ``-C instrument-coverage`` by hand, and a report made of their profiles.

Two commands: a ``cargo test`` under variables that instrument, and ``grcov``. They are read each for
itself and gathered elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from covpath.backends import cargo
from covpath.backends.contract import Emission, Parsing, Recognition, Role, Situation, asks_about_itself
from covpath.backends.grcov_options import CARGO, GRCOV, NAME, NAMES_IN_FOLDER, TYPES
from covpath.backends.launch import take_apart, without_assignments
from covpath.backends.losses import UNEXPECTED_WORD, drop, stop
from covpath.backends.options import Reading
from covpath.backends.request import (
    TARGETS,
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
    Topic,
)
from covpath.backends.words import Argument, in_directory
from covpath.patterns import regex
from covpath.terms import Loss

__all__ = ["LANGUAGE", "NAME", "REPORT_NAMES", "emit", "parse", "recognise"]

LANGUAGE = Language.RUST
REPORT_NAMES: Mapping[Format, str] = {
    Format.LCOV: "lcov.info",
    Format.COBERTURA: "cobertura.xml",
    Format.HTML: "html",
    Format.MARKDOWN: "markdown.md",
}

_INSTRUMENTED = regex(r"(?:-C\s*|-Z\s*)instrument[-_]coverage(?:=\S*)?|-Z\s*profile\b")
_WITH_IT = regex(
    r"-C\s*(?:codegen-units=1|opt-level=0|inline-threshold=0|link-dead-code|overflow-checks=off|panic=(?:abort|unwind))"
    r"|-Z\s*(?:no-landing-pads|panic_abort_tests|coverage-options=\S+)"
)
"""Flags people set beside the old ``-Zprofile``; they serve nothing else."""
_HELPERS = ("LLVM_PROFILE_FILE", "CARGO_INCREMENTAL", "RUSTDOCFLAGS")
_ELSEWHERE = regex(r"/\*|\.\./|/usr|/rustc|[A-Za-z]:[/\\]|.*/\.cargo/")
_IDLE = drop("coveralls-options", "they only go into the Coveralls format, which was not written")
_OUTSIDE = drop("ignore-outside", "the new backend only counts files of the workspace")
_TYPE = stop("unknown-option", "grcov does not know this output type; it would be left out")
_NEXTEST = stop("nextest", "the tests would run under libtest instead of nextest")


def recognise(argv: Sequence[Argument], environ: Mapping[str, str]) -> Recognition | None:
    """``grcov``, and ``cargo test`` where RUSTFLAGS instrument what it builds."""
    launch = take_apart(argv)
    if launch is not None and launch.program in {"grcov", "grcov.exe"} and not launch.interpreter:
        role = Role.OTHER if asks_about_itself(launch.arguments) else Role.WRITES_REPORT
        return Recognition(backend=NAME, role=role, launch=launch, arguments=launch.arguments)
    call = cargo.called(argv)
    if call is None or call.subcommand not in {"test", "t", "nextest"}:
        return None
    variables = _variables({**environ, **dict(call.launch.assigned)})
    if not any(_INSTRUMENTED.search(value) for name, value in variables if name in {"RUSTFLAGS", "RUSTDOCFLAGS"}):
        return None
    arguments = call.arguments
    if call.subcommand == "nextest" and (not arguments or arguments[0].text not in {"run", "r"}):
        return None
    return Recognition(
        backend=NAME,
        role=Role.MEASURES,
        launch=call.launch,
        arguments=arguments[1:] if call.subcommand == "nextest" else arguments,
        subcommand="nextest" if call.subcommand == "nextest" else "test",
        toolchain=call.toolchain,
        environment=variables,
    )


def _variables(environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    names = (*cargo.VARIABLES, *_HELPERS)
    return tuple((name, environ[name]) for name in dict.fromkeys(names) if name in environ)


def emit(request: CoverageRequest, situation: Situation) -> Emission:
    """The commands that answer ``request``."""
    # Imported here: many commands are read, few are written.
    from covpath.backends import grcov_writing

    return grcov_writing.emit(request, situation)


def parse(recognition: Recognition) -> Parsing:
    """The request of either command."""
    if recognition.role is Role.MEASURES:
        return _parse_cargo(recognition)
    reading = GRCOV.read(recognition.arguments)
    reports, bad = _reports(reading)
    asks, dropped = _exclusions(reading)
    request = CoverageRequest(
        language=LANGUAGE,
        origin=NAME,
        asks=(*reading.asks(), *asks),
        reports=reports,
        natives=(*_natives(reading, reports), *dropped),
        loose=reading.loose,
        prefixes=recognition.launch.prefixes,
        behaviour=Behaviour(test_code=TestCode.ALL),
        subcommand="grcov",
    )
    return Parsing(request=request, losses=(*reading.losses, *bad))


def _natives(reading: Reading, reports: tuple[Report, ...]) -> tuple[Native, ...]:
    """grcov's own options; those of the Coveralls format say nothing where another is written."""
    if any(report.native.startswith("coveralls") for report in reports):
        return reading.natives()
    return tuple(
        replace(native, leaving=replace(native.leaving, action=_IDLE.action, name=_IDLE.name, message=_IDLE.message))
        if native.leaving.name == "coveralls-upload"
        else native
        for native in reading.natives()
    )


def _exclusions(reading: Reading) -> tuple[tuple[Ask, ...], tuple[Native, ...]]:
    """Globs of ignored files; those that only name what lies outside the sources are not needed."""
    asks: list[Ask] = []
    natives: list[Native] = []
    for given in reading.of("--ignore"):
        text = given.values[0].text if given.values else None
        if text is not None and _ELSEWHERE.match(text):
            natives.append(Native(words=given.words, order=given.order, leaving=_OUTSIDE.loss(given.what)))
            continue
        asks.append(Ask(topic=Topic.EXCLUDE_FILES, flag=given.flag, order=given.order, values=given.values))
    return tuple(asks), tuple(natives)


def _reports(reading: Reading) -> tuple[tuple[Report, ...], tuple[Loss, ...]]:
    given = reading.of("--output-types")
    names = [name for use in given for word in use.values for name in str(word).split(",")] or ["lcov"]
    path = next(iter(reading.values("--output-path")), None)
    order = min((use.order for use in given), default=0)
    reports: list[Report] = []
    losses: list[Loss] = []
    for name in names:
        format_ = TYPES.get(name)
        if format_ is None:
            losses.append(_TYPE.loss(f"-t {name}"))
            continue
        where = path
        if path is not None and (len(names) > 1 or str(path).endswith("/")):
            where = in_directory(path, NAMES_IN_FOLDER.get(format_, name))
        reports.append(
            Report(
                format=format_,
                path=where,
                explicit=path is not None,
                flag=f"-t {name}",
                order=order,
                native=name,
                directory=format_ is Format.HTML,
            )
        )
    return tuple(reports), tuple(losses)


def _parse_cargo(recognition: Recognition) -> Parsing:
    reading = CARGO.read(recognition.arguments)
    asks = reading.asks()
    topics = {ask.topic for ask in asks}
    doctests = Doctests.RUN
    if Topic.DOCTESTS in topics:
        doctests = Doctests.ONLY
    elif topics & set(TARGETS) or recognition.subcommand == "nextest":
        doctests = Doctests.NONE
    filters = tuple(
        Ask(topic=Topic.TEST_FILTER, flag="", order=part.order, values=part.words)
        for part in reading.loose
        if part.words[0].text is not None and not part.words[0].text.startswith("-")
    )
    nextest = recognition.subcommand == "nextest"
    told = (Native(words=(), order=-1, leaving=_NEXTEST.loss("cargo nextest run")),) if nextest else ()
    own = tuple(_left_over(name, value) for name, value in recognition.environment if _serves_coverage(name))
    request = CoverageRequest(
        language=LANGUAGE,
        origin=NAME,
        asks=(*asks, *filters),
        natives=(*told, *reading.natives()),
        loose=tuple(part for part in reading.loose if part.words[0].text is None),
        passed=(Passed(len(recognition.arguments), reading.rest),) if reading.rest else (),
        prefixes=without_assignments(recognition.launch.prefixes, {name for name, _ in own}),
        toolchain=recognition.toolchain,
        behaviour=Behaviour(doctests=doctests, test_code=TestCode.ALL),
        environment=recognition.environment,
        own_variables=own,
        subcommand=recognition.subcommand,
    )
    losses = reading.losses
    if nextest:
        losses = (*losses, *(UNEXPECTED_WORD.loss(str(ask.values[0])) for ask in filters))
    return Parsing(request=request, losses=losses)


def _serves_coverage(name: str) -> bool:
    return name in {"RUSTFLAGS", *_HELPERS}


def _left_over(name: str, value: str) -> tuple[str, str | None]:
    """A variable and what must stay of it when the new backend instruments by itself."""
    if name not in {"RUSTFLAGS", "RUSTDOCFLAGS"}:
        return name, None
    rest = _INSTRUMENTED.sub("", value)
    if rest != value:
        rest = _WITH_IT.sub("", rest)
    rest = " ".join(rest.split())
    return name, rest or None
