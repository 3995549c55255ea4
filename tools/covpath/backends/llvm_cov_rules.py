"""What a request of another Rust backend becomes before cargo-llvm-cov's command is written from it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from covpath.backends import cargo
from covpath.backends.cargo import INLINE_TEST_CODE
from covpath.backends.contract import Situation
from covpath.backends.globs import regex_of
from covpath.backends.llvm_cov_options import NAME
from covpath.backends.losses import Leaving, drop, stop, warn
from covpath.backends.request import (
    NEW,
    Ask,
    CoverageRequest,
    Doctests,
    Passed,
    TestCode,
    Topic,
)
from covpath.backends.words import Argument, plain, words
from covpath.terms import Loss

_TIMEOUT = warn(
    "timeout",
    "cargo-llvm-cov has no limit for a silent test: set the job's or the step's timeout-minutes, or nextest's"
    " slow-timeout",
)
_TIMEOUT_IDLE = drop("timeout", "it has no effect with the LLVM engine either")
_BRANCH = warn(
    "branch", "branches were not measured by this flag; cargo-llvm-cov's --branch is another thing (nightly)"
)
_INCLUDE = warn("include-files", "cargo-llvm-cov cannot keep only some files: filter the report afterwards, or use -p")
_EXCLUDE = warn(
    "exclude-files",
    "the expression is searched in the whole absolute path, the glob was matched from the workspace root: a file of"
    " that path inside another crate is left out as well",
)
_EXCLUDE_STOP = stop("exclude-files", "these patterns cannot be read for certain; the files would be counted")
_KEEP_BUILD = drop("skip-clean", "cargo-llvm-cov keeps a build directory of its own and does not empty it")
_CONFIG = warn("config-file", "cargo-llvm-cov has no configuration file: its settings must stand on the command line")
_PACKAGE = warn("package-with-workspace", "cargo-llvm-cov refuses -p beside --workspace; all packages are measured")
_EXCLUDE_ALONE = stop("exclude-without-workspace", "cargo and cargo-llvm-cov refuse --exclude without --workspace")
_DOCTESTS = warn("doctests", "documentation tests need a nightly toolchain, and it must be named: cargo +nightly")
_DOCTESTS_RUN = warn("doctests-not-run", "cargo test also runs documentation tests; cargo llvm-cov does not")
_PARALLEL = warn(
    "parallel-tests",
    "tests ran on one thread and now run on several, which may show races (-- --test-threads=1 keeps one)",
)
_TEST_FILES = warn(
    "test-directories",
    "test code counted as code to be covered; what is in tests/, examples/, benches/, tests.rs and *_tests.rs no"
    " longer counts",
)
_NO_FAIL_FAST = warn(
    "no-fail-fast",
    "cargo-llvm-cov writes no report when a test fails: the report is a second command that runs in any case",
)
_FLAGS_REPLACED = warn("rustflags", "RUSTFLAGS is set already; the two values must become one")

_CANNOT: dict[Topic, Leaving] = {
    Topic.TIMEOUT: _TIMEOUT,
    Topic.INCLUDE_FILES: _INCLUDE,
    Topic.KEEP_BUILD: _KEEP_BUILD,
    Topic.CONFIG: _CONFIG,
}


class Adapted(Struct, frozen=True, kw_only=True):
    """A request cargo-llvm-cov's table can write, what that cost, and variables to set and to remove."""

    request: CoverageRequest
    losses: tuple[Loss, ...]
    cannot: dict[Topic, Leaving]
    environment: tuple[tuple[str, str], ...] = ()
    unset: tuple[str, ...] = ()


def adapt(request: CoverageRequest, situation: Situation) -> Adapted:
    """Apply every rule; the losses come in the order of the old command line, habits last."""
    if request.origin == NAME:
        return Adapted(request=request, losses=(), cannot=_CANNOT)
    losses: list[tuple[int, Loss]] = [(native.order, native.leaving) for native in request.natives]
    environment = [(name, rest) for name, rest in request.own_variables if rest is not None]
    for rule in _RULES:
        request = rule(request, losses)
    request = _into_environment(request, losses, environment)
    for ask in request.asks:
        leaving = _cannot(request, ask.topic)
        if leaving is not None:
            losses.append((ask.order, leaving.loss(_what(ask))))
    request = request.without(*_CANNOT)
    request = _threads(request, situation, losses)
    losses += [(NEW, loss) for loss in _habits(request, losses)]
    in_order = sorted(losses, key=lambda pair: pair[0])
    return Adapted(
        request=request,
        losses=tuple(loss for _, loss in in_order),
        cannot=_CANNOT,
        environment=tuple(environment),
        unset=tuple(name for name, rest in request.own_variables if rest is None),
    )


def _cannot(request: CoverageRequest, topic: Topic) -> Leaving | None:
    if topic is Topic.TIMEOUT and request.behaviour.engine == "llvm":
        return _TIMEOUT_IDLE
    return _CANNOT.get(topic)


def _what(ask: Ask) -> str:
    return " ".join((ask.flag, *(value.raw for value in ask.values)))


_Losses = list[tuple[int, Loss]]


def _told(request: CoverageRequest, topic: Topic, leaving: Leaving, losses: _Losses) -> None:
    losses += [(ask.order, leaving.loss(_what(ask))) for ask in request.of(topic)]


