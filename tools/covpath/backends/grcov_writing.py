"""Writes a coverage request as an instrumented ``cargo test`` and a ``grcov`` call."""

from __future__ import annotations

import posixpath

from msgspec.structs import replace

from covpath.backends import cargo
from covpath.backends.contract import Command, Emission, Situation, command, make_directory, prefixed
from covpath.backends.globs import globs_of
from covpath.backends.grcov_options import CARGO, NAME, TYPES
from covpath.backends.losses import Leaving, drop, stop, warn
from covpath.backends.options import ordered
from covpath.backends.request import (
    TARGETS,
    Ask,
    CoverageRequest,
    Doctests,
    Format,
    Passed,
    Report,
    TestCode,
    Topic,
)
from covpath.backends.words import Argument, directory_of, plain, words
from covpath.terms import Loss

PROFILES = "target/coverage/%p-%m.profraw"
"""Where the measured programs put their profiles: inside the build directory, one for each process."""

_TYPE_OF: dict[Format, str] = {
    format_: name for name, format_ in reversed(TYPES.items()) if format_ is not Format.OTHER
}

_IDLE = drop("exclude-regex", "paths are absolute, so an expression that begins with ^ and no / left nothing out")
_CODECOV = stop(
    "report-format", "grcov does not write Codecov's own format; it would be gone (--report lcov: Codecov takes that)"
)
_FORMAT = stop("report-format", "grcov has no report of this format; it would be gone")
_STOP_THRESHOLD = stop("threshold-metric", "grcov has no threshold; this demand would be gone")
_REGEX = stop("exclude-regex", "this expression cannot be said in globs; the files it leaves out would be counted")
_GLOBS = warn("exclude-files", "globs match the path from the source folder, the expression searched the whole path")
_DOCTESTS = stop(
    "doctests", "documentation tests would neither be run nor measured: grcov needs RUSTDOCFLAGS and nightly for them"
)
_TESTS_COUNT = warn("test-directories", "test code counts as code to be covered, so the figure changes")
_PARALLEL = warn(
    "parallel-tests",
    "tests ran on one thread and now run on several, which may show races (-- --test-threads=1 keeps one)",
)
_HTML = warn("html-directory", "the HTML report becomes a folder of this name")
_TOOLS = warn("llvm-tools", "grcov needs the toolchain's llvm-tools component and a fresh build directory")

CANNOT: dict[Topic, Leaving] = {
    Topic.TIMEOUT: warn("timeout", "cargo test has no limit for a silent test: set timeout-minutes"),
    Topic.KEEP_BUILD: drop("skip-clean", "cargo test does not clean"),
    Topic.NO_CLEAN: drop("no-clean", "cargo test does not clean"),
    Topic.CONFIG: warn("config-file", "there is no configuration file: its settings must stand on the command line"),
    Topic.NO_BACKEND_CFG: drop("no-backend-cfg", "no cfg is set"),
    Topic.EXCLUDE_FROM_TEST: warn("exclude-from-test", "this package is tested"),
    Topic.EXCLUDE_FROM_REPORT: warn(
        "exclude-from-report", "leave the package's folder out with --ignore 'DIRECTORY/*'"
    ),
    Topic.RUSTFLAGS: drop("rustflags", "it goes into RUSTFLAGS"),
    Topic.DOCTESTS: _DOCTESTS,
}
_REPORTING = (Topic.EXCLUDE_FILES, Topic.EXCLUDE_REGEX, Topic.INCLUDE_FILES, Topic.BRANCH)


