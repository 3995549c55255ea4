"""cargo-tarpaulin's options, and what is lost with each that no other backend has.

Read from its argument parser at version 0.36 (``src/args.rs``): options that take several values take
every word up to the next dash.
"""

from __future__ import annotations

from covpath.backends.cargo import INLINE_TEST_CODE, SHARED, flag, value
from covpath.backends.losses import Leaving, drop, stop, warn
from covpath.backends.options import Arity, Dialect, Option, Table
from covpath.backends.request import Format, Topic

NAME = "cargo-tarpaulin"

FILE_NAMES = {
    Format.COBERTURA: "cobertura.xml",
    Format.LCOV: "lcov.info",
    Format.HTML: "tarpaulin-report.html",
    Format.JSON: "tarpaulin-report.json",
    Format.MARKDOWN: "tarpaulin-report.md",
}
"""The names of its report files; it cannot rename them."""


def _many(topic: Topic, *names: str) -> Option:
    return Option(names=names, arity=Arity.MANY, topic=topic)


def _own(leaving: Leaving, *names: str, arity: Arity = Arity.NONE) -> Option:
    return Option(names=names, arity=arity, leaving=leaving)


_READ_HERE = (
    Option(names=("--out", "-o"), arity=Arity.MANY),
    Option(names=("--output-dir",), arity=Arity.ONE, single=True),
    Option(names=("--run-types",), arity=Arity.ONE),
    Option(names=("--fail-under",), arity=Arity.ONE, single=True),
    Option(names=("-r", "--root"), arity=Arity.ONE, single=True),
)

_TOPICS = (
    flag(Topic.DOCTESTS, "--doc"),
    _many(Topic.PACKAGE, "-p", "--packages", "--package"),
    _many(Topic.EXCLUDE_PACKAGE, "--exclude", "-e"),
    _many(Topic.FEATURES, "--features"),
    _many(Topic.BIN, "--bin"),
    _many(Topic.EXAMPLE, "--example"),
    _many(Topic.TEST, "--test"),
    _many(Topic.BENCH, "--bench"),
    _many(Topic.UNSTABLE, "-Z"),
    _many(Topic.EXCLUDE_FILES, "--exclude-files"),
    _many(Topic.INCLUDE_FILES, "--include-files"),
    flag(Topic.RELEASE, "--release"),
    value(Topic.JOBS, "-j", "--jobs", single=True),
    value(Topic.MANIFEST, "--manifest-path", single=True),
    value(Topic.TARGET_DIR, "--target-dir", single=True),
    value(Topic.RUSTFLAGS, "--rustflags", single=True),
    value(Topic.COLOR, "--color", single=True),
    value(Topic.TIMEOUT, "-t", "--timeout", single=True),
    value(Topic.CONFIG, "--config", single=True),
    flag(Topic.VERBOSE, "-v", "--verbose"),
    flag(Topic.VERY_VERBOSE, "--debug"),
    flag(Topic.IGNORED_TESTS, "-i", "--ignored"),
    flag(Topic.NO_BACKEND_CFG, "--avoid-cfg-tarpaulin"),
    flag(Topic.KEEP_BUILD, "--skip-clean"),
    flag(Topic.BRANCH, "-b", "--branch"),
)

_COVERALLS = warn(
    "coveralls-upload",
    "the tool itself no longer sends the result to Coveralls: write lcov and add a coverallsapp/github-action step,"
    " and remove the secret if nothing else uses it",
)
_OBJECTS = stop("foreign-objects", "objects built elsewhere need cargo llvm-cov show-env around their build")
_PRINT = stop("print-flags", "whoever reads these flags needs cargo llvm-cov show-env instead")

_OWN = (
    _own(
        drop("engine", "there is one way of measuring; it decides what the old figures meant"),
        "--engine",
        arity=Arity.ONE,
    ),
    _own(drop("include-tests", "inline test code counts there without a flag"), "--include-tests"),
    _own(INLINE_TEST_CODE, "--ignore-tests"),
    _own(
        drop("implicit-test-threads", "the test programs choose their threads there anyway"), "--implicit-test-threads"
    ),
    _own(drop("force-clean", "the new backend keeps a build directory of its own and cleans it"), "--force-clean"),
    _own(
        warn(
            "follow-exec",
            "child processes inherit LLVM_PROFILE_FILE and are measured without a flag, but one that is killed"
            " writes no profile, or half of one",
        ),
        "--follow-exec",
    ),
    _own(drop("post-test-delay", "there is nothing to wait for"), "--post-test-delay", arity=Arity.ONE),
    _own(_OBJECTS, "--objects", arity=Arity.MANY),
    _own(
        warn(
            "ignore-panics",
            "panic macros count as code to be covered, also unimplemented!, todo! and unreachable!, which"
            " cargo-tarpaulin never counts",
        ),
        "--ignore-panics",
    ),
    _own(drop("fail-immediately", "cargo stops after the first test program that fails"), "--fail-immediately"),
    _own(
        stop(
            "no-run",
            "cargo-llvm-cov's --no-run means the opposite (report without running); use show-env with cargo test"
            " --no-run",
        ),
        "--no-run",
    ),
    _own(drop("count", "hits are always counted"), "--count"),
    _own(drop("line", "lines are always measured"), "-l", "--line"),
    _own(drop("forward", "signals are not intercepted"), "-f", "--forward"),
    _own(drop("no-dead-code", "the new backend does not link dead code"), "--no-dead-code"),
    _own(
        stop("command-build", "building without testing is another thing there: cargo llvm-cov run"),
        "--command",
        arity=Arity.ONE,
    ),
    _own(warn("config-file", "cargo-llvm-cov has no configuration file of its own"), "--ignore-config"),
    _own(_COVERALLS, "--coveralls", arity=Arity.ONE),
    _own(_COVERALLS, "--ciserver", arity=Arity.ONE),
    _own(_COVERALLS, "--report-uri", arity=Arity.ONE),
    _own(drop("dump-traces", "there are no trace files"), "--dump-traces"),
    _own(drop("stderr", "the log goes where cargo's goes"), "--stderr"),
    _own(_PRINT, "--print-rust-flags"),
    _own(_PRINT, "--print-rustdoc-flags"),
)

TABLE = Table((*_READ_HERE, *_TOPICS, *SHARED, *_OWN), Dialect())