def _packages(request: CoverageRequest, losses: _Losses) -> CoverageRequest:
    if request.has(Topic.WORKSPACE) and request.has(Topic.PACKAGE):
        _told(request, Topic.PACKAGE, _PACKAGE, losses)
        return request.without(Topic.PACKAGE)
    if not request.has(Topic.WORKSPACE) and request.has(Topic.EXCLUDE_PACKAGE):
        _told(request, Topic.EXCLUDE_PACKAGE, _EXCLUDE_ALONE, losses)
        return request.without(Topic.EXCLUDE_PACKAGE)
    return request


def _files(request: CoverageRequest, losses: _Losses) -> CoverageRequest:
    """All globs as one regular expression; cargo-llvm-cov takes the flag once."""
    asks = request.of(Topic.EXCLUDE_FILES)
    if not asks:
        return request
    globs = [value.pattern for ask in asks for value in ask.values]
    known = [glob for glob in globs if glob is not None]
    regex = regex_of(known) if len(known) == len(globs) else None
    request = request.without(Topic.EXCLUDE_FILES)
    if regex is None:
        losses += [(ask.order, _EXCLUDE_STOP.loss(_what(ask))) for ask in asks]
        return request
    losses += [(ask.order, _EXCLUDE.loss(_what(ask))) for ask in asks]
    one = Ask(topic=Topic.EXCLUDE_REGEX, flag=asks[0].flag, order=asks[0].order, values=(plain(regex),))
    return replace(request, asks=(*request.asks, one))


def _branches(request: CoverageRequest, losses: _Losses) -> CoverageRequest:
    _told(request, Topic.BRANCH, _BRANCH, losses)
    return request.without(Topic.BRANCH)


def _ignored(request: CoverageRequest, _losses: _Losses) -> CoverageRequest:
    """``--ignored`` ran the ignored tests after the others; libtest runs all with ``--include-ignored``."""
    if not request.has(Topic.IGNORED_TESTS):
        return request
    passed = (*request.passed, Passed(NEW, words("--include-ignored")))
    return replace(request.without(Topic.IGNORED_TESTS), passed=passed)


def _documentation(request: CoverageRequest, losses: _Losses) -> CoverageRequest:
    doctests = request.behaviour.doctests
    asks = request.of(Topic.DOCTESTS)
    if doctests is Doctests.RUN:
        losses.append((NEW, _DOCTESTS_RUN.loss("cargo test")))
    if not asks:
        return request
    losses.append((asks[0].order, _DOCTESTS.loss(_what(asks[0]))))
    toolchain = request.toolchain or Argument("+nightly", "+nightly")
    return replace(request.without(Topic.DOCTESTS), toolchain=toolchain)


def _failing(request: CoverageRequest, losses: _Losses) -> CoverageRequest:
    if request.behaviour.reports_after_failure:
        _told(request, Topic.NO_FAIL_FAST, _NO_FAIL_FAST, losses)
    return request


def _colours(request: CoverageRequest, _losses: _Losses) -> CoverageRequest:
    return replace(
        request,
        asks=tuple(
            replace(ask, values=tuple(_lower(value) for value in ask.values)) if ask.topic is Topic.COLOR else ask
            for ask in request.asks
        ),
    )


def _lower(value: Argument) -> Argument:
    return value if value.text is None else plain(value.text.lower())


def _filters(request: CoverageRequest, _losses: _Losses) -> CoverageRequest:
    """A test's name goes to the test programs; only ``cargo llvm-cov test`` takes it among its options."""
    names = request.values(Topic.TEST_FILTER)
    passed = (Passed(0, names), *request.passed) if names else request.passed
    return replace(request.without(Topic.TEST_FILTER), passed=passed)


_RULES: tuple[Callable[[CoverageRequest, _Losses], CoverageRequest], ...] = (
    _packages,
    _files,
    _branches,
    _ignored,
    _documentation,
    _failing,
    _colours,
    _filters,
)


def _into_environment(request: CoverageRequest, losses: _Losses, environment: list[tuple[str, str]]) -> CoverageRequest:
    """Flags that are variables for cargo-llvm-cov: the build directory and rustc's flags."""
    environment += [("CARGO_LLVM_COV_TARGET_DIR", str(value)) for value in request.values(Topic.TARGET_DIR)]
    environment += [("RUSTFLAGS", str(value)) for value in request.values(Topic.RUSTFLAGS)]
    if request.variable("RUSTFLAGS") is not None:
        _told(request, Topic.RUSTFLAGS, _FLAGS_REPLACED, losses)
    return request.without(Topic.TARGET_DIR, Topic.RUSTFLAGS)


def _threads(request: CoverageRequest, situation: Situation, losses: _Losses) -> CoverageRequest:
    if not request.behaviour.serial_tests or cargo.passes_threads(request):
        return request
    if situation.keep_serial:
        return replace(request, passed=(*request.passed, Passed(NEW, words("--test-threads=1"))))
    losses.append((NEW, _PARALLEL.loss("test threads")))
    return request


def _habits(request: CoverageRequest, losses: _Losses) -> list[Loss]:
    told = {loss.name for _, loss in losses}
    if request.behaviour.test_code is TestCode.ALL:
        return [_TEST_FILES.loss("test code")]
    if request.behaviour.test_code is TestCode.NONE and INLINE_TEST_CODE.name not in told:
        return [INLINE_TEST_CODE.loss("test code")]
    return []