def emit(request: CoverageRequest, situation: Situation) -> Emission:
    """The commands for ``request``; for grcov's own request only the ``grcov`` call is written anew."""
    if request.origin == NAME:
        return Emission(commands=_own(request), reports=request.reports)
    losses = [native.leaving for native in request.natives]
    reports = []
    for report in request.reports:
        leaving = _changed(report)
        if leaving is not None:
            losses.append(leaving.loss(report.flag or str(report.format)))
        if leaving not in (_FORMAT, _CODECOV) and report.format is not Format.TEXT:
            reports.append(report)
    losses += [_STOP_THRESHOLD.loss(f"{limit.flag} {limit.value.raw}") for limit in request.thresholds]
    tests, lost = _tests(request, situation)
    filters, unsaid = _filters(request)
    losses += [*lost, *unsaid, *_habits(request, situation), _TOOLS.loss("grcov")]
    always = request.behaviour.reports_after_failure
    calls: list[Command] = []
    for report in reports or [Report(format=Format.LCOV, path=plain("lcov.info"))]:
        calls += [one for one in _made(report) if one not in calls]
        calls.append(_grcov(request, report, filters, situation, always=always))
    return Emission(
        commands=(tests, *calls),
        losses=tuple(losses),
        reports=tuple(reports),
        environment=_environment(request),
    )


def emit_apart(
    runs: tuple[CoverageRequest, ...], together: CoverageRequest, situation: Situation
) -> tuple[tuple[Emission, ...], Emission]:
    """Runs that leave their data, each for itself, and the report over all of them, which ``together`` asks for."""
    whole = emit(together, situation)
    made = []
    for one in runs:
        tests, losses = _tests(one, situation)
        losses = (*losses, *(native.leaving for native in one.natives))
        made.append(Emission(commands=(tests,), losses=losses, environment=_environment(one)))
    return tuple(made), replace(whole, commands=whole.commands[1:])


def _changed(report: Report) -> Leaving | None:
    if report.format is Format.CODECOV:
        return _CODECOV
    if report.format not in _TYPE_OF and report.format is not Format.TEXT:
        return _FORMAT
    return _HTML if report.format is Format.HTML and not report.directory else None


def _tests(request: CoverageRequest, situation: Situation) -> tuple[Command, tuple[Loss, ...]]:
    ran = request.without(*_REPORTING, Topic.DOCTESTS)
    names = tuple(Passed(ask.order, ask.values) for ask in ran.of(Topic.TEST_FILTER))
    ignored = ran.has(Topic.IGNORED_TESTS)
    pieces, losses = CARGO.write(ran.without(Topic.TEST_FILTER, Topic.IGNORED_TESTS), CANNOT)
    selected = any(ran.has(topic) for topic in TARGETS)
    more = () if selected else (Passed(-1, words("--tests")),)
    passed = (*request.passed_words, *(words("--include-ignored") if ignored else ()))
    if situation.keep_serial and request.behaviour.serial_tests and not cargo.passes_threads(request):
        passed = (*passed, *words("--test-threads=1"))
    line = (
        *prefixed(request, measuring=True),
        plain("cargo"),
        *((request.toolchain,) if request.toolchain else ()),
        plain("test"),
        *ordered((*more, *names, *pieces, *request.loose)),
        *cargo.behind_dashes(passed),
    )
    return command(line, measures=True), losses


def _filters(request: CoverageRequest) -> tuple[tuple[Passed, ...], list[Loss]]:
    """Which files the report leaves out or keeps."""
    pieces = [Passed(0, words("--ignore '/*'"))]
    losses: list[Loss] = []
    for ask in request.asks:
        if ask.topic is Topic.EXCLUDE_FILES:
            pieces += _each("--ignore", ask)
        elif ask.topic is Topic.INCLUDE_FILES:
            pieces += _each("--keep-only", ask)
        elif ask.topic is Topic.BRANCH:
            pieces.append(Passed(ask.order, words("--branch")))
        elif ask.topic is Topic.EXCLUDE_REGEX:
            what = " ".join((ask.flag, *(word.raw for word in ask.values)))
            globs = globs_of(str(ask.values[0])) if ask.values and ask.values[0].text else None
            leaving = _REGEX if globs is None else _GLOBS if globs else _IDLE
            losses.append(leaving.loss(what))
            pieces += [Passed(ask.order, (plain("--ignore"), plain(glob))) for glob in globs or ()]
    return tuple(pieces), losses


