"""grcov's options, those of the ``cargo test`` before it, and what is lost with each.

Read from grcov's argument parser (``src/main.rs``, 2026).
"""

from __future__ import annotations

from covpath.backends.cargo import CARGO_TEST, SHARED, flag, value
from covpath.backends.losses import Leaving, drop, stop, warn
from covpath.backends.options import Arity, Dialect, Option, Table
from covpath.backends.request import Format, Topic

NAME = "grcov"

TYPES = {
    "lcov": Format.LCOV,
    "html": Format.HTML,
    "cobertura": Format.COBERTURA,
    "cobertura-pretty": Format.COBERTURA,
    "markdown": Format.MARKDOWN,
    "coveralls": Format.OTHER,
    "coveralls+": Format.OTHER,
    "covdir": Format.OTHER,
    "ade": Format.OTHER,
    "files": Format.OTHER,
}

NAMES_IN_FOLDER = {
    Format.LCOV: "lcov",
    Format.HTML: "html",
    Format.COBERTURA: "cobertura.xml",
    Format.MARKDOWN: "markdown.md",
}
"""What a report is called when several are written into a folder."""


def _own(leaving: Leaving, *names: str, arity: Arity = Arity.NONE) -> Option:
    return Option(names=names, arity=arity, leaving=leaving)


_INPUT = drop("grcov-inputs", "the new backend finds its own data, programs and sources")
_MARKERS = warn(
    "exclusion-markers",
    "lines that a comment or pattern left out count again: only whole files, or nightly's coverage(off), do that",
)
_COVERALLS = warn("coveralls-upload", "the Coveralls format is gone: write lcov, which its action takes")
_LOOKS = drop("report-appearance", "it only changes how the report looks")

GRCOV = Table(
    (
        Option(names=("-t", "--output-types", "--output-type"), arity=Arity.ONE),
        Option(names=("-o", "--output-path", "--output-file"), arity=Arity.ONE, single=True),
        Option(names=("--ignore",), arity=Arity.ONE),
        value(Topic.INCLUDE_FILES, "--keep-only"),
        flag(Topic.BRANCH, "--branch"),
        _own(_INPUT, "-b", "--binary-path", arity=Arity.ONE),
        _own(_INPUT, "-s", "--source-dir", arity=Arity.ONE),
        _own(_INPUT, "--llvm-path", arity=Arity.ONE),
        _own(_INPUT, "--llvm"),
        _own(_INPUT, "--ignore-not-existing"),
        _own(_INPUT, "--ignore-parsing-error"),
        _own(_INPUT, "--guess-directory-when-missing"),
        _own(warn("path-mapping", "paths cannot be mapped"), "-p", "--prefix-dir", arity=Arity.ONE),
        _own(warn("path-mapping", "paths cannot be mapped"), "--path-mapping", arity=Arity.ONE),
        *(
            _own(_MARKERS, name, arity=Arity.ONE)
            for name in (
                "--excl-line",
                "--excl-start",
                "--excl-stop",
                "--excl-br-line",
                "--excl-br-start",
                "--excl-br-stop",
            )
        ),
        _own(
            stop("include-lines", "a list of lines to keep cannot be carried over"), "--incl-explicit", arity=Arity.ONE
        ),
        _own(warn("covered-filter", "the report has all files, covered or not"), "--filter", arity=Arity.ONE),
        *(
            _own(_COVERALLS, name, arity=Arity.ONE)
            for name in (
                "--token",
                "--commit-sha",
                "--service-name",
                "--service-number",
                "--service-job-id",
                "--service-job-number",
                "--service-pull-request",
                "--service-flag-name",
                "--vcs-branch",
            )
        ),
        _own(_COVERALLS, "--parallel"),
        _own(_LOOKS, "--precision", arity=Arity.ONE),
        _own(_LOOKS, "--sort-output-types", arity=Arity.ONE),
        _own(_LOOKS, "--abs-link-prefix", arity=Arity.ONE),
        _own(_LOOKS, "--html-resources", arity=Arity.ONE),
        _own(_LOOKS, "--output-config-file", arity=Arity.ONE),
        _own(_LOOKS, "--no-date"),
        _own(_LOOKS, "--no-demangle"),
        _own(drop("threads", "the new backend chooses"), "--threads", arity=Arity.ONE),
        _own(drop("log", "there is no such log"), "--log", arity=Arity.ONE),
        _own(drop("log", "there is no such log"), "--log-level", arity=Arity.ONE),
    ),
    Dialect(),
)

CARGO = Table(
    (
        *SHARED,
        *CARGO_TEST,
        value(Topic.TARGET_DIR, "--target-dir", single=True),
        flag(Topic.DOCTESTS, "--doc"),
        _own(warn("cargo-flag", "cargo's own flag cannot be handed on"), "--keep-going"),
        _own(warn("cargo-flag", "cargo's own flag cannot be handed on"), "--ignore-rust-version"),
        _own(warn("cargo-flag", "cargo's own flag cannot be handed on"), "--message-format", arity=Arity.ONE),
        _own(stop("no-run", "tests that are only built are not measured"), "--no-run"),
        _own(drop("future-incompat-report", "it only adds to the log"), "--future-incompat-report"),
    ),
    Dialect(),
)
"""``cargo test``."""
