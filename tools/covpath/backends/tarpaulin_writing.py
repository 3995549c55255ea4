"""Writes a coverage request as a ``cargo tarpaulin`` command line."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from covpath.backends import cargo
from covpath.backends.contract import Command, Emission, Situation, command, make_directory, prefixed
from covpath.backends.globs import globs_of
from covpath.backends.launch import without_assignments
from covpath.backends.losses import Leaving, drop, stop, warn
from covpath.backends.options import ordered
from covpath.backends.request import (
    NEW,
    Ask,
    CoverageRequest,
    Doctests,
    Format,
    Native,
    Passed,
    Report,
    TestCode,
    Topic,
)
from covpath.backends.tarpaulin_options import FILE_NAMES, NAME, TABLE
from covpath.backends.words import Argument, directory_of, in_directory, plain, words
from covpath.terms import Loss

_TARGET_DIR = "CARGO_LLVM_COV_TARGET_DIR"

_OUT_NAME = {
    Format.COBERTURA: "Xml",
    Format.LCOV: "Lcov",
    Format.HTML: "Html",
    Format.JSON: "Json",
    Format.MARKDOWN: "Markdown",
    Format.TEXT: "Stdout",
}

_THRESHOLD = warn(
    "threshold",
    "the two tools count other lines, so the same number is another demand: derive it anew from a run on the same"
    " commit",
)
_METRIC = stop("threshold-metric", "cargo-tarpaulin only knows the share of lines; this demand would be gone")
_IDLE = drop("exclude-regex", "paths are absolute, so an expression that begins with ^ and no / left nothing out")
_CODECOV = stop(
    "report-format",
    "cargo-tarpaulin does not write Codecov's own format; it would be gone (--report lcov: Codecov takes that)",
)
_FORMAT = stop("report-format", "cargo-tarpaulin has no report of this format; it would be gone")
_JSON = stop("json-schema", "the two JSON schemas have nothing in common; whoever reads this file breaks")
_HTML = warn("html-single-file", "the HTML report becomes one file, tarpaulin-report.html, instead of a folder")
_STDOUT = warn("report-to-stdout", "cargo-tarpaulin writes a file where the old command wrote to standard output")
_NAME = warn("report-name", "cargo-tarpaulin chooses the file's name itself; a mv puts it where it was")
_GLOBS = warn("exclude-files", "globs match the path from the workspace root, the expression searched the whole path")
_REGEX = stop("exclude-regex", "this expression cannot be said in globs; the files it leaves out would be counted")
_CODE = warn(
    "inline-test-code",
    "test code no longer counts as code to be covered, so the figure changes (--include-tests counts it)",
)
_DOCTESTS_RUN = warn("doctests-not-run", "cargo test also runs documentation tests; cargo tarpaulin does not")
_FROM_TEST = warn("exclude-from-test", "the package is now left out of the report as well")
_BRANCH = stop("branch", "cargo-tarpaulin does not measure branches")
_ENGINE = warn(
    "engine",
    "LLVM's instrumentation counts more lines than ptrace, so the figure changes, and --timeout has no effect with it",
)

CANNOT: dict[Topic, Leaving] = {
    Topic.QUIET: drop("quiet", "the test programs' output cannot be shortened"),
    Topic.EXCLUDE_FROM_REPORT: warn(
        "exclude-from-report",
        "cargo-tarpaulin leaves files out, not packages: add --exclude-files 'DIRECTORY/*' for the package's folder",
    ),
}


class _Reports(Struct, frozen=True, kw_only=True):
    pieces: tuple[Passed, ...]
    written: tuple[Report, ...]
    renames: tuple[Command, ...]
    losses: tuple[Loss, ...]


def emit(request: CoverageRequest, situation: Situation) -> Emission:
    """One ``cargo tarpaulin`` command; for another backend's request always with the LLVM engine."""
    foreign = request.origin != NAME
    losses: list[Loss] = []
    reports = request.reports
    own: tuple[Passed, ...] = tuple(Passed(native.order, native.words) for native in request.natives)
    if foreign:
        request = _renamed(_without_branches(_without_expressions(request, losses), losses), losses)
        losses += [native.leaving for native in request.natives]
        own, told = _habits(request)
        request = replace(request, prefixes=without_assignments(request.prefixes, {_TARGET_DIR}))
        reports, moved = cargo.moved_reports(request, situation, to_root=True)
        losses += [*told, *moved]
    pieces, lost = TABLE.write(request, CANNOT)
    limits, too_high = _limits(request, foreign=foreign)
    written = _reports(reports, foreign=foreign)
    losses += [*lost, *too_high, *written.losses]
    main = (
        *prefixed(request, measuring=True),
        plain("cargo"),
        *((request.toolchain,) if request.toolchain else ()),
        plain("tarpaulin"),
        *ordered((*pieces, *own, *written.pieces, *limits, *request.loose)),
        *cargo.behind_dashes(request.passed_words),
    )
    return Emission(
        commands=(command(main, measures=True), *written.renames),
        losses=tuple(losses),
        reports=written.written,
        environment=tuple((name, rest) for name, rest in request.own_variables if rest is not None),
        unset=_unset(request) if foreign else (),
    )


