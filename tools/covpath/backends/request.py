"""The coverage request: what a command line asks for, in words that no backend owns.

Every asked-for thing remembers the flag it came from and its position, so that a new command keeps the
old order and a loss can name what was written.
"""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace

from covpath.backends.words import Argument
from covpath.terms import Fact, Loss

NEW = 1_000_000
"""The order of what nobody wrote: behind everything that was."""


class Language(Fact):
    """The language whose tests a backend measures."""

    RUST = "rust"
    PYTHON = "python"
    JAVASCRIPT = "javascript"


class Format(Fact):
    """What a report is; the value is its name in ``--report`` and in output."""

    COBERTURA = "cobertura"
    """Cobertura XML (what coverage.py and pytest-cov call xml)."""
    LCOV = "lcov"
    HTML = "html"
    JSON = "json"
    """A backend's own JSON; no two backends share a schema."""
    CODECOV = "codecov"
    """Codecov's own JSON, as cargo-llvm-cov writes it."""
    MARKDOWN = "markdown"
    TEXT = "text"
    """A table on standard output."""
    CLOVER = "clover"
    OTHER = "other"
    """Known to its backend only; ``Report.native`` has its name."""


MACHINE_FORMATS = frozenset({Format.COBERTURA, Format.LCOV, Format.JSON, Format.CODECOV, Format.CLOVER})
"""What services and scripts read; ``--report`` replaces these."""


class Topic(Fact):
    """What one part of a request is about."""

    WORKSPACE = "workspace"
    PACKAGE = "package"
    EXCLUDE_PACKAGE = "exclude-package"
    EXCLUDE_FROM_TEST = "exclude-from-test"
    EXCLUDE_FROM_REPORT = "exclude-from-report"
    FEATURES = "features"
    ALL_FEATURES = "all-features"
    NO_DEFAULT_FEATURES = "no-default-features"
    LIB = "lib"
    BINS = "bins"
    BIN = "bin"
    EXAMPLES = "examples"
    EXAMPLE = "example"
    TESTS = "tests"
    TEST = "test"
    BENCHES = "benches"
    BENCH = "bench"
    ALL_TARGETS = "all-targets"
    DOCTESTS = "doctests"
    TEST_FILTER = "test-filter"
    RELEASE = "release"
    PROFILE = "profile"
    TARGET = "target"
    LOCKED = "locked"
    FROZEN = "frozen"
    OFFLINE = "offline"
    JOBS = "jobs"
    UNSTABLE = "unstable-cargo-flag"
    MANIFEST = "manifest"
    TARGET_DIR = "target-dir"
    RUSTFLAGS = "rustflags"
    VERBOSE = "verbose"
    VERY_VERBOSE = "very-verbose"
    QUIET = "quiet"
    COLOR = "color"
    NO_FAIL_FAST = "no-fail-fast"
    IGNORED_TESTS = "ignored-tests"
    NO_BACKEND_CFG = "no-backend-cfg"
    KEEP_BUILD = "keep-build"
    TIMEOUT = "timeout"
    BRANCH = "branch"
    EXCLUDE_FILES = "exclude-files"
    EXCLUDE_REGEX = "exclude-regex"
    INCLUDE_FILES = "include-files"
    SOURCE = "source"
    CONFIG = "config"
    APPEND = "append"
    TEST_CONTEXTS = "test-contexts"
    NO_REPORT_ON_FAILURE = "no-report-on-failure"
    PRECISION = "precision"
    SKIP_COVERED = "skip-covered"
    MISSING_LINES = "missing-lines"
    CHECK = "check-coverage"
    PER_FILE = "per-file"
    ALL_FILES = "all-files"
    EXTENSION = "extension"
    RAW_DIR = "raw-dir"
    CLEAN = "clean"
    NO_CLEAN = "no-clean"
    EXCLUDE_AFTER_REMAP = "exclude-after-remap"
    EXCLUDE_NODE_MODULES = "exclude-node-modules"


TARGETS = (
    Topic.LIB,
    Topic.BINS,
    Topic.BIN,
    Topic.EXAMPLES,
    Topic.EXAMPLE,
    Topic.TESTS,
    Topic.TEST,
    Topic.BENCHES,
    Topic.BENCH,
    Topic.ALL_TARGETS,
)
"""Cargo's target selection."""


class Doctests(Fact):
    """What happens to documentation tests."""

    NONE = "none"
    RUN = "run"
    """They run, but are not measured (``cargo test`` without a target flag)."""
    WITH = "with"
    """Measured together with the other tests."""
    ONLY = "only"


class TestCode(Fact):
    """Which test code counts as code to be covered."""

    __test__ = False
    NONE = "none"
    INLINE = "inline"
    """Test modules inside source files count, test directories do not."""
    ALL = "all"


