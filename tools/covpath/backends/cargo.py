"""What the Rust backends share: how cargo is called, cargo's own options, where reports are put."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from covpath.backends.contract import Situation
from covpath.backends.launch import Launch, take_apart
from covpath.backends.losses import warn
from covpath.backends.options import Arity, Option
from covpath.backends.request import CoverageRequest, Format, Report, Topic
from covpath.backends.words import Argument, directory_of, in_directory, plain
from covpath.terms import Loss

VARIABLES = ("RUSTFLAGS", "RUST_TEST_THREADS", "LLVM_PROFILE_FILE", "CARGO_LLVM_COV_TARGET_DIR", "CARGO_TARGET_DIR")
"""Environment variables the Rust backends read."""

_CARGO_VALUES = frozenset({"--color", "--config", "-C", "-Z"})


class CargoCall(Struct, frozen=True, kw_only=True):
    """``cargo [+toolchain] [options] SUBCOMMAND arguments``."""

    launch: Launch
    subcommand: str
    arguments: tuple[Argument, ...]
    toolchain: Argument | None = None


def called(argv: Sequence[Argument]) -> CargoCall | None:
    """The cargo subcommand that ``argv`` runs, also as ``cargo-SUBCOMMAND``; None where it is none."""
    launch = take_apart(argv)
    if launch is None or launch.interpreter:
        return None
    if launch.program.startswith("cargo-"):
        subcommand = launch.program.removeprefix("cargo-").removesuffix(".exe")
        arguments = launch.arguments
        if arguments and arguments[0].text == subcommand:
            arguments = arguments[1:]
        return CargoCall(launch=launch, subcommand=subcommand, arguments=arguments)
    if launch.program not in {"cargo", "cargo.exe", "cross"}:
        return None
    return _subcommand(launch)


def _subcommand(launch: Launch) -> CargoCall | None:
    toolchain = None
    words = launch.arguments
    position = 0
    if words and words[0].raw.startswith("+"):
        toolchain, position = words[0], 1
    while position < len(words):
        text = words[position].text
        if text is None:
            return None
        if not text.startswith("-"):
            return CargoCall(
                launch=launch, subcommand=text, arguments=tuple(words[position + 1 :]), toolchain=toolchain
            )
        position += 2 if text in _CARGO_VALUES else 1
    return None


def read_variables(launch: Launch, environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The variables the Rust backends look at, those of the command's own line first."""
    seen = {**{name: environ[name] for name in VARIABLES if name in environ}, **dict(launch.assigned)}
    return tuple((name, value) for name, value in seen.items() if name in VARIABLES)


def value(topic: Topic, *names: str, single: bool = False) -> Option:
    """An option with one value each time."""
    return Option(names=names, arity=Arity.ONE, topic=topic, single=single)


def flag(topic: Topic, *names: str) -> Option:
    """An option without a value."""
    return Option(names=names, topic=topic)


SHARED = (
    flag(Topic.WORKSPACE, "--workspace", "--all"),
    flag(Topic.ALL_FEATURES, "--all-features"),
    flag(Topic.NO_DEFAULT_FEATURES, "--no-default-features"),
    flag(Topic.LIB, "--lib"),
    flag(Topic.BINS, "--bins"),
    flag(Topic.EXAMPLES, "--examples"),
    flag(Topic.TESTS, "--tests"),
    flag(Topic.BENCHES, "--benches"),
    flag(Topic.ALL_TARGETS, "--all-targets"),
    value(Topic.PROFILE, "--profile", single=True),
    value(Topic.TARGET, "--target", single=True),
    flag(Topic.LOCKED, "--locked"),
    flag(Topic.FROZEN, "--frozen"),
    flag(Topic.OFFLINE, "--offline"),
    flag(Topic.NO_FAIL_FAST, "--no-fail-fast"),
)
"""Options that mean the same for cargo, cargo-tarpaulin and cargo-llvm-cov."""