def _unset(request: CoverageRequest) -> tuple[str, ...]:
    """The variables that served the old tool alone."""
    target = (_TARGET_DIR,) if request.variable(_TARGET_DIR) is not None else ()
    return (*target, *(name for name, rest in request.own_variables if rest is None))


def with_llvm_engine(request: CoverageRequest, situation: Situation) -> Emission | None:
    """The smaller step: the same command with ``--engine llvm``; None where it has it already."""
    if request.origin != NAME or request.behaviour.engine in {"llvm", "auto"}:
        return None
    natives = tuple(native for native in request.natives if native.words[0].raw.split("=")[0] != "--engine")
    engine = Native(words=words("--engine llvm"), order=NEW, leaving=_ENGINE.loss("--engine"))
    emission = emit(replace(request, natives=(*natives, engine)), situation)
    return replace(emission, losses=(*emission.losses, _ENGINE.loss("--engine llvm")))


def _without_expressions(request: CoverageRequest, losses: list[Loss]) -> CoverageRequest:
    """Regular expressions of ignored files as globs, where globs can say it."""
    asks: list[Ask] = []
    for ask in request.asks:
        if ask.topic is not Topic.EXCLUDE_REGEX:
            asks.append(ask)
            continue
        what = " ".join((ask.flag, *(word.raw for word in ask.values)))
        expression = ask.values[0].text if ask.values else None
        globs = globs_of(expression) if expression else None
        if globs is None:
            losses.append(_REGEX.loss(what))
            continue
        if not globs:
            losses.append(_IDLE.loss(what))
            continue
        losses.append(_GLOBS.loss(what))
        values = tuple(plain(glob) for glob in globs)
        asks.append(replace(ask, topic=Topic.EXCLUDE_FILES, values=values, attached=False))
    return replace(request, asks=tuple(asks))


def _without_branches(request: CoverageRequest, losses: list[Loss]) -> CoverageRequest:
    losses += [_BRANCH.loss(ask.flag) for ask in request.of(Topic.BRANCH)]
    return request.without(Topic.BRANCH)


def _renamed(request: CoverageRequest, losses: list[Loss]) -> CoverageRequest:
    """cargo-llvm-cov's words for the nearest thing cargo-tarpaulin has."""
    losses += [_FROM_TEST.loss(ask.flag) for ask in request.of(Topic.EXCLUDE_FROM_TEST)]
    names = request.values(Topic.TEST_FILTER)
    passed = (Passed(0, names), *request.passed) if names else request.passed
    request = replace(request.without(Topic.TEST_FILTER), passed=passed)
    near = {Topic.NO_CLEAN: Topic.KEEP_BUILD, Topic.EXCLUDE_FROM_TEST: Topic.EXCLUDE_PACKAGE}
    return replace(request, asks=tuple(replace(ask, topic=near.get(ask.topic, ask.topic)) for ask in request.asks))