class Ask(Struct, frozen=True, kw_only=True):
    """One asked-for thing: its topic, its values, the flag as written and where it stood."""

    topic: Topic
    flag: str
    order: int = NEW
    values: tuple[Argument, ...] = ()
    attached: bool = False
    """The value stood in the flag's own word (``--flag=value``)."""


class Native(Struct, frozen=True, kw_only=True):
    """An option only its own backend knows, and what is lost when another backend takes over."""

    words: tuple[Argument, ...]
    order: int
    leaving: Loss


class Report(Struct, frozen=True, kw_only=True):
    """One report: ``path`` is relative to the step's directory; None is standard output.

    ``explicit`` says that the path stands on the command line. ``native`` is the backend's own name of
    the format, ``directory`` whether the path is a folder of files.
    """

    format: Format
    path: Argument | None = None
    explicit: bool = False
    flag: str = ""
    order: int = NEW
    native: str = ""
    directory: bool = False


class Threshold(Struct, frozen=True, kw_only=True):
    """A minimum: below ``value`` percent of ``metric`` the command fails."""

    metric: str
    value: Argument
    flag: str
    order: int = NEW


class Passed(Struct, frozen=True):
    """Words handed on to the tests, and where they stood."""

    order: int
    words: tuple[Argument, ...]


class Behaviour(Struct, frozen=True, kw_only=True):
    """What a backend does without being asked, and what its flags made of that."""

    doctests: Doctests = Doctests.NONE
    serial_tests: bool = False
    """Tests run on one thread unless their own arguments say otherwise."""
    test_code: TestCode = TestCode.ALL
    reports_after_failure: bool = False
    """The reports are written even when a test failed."""
    hides_failure: bool = False
    """The command succeeds although a test failed."""
    engine: str | None = None
    """cargo-tarpaulin's way of measuring, where it is written."""


class Prefix(Struct, frozen=True, kw_only=True):
    """Words before the backend that stay (``poetry run``, ``xvfb-run``).

    ``everywhere``: every command of the backend needs them, not only the one that runs the tests.
    """

    words: tuple[Argument, ...]
    everywhere: bool


class CoverageRequest(Struct, frozen=True, kw_only=True):
    """What a command asks for; ``origin`` is the backend whose command said it."""

    language: Language
    origin: str
    asks: tuple[Ask, ...] = ()
    reports: tuple[Report, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    natives: tuple[Native, ...] = ()
    loose: tuple[Passed, ...] = ()
    """Words among the options that only a run can tell; handed on as they stand."""
    passed: tuple[Passed, ...] = ()
    """Arguments for the tests: behind ``--`` for Rust, pytest's own for Python."""
    command: tuple[Argument, ...] = ()
    """What is measured: ``-m pytest`` (module), a script, or a JavaScript command."""
    prefixes: tuple[Prefix, ...] = ()
    interpreter: tuple[Argument, ...] = ()
    """``python`` and its options, where the backend is started with ``-m``."""
    folder: str = ""
    """Where the old tool was called from (``node_modules/.bin/``); the new one lies beside it."""
    toolchain: Argument | None = None
    """``+nightly``."""
    behaviour: Behaviour = field(default_factory=Behaviour)
    environment: tuple[tuple[str, str], ...] = ()
    """Variables in the command's environment that backends read."""
    own_variables: tuple[tuple[str, str | None], ...] = ()
    """Variables that serve the old backend only, and what must stay of their value (None: nothing)."""
    subcommand: str = ""
    """The old tool's subcommand, for writing its own command anew."""

    def of(self, topic: Topic) -> tuple[Ask, ...]:
        """Everything asked about ``topic``, in the order written."""
        return tuple(ask for ask in self.asks if ask.topic is topic)

    def has(self, topic: Topic) -> bool:
        """Whether anything was asked about ``topic``."""
        return bool(self.of(topic))

    def values(self, topic: Topic) -> tuple[Argument, ...]:
        """The values of everything asked about ``topic``."""
        return tuple(value for ask in self.of(topic) for value in ask.values)

    def without(self, *topics: Topic) -> CoverageRequest:
        """The same request with nothing said about ``topics``."""
        return replace(self, asks=tuple(ask for ask in self.asks if ask.topic not in topics))

    def variable(self, name: str) -> str | None:
        """The value of an environment variable, where it is known."""
        return dict(self.environment).get(name)

    @property
    def passed_words(self) -> tuple[Argument, ...]:
        """All words handed on to the tests."""
        return tuple(word for part in self.passed for word in part.words)

    @property
    def files(self) -> tuple[Report, ...]:
        """The reports that are files or folders."""
        return tuple(report for report in self.reports if report.path is not None)
