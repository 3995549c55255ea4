"""cargo-llvm-cov's options, and what is lost with each that no other backend has.

Read from its argument parser at version 0.9 (``src/cli.rs``). Options it does not know go to cargo or
to nextest after the subcommands ``test`` and ``nextest``, and are an error without one.
"""

from __future__ import annotations

from covpath.backends.cargo import CARGO_TEST, SHARED, flag, value
from covpath.backends.losses import Leaving, drop, stop, warn
from covpath.backends.options import Arity, Dialect, Option, Table
from covpath.backends.request import Format, Topic

NAME = "cargo-llvm-cov"

FORMAT_FLAGS = {
    "--lcov": Format.LCOV,
    "--cobertura": Format.COBERTURA,
    "--json": Format.JSON,
    "--codecov": Format.CODECOV,
    "--text": Format.TEXT,
    "--html": Format.HTML,
}

THRESHOLDS = {
    "--fail-under-lines": "lines",
    "--fail-under-functions": "functions",
    "--fail-under-regions": "regions",
    "--fail-under-file-lines": "file-lines",
    "--fail-uncovered-lines": "uncovered-lines",
    "--fail-uncovered-functions": "uncovered-functions",
    "--fail-uncovered-regions": "uncovered-regions",
}


def _one(*names: str) -> Option:
    return Option(names=names, arity=Arity.ONE, single=True)


def _own(leaving: Leaving, *names: str, arity: Arity = Arity.NONE) -> Option:
    return Option(names=names, arity=arity, leaving=leaving)


_READ_HERE = (
    *(Option(names=(name,)) for name in FORMAT_FLAGS),
    *(_one(name) for name in THRESHOLDS),
    _one("--output-path"),
    _one("--output-dir"),
)

_TOPICS = (
    value(Topic.EXCLUDE_FROM_TEST, "--exclude-from-test"),
    value(Topic.EXCLUDE_FROM_REPORT, "--exclude-from-report"),
    value(Topic.EXCLUDE_REGEX, "--ignore-filename-regex", single=True),
    flag(Topic.DOCTESTS, "--doctests", "--doc"),
    flag(Topic.NO_BACKEND_CFG, "--no-cfg-coverage"),
    flag(Topic.NO_CLEAN, "--no-clean"),
    flag(Topic.BRANCH, "--branch"),
)

_SCOPE = stop("coverage-scope", "only cargo-llvm-cov can widen or narrow what is instrumented like this")

_OWN = (
    _own(
        stop("merged-runs", "a report over several runs cannot be carried over; the runs would be measured alone"),
        "--no-report",
    ),
    _own(
        warn("ignore-run-fail", "a failing test now makes the command fail; the step would need continue-on-error"),
        "--ignore-run-fail",
    ),
    _own(stop("branch", "only cargo-llvm-cov measures conditions"), "--mcdc"),
    _own(_SCOPE, "--include-ffi"),
    _own(_SCOPE, "--dep-coverage", arity=Arity.ONE),
    _own(_SCOPE, "--include-build-script"),
    _own(_SCOPE, "--coverage-target-only"),
    _own(_SCOPE, "--coverage-host-only"),
    _own(stop("remap-path-prefix", "the paths in the report become absolute"), "--remap-path-prefix"),
    _own(
        warn("default-ignores", "only cargo-llvm-cov has this list of files it leaves out by itself"),
        "--no-default-ignore-filename-regex",
        "--disable-default-ignore-filename-regex",
    ),
    _own(warn("summary-only", "the report has every line, not only the sums"), "--summary-only"),
    _own(warn("log-summary", "the lines that no test reached are no longer listed"), "--show-missing-lines"),
    _own(warn("broken-profiles", "how broken profiles are met cannot be chosen"), "--failure-mode", arity=Arity.ONE),
    _own(drop("show-instantiations", "instantiations are not shown one by one"), "--show-instantiations"),
    _own(drop("hide-instantiations", "this is the default"), "--hide-instantiations"),
    _own(drop("skip-functions", "the report has no such part"), "--skip-functions"),
    _own(drop("open", "there is no browser in a workflow"), "--open"),
    _own(drop("no-backend-cfg", "there is no such setting for nightly"), "--no-cfg-coverage-nightly"),
    _own(drop("no-rustc-wrapper", "there is no wrapper"), "--no-rustc-wrapper"),
    _own(warn("cargo-flag", "cargo's own flag cannot be handed on"), "--keep-going"),
    _own(warn("cargo-flag", "cargo's own flag cannot be handed on"), "--ignore-rust-version"),
    _own(
        stop("no-run", "--no-run writes a report of an earlier run here; it becomes cargo llvm-cov report"), "--no-run"
    ),
    _own(stop("nextest", "no other Rust backend runs nextest"), "--nextest-archive-file", arity=Arity.ONE),
    _own(drop("profraw-only", "there are no such files"), "--profraw-only"),
)

_NEXTEST_ONLY = stop("nextest", "only nextest knows this option; it would be left out")
_NEXTEST_VALUES = (
    *("--partition", "--retries", "--test-threads", "--run-ignored", "--no-tests", "--max-fail", "--config-file"),
    *("--status-level", "--final-status-level", "--success-output", "--failure-output", "--message-format"),
)
_NEXTEST = (
    value(Topic.PROFILE, "--cargo-profile", single=True),
    _own(stop("nextest", "no other Rust backend runs nextest"), "--profile", arity=Arity.ONE),
    _own(stop("nextest", "no other Rust backend runs nextest"), "--archive-file", arity=Arity.ONE),
    *(_own(_NEXTEST_ONLY, name, arity=Arity.ONE) for name in _NEXTEST_VALUES),
    _own(_NEXTEST_ONLY, "-E", "--filter-expr", "--filterset", arity=Arity.ONE),
    _own(_NEXTEST_ONLY, "--no-capture", "--nocapture"),
)

_ALL = (*_READ_HERE, *_TOPICS, *SHARED, *CARGO_TEST, *_OWN)

TABLE = Table(_ALL, Dialect())
"""For no subcommand, and for the subcommands that do not run tests."""
TEST_TABLE = Table(_ALL, Dialect(passes_unknown=True))
"""For ``test`` and ``run``, which hand unknown words to cargo."""
NEXTEST_TABLE = Table(
    (*(option for option in _ALL if "--profile" not in option.names), *_NEXTEST), Dialect(passes_unknown=True)
)
"""For ``nextest``, where ``--profile`` is nextest's own."""