CARGO_TEST = (
    value(Topic.PACKAGE, "-p", "--package"),
    value(Topic.EXCLUDE_PACKAGE, "--exclude"),
    Option(names=("--features", "-F"), arity=Arity.ONE, topic=Topic.FEATURES, joined=","),
    value(Topic.BIN, "--bin"),
    value(Topic.EXAMPLE, "--example"),
    value(Topic.TEST, "--test"),
    value(Topic.BENCH, "--bench"),
    flag(Topic.RELEASE, "--release", "-r"),
    value(Topic.JOBS, "-j", "--jobs", single=True),
    value(Topic.MANIFEST, "--manifest-path", "-m", single=True),
    value(Topic.UNSTABLE, "-Z"),
    value(Topic.COLOR, "--color", single=True),
    flag(Topic.VERBOSE, "-v", "--verbose"),
    flag(Topic.VERY_VERBOSE, "-vv"),
    flag(Topic.QUIET, "-q", "--quiet"),
)
"""Options of ``cargo test`` that cargo-llvm-cov takes as they are and cargo-tarpaulin spells in its own way."""

REPORT_NAMES = {Format.COBERTURA: "cobertura.xml", Format.LCOV: "lcov.info", Format.JSON: "coverage.json"}
"""What a report is called where nobody chose a name."""

INLINE_TEST_CODE = warn(
    "inline-test-code",
    "test modules inside source files now count as code, so the figure changes: no flag of a stable toolchain leaves"
    " them out (nightly's coverage(off) does, or tests in tests.rs, *_tests.rs or tests/)",
)

_DIRECTORY = warn(
    "report-directory",
    "cargo-tarpaulin puts reports below the workspace root, the other tools below the step's directory, and whether"
    " the two are the same is not known here: check where the report ends up",
)


def moved_reports(
    request: CoverageRequest, situation: Situation, *, to_root: bool
) -> tuple[tuple[Report, ...], tuple[Loss, ...]]:
    """The reports with paths as the other side counts them: from the workspace root or the step's directory.

    cargo-tarpaulin resolves a relative directory against the workspace root, everything else against the
    directory it runs in (``to_root`` says in which direction one goes).
    """
    relative = [report for report in request.files if not str(report.path).startswith("/")]
    if not relative or situation.workspace_root == situation.workdir:
        return request.reports, ()
    if situation.workspace_root is None:
        return request.reports, (_DIRECTORY.loss(relative[0].flag or "report directory"),)
    start, end = situation.workspace_root, situation.workdir
    if to_root:
        start, end = end, start
    way = plain(posixpath.relpath(start, end))
    return tuple(_under(report, way) for report in request.reports), ()


def _under(report: Report, directory: Argument) -> Report:
    path = report.path
    if path is None or str(path).startswith("/"):
        return report
    if path.text is None:
        return replace(report, path=in_directory(directory, path.raw) if '"' not in path.raw else path)
    return replace(report, path=plain(posixpath.normpath(f"{directory}/{path}")))


def reported_to(report: Report, format: Format, name: str) -> Argument:  # noqa: A002
    """Where a report of another format goes: beside the old one, with the new format's usual name."""
    if report.path is None:
        return plain(name)
    if report.format is format:
        return report.path
    directory = directory_of(report.path)
    return plain(posixpath.basename(name)) if directory is None else in_directory(directory, posixpath.basename(name))


def behind_dashes(words: Sequence[Argument]) -> tuple[Argument, ...]:
    """``-- words``, or nothing where there are none."""
    return (plain("--"), *words) if words else ()


def passes_threads(request: CoverageRequest) -> bool:
    """Whether the number of test threads is said by the tests' own arguments or the environment."""
    said = any(str(word).startswith("--test-threads") for word in request.passed_words)
    return said or request.variable("RUST_TEST_THREADS") is not None


def asked_topics(request: CoverageRequest, topics: Sequence[Topic]) -> tuple[Topic, ...]:
    """Those of ``topics`` the request says something about."""
    return tuple(topic for topic in topics if request.has(topic))