def _habits(request: CoverageRequest) -> tuple[tuple[Passed, ...], list[Loss]]:
    """What another backend does by itself, said in cargo-tarpaulin's flags."""
    behaviour = request.behaviour
    pieces = []
    losses: list[Loss] = []
    directory = request.variable(_TARGET_DIR)
    if directory is not None:
        pieces.append(Passed(NEW, (plain("--target-dir"), plain(directory))))
    pieces.append(Passed(NEW, words("--engine llvm")))
    if not behaviour.serial_tests:
        pieces.append(Passed(NEW, words("--implicit-test-threads")))
    if behaviour.doctests is Doctests.WITH:
        pieces.append(Passed(NEW, words("--run-types Tests")))
    if behaviour.doctests is Doctests.RUN:
        losses.append(_DOCTESTS_RUN.loss("cargo test"))
    if behaviour.test_code is not TestCode.NONE:
        losses.append(_CODE.loss("test code"))
    if behaviour.hides_failure:
        pieces.append(Passed(NEW, words("--no-fail-fast")))
    return tuple(pieces), losses


def _reports(reports: Sequence[Report], *, foreign: bool) -> _Reports:
    """``--out`` and ``--output-dir``, where the files end up, and renames for names of their own."""
    losses: list[Loss] = []
    kept: list[Report] = []
    for report in reports:
        leaving = _refused(report, foreign=foreign)
        if leaving is not None:
            losses.append(leaving.loss(report.flag))
        if leaving in (_FORMAT, _CODECOV) or (report.format is Format.TEXT and not report.explicit):
            continue
        kept.append(report)
    if not kept:
        return _Reports(pieces=(), written=(Report(format=Format.TEXT),), renames=(), losses=tuple(losses))
    directory = _output_directory(kept)
    written: list[Report] = []
    renames: list[Command] = []
    for report in kept:
        name = FILE_NAMES.get(report.format)
        path = in_directory(directory or plain("."), name) if name else None
        if path is not None and report.path is not None and not report.directory and not _same(report.path, path):
            renames += _rename(path, report.path)
            losses.append(_NAME.loss(report.path.raw))
            path = report.path
        written.append(replace(report, path=path, directory=False))
    choices = tuple(plain(_choice(report, foreign=foreign)) for report in kept)
    where = () if directory is None else (plain("--output-dir"), directory)
    piece = Passed(min(report.order for report in kept), (plain("--out"), *choices, *where))
    return _Reports(pieces=(piece,), written=tuple(written), renames=tuple(renames), losses=tuple(losses))


def _same(one: Argument, other: Argument) -> bool:
    return posixpath.normpath(str(one)) == posixpath.normpath(str(other))


def _refused(report: Report, *, foreign: bool) -> Leaving | None:
    """What is lost with a report of another backend."""
    if not foreign:
        return None
    if report.format is Format.CODECOV:
        return _CODECOV
    if report.format not in _OUT_NAME or (report.format is Format.TEXT and report.explicit):
        return _FORMAT
    if report.format is Format.JSON:
        return _JSON
    if report.format is Format.HTML:
        return _HTML
    return _STDOUT if report.path is None and report.format is not Format.TEXT else None


def _choice(report: Report, *, foreign: bool) -> str:
    return report.native if report.native and not foreign else _OUT_NAME[report.format]


def _output_directory(reports: Sequence[Report]) -> Argument | None:
    """The folder of the first report that is a file; cargo-tarpaulin has one for all."""
    for report in reports:
        if report.path is not None:
            return directory_of(report.path)
    return None


def _rename(old: Argument, new: Argument) -> tuple[Command, ...]:
    directory = directory_of(new)
    made = () if directory is None or str(directory_of(old)) == str(directory) else (make_directory(directory),)
    return (*made, command((plain("mv"), old, new)))


def _limits(request: CoverageRequest, *, foreign: bool) -> tuple[tuple[Passed, ...], list[Loss]]:
    pieces = []
    losses: list[Loss] = []
    for limit in request.thresholds:
        what = f"{limit.flag} {limit.value.raw}"
        if limit.metric != "lines":
            losses.append(_METRIC.loss(what))
            continue
        if foreign:
            losses.append(_THRESHOLD.loss(what))
        pieces.append(Passed(limit.order, (plain("--fail-under"), limit.value)))
    return tuple(pieces), losses