def _each(flag: str, ask: Ask) -> list[Passed]:
    # One value a flag: a pattern that the shell filled in with several names would be too many.
    values = [value if value.pattern is None else plain(value.pattern) for value in ask.values]
    return [Passed(ask.order, (plain(flag), value)) for value in values]


def _habits(request: CoverageRequest, situation: Situation) -> list[Loss]:
    losses = []
    behaviour = request.behaviour
    if behaviour.doctests in {Doctests.WITH, Doctests.ONLY}:
        losses.append(_DOCTESTS.loss("documentation tests"))
    if behaviour.serial_tests and not cargo.passes_threads(request) and not situation.keep_serial:
        losses.append(_PARALLEL.loss("test threads"))
    if behaviour.test_code is not TestCode.ALL:
        losses.append(_TESTS_COUNT.loss("test code"))
    return losses


def _binaries(request: CoverageRequest, situation: Situation) -> Argument:
    """Where cargo put the measured programs: below the workspace's root, unless a flag or variable says otherwise."""
    parts = [str(value) for value in request.values(Topic.TARGET_DIR)[-1:]]
    parts = parts or [request.variable("CARGO_TARGET_DIR") or _target_directory(request, situation)]
    parts += [str(value) for value in request.values(Topic.TARGET)[-1:]]
    profile = next(iter(request.values(Topic.PROFILE)), None)
    parts.append(str(profile) if profile else "release" if request.has(Topic.RELEASE) else "debug")
    path = "/".join(parts).replace("/dev", "/debug")
    return Argument(path, None) if "$" in path else plain(path)


def _target_directory(request: CoverageRequest, situation: Situation) -> str:
    manifest = next(iter(request.values(Topic.MANIFEST)), None)
    base = "."
    if situation.workspace_root is not None:
        base = posixpath.relpath(situation.workspace_root, situation.workdir)
    elif manifest is not None:
        base = posixpath.dirname(str(manifest)) or "."
    return posixpath.normpath(f"{base}/target")


def _grcov(
    request: CoverageRequest, report: Report, filters: tuple[Passed, ...], situation: Situation, *, always: bool
) -> Command:
    out = () if report.path is None else (plain("-o"), report.path)
    line = (
        *prefixed(request, measuring=False),
        *words("grcov . --binary-path"),
        _binaries(request, situation),
        *words("-s . -t"),
        plain(_TYPE_OF[report.format]),
        plain("--ignore-not-existing"),
        *ordered(filters),
        *out,
    )
    return command(line, always=always)


def _made(report: Report) -> tuple[Command, ...]:
    directory = directory_of(report.path) if report.path is not None else None
    return () if directory is None else (make_directory(directory),)


def _environment(request: CoverageRequest) -> tuple[tuple[str, str], ...]:
    flags = [request.variable("RUSTFLAGS"), *(str(value) for value in request.values(Topic.RUSTFLAGS))]
    together = " ".join([*(flag for flag in flags if flag), "-Cinstrument-coverage"])
    return (("RUSTFLAGS", together), ("LLVM_PROFILE_FILE", PROFILES))


def _own(request: CoverageRequest) -> tuple[Command, ...]:
    """The ``grcov`` call again, for another report."""
    types = ",".join(report.native or _TYPE_OF[report.format] for report in request.reports)
    path = next((report.path for report in request.reports if report.path is not None), None)
    if path is not None and len(request.reports) > 1:
        path = directory_of(path) or plain(".")
    pieces = [
        *request.loose,
        *(Passed(native.order, native.words) for native in request.natives),
        *(piece for ask in request.of(Topic.EXCLUDE_FILES) for piece in _each("--ignore", ask)),
        *(piece for ask in request.of(Topic.INCLUDE_FILES) for piece in _each("--keep-only", ask)),
        *(Passed(ask.order, words("--branch")) for ask in request.of(Topic.BRANCH)),
        Passed(min(report.order for report in request.reports), (plain("-t"), plain(types))),
    ]
    out = () if path is None else (plain("-o"), path)
    line = (*prefixed(request, measuring=False), plain("grcov"), *ordered(pieces), *out)
    return (command(line),)
