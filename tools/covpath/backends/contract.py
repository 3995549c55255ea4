"""What a backend is: a module with a name that recognises, reads and writes its own commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from covpath.backends.launch import Launch
from covpath.backends.request import CoverageRequest, Format, Language, Prefix, Report
from covpath.backends.words import Argument, plain
from covpath.terms import Fact, Loss


class Role(Fact):
    """What a command does for the measurement."""

    MEASURES = "measures"
    """Runs the tests; another command writes the report."""
    WRITES_REPORT = "writes-report"
    BOTH = "measures-and-writes-report"
    OTHER = "other"
    """Clean up, print settings, combine data."""


class Recognition(Struct, frozen=True, kw_only=True):
    """A command that is a backend's: what it does, and its words behind the tool's own name."""

    backend: str
    role: Role
    launch: Launch
    arguments: tuple[Argument, ...]
    subcommand: str = ""
    toolchain: Argument | None = None
    environment: tuple[tuple[str, str], ...] = ()


class Parsing(Struct, frozen=True, kw_only=True):
    """A command read as a request, and what could not be read for certain."""

    request: CoverageRequest
    losses: tuple[Loss, ...] = ()


class Situation(Struct, frozen=True, kw_only=True):
    """What surrounds a command and changes what it must become.

    Paths are relative to the repository's root. ``workspace_root`` is the Cargo workspace's, where it is
    known. ``summary_read``: somebody reads the command's output (a pipe, a ``grep``). ``keep_serial``:
    tests that ran on one thread are to stay on one thread. ``pytest_addopts`` is what configuration
    files add to every pytest command line, where it is known, and ``warnings_are_errors`` is another setting
    there. ``is_folder`` says whether a path from the
    step's directory (``src/pkg``) is a folder; None where nobody can look. ``read_after_failure``: a report
    that is written although a test failed may be read then. ``apart``: a step with a condition of its own
    writes the report, so it may run after a failure too.
    """

    workdir: str = "."
    workspace_root: str | None = None
    summary_read: bool = False
    keep_serial: bool = False
    pytest_addopts: str = ""
    warnings_are_errors: bool = False
    is_folder: Callable[[str], bool] | None = None
    read_after_failure: bool = True
    apart: bool = False


class Command(Struct, frozen=True, kw_only=True):
    """One command to write, as words for the shell.

    ``always``: it must run even if the tests failed, and that failure must still count. ``measures``: it
    runs the tests.
    """

    words: tuple[str, ...]
    always: bool = False
    measures: bool = False

    @property
    def line(self) -> str:
        """The command as it stands in a script."""
        return " ".join(self.words)


class Emission(Struct, frozen=True, kw_only=True):
    """A request written for a backend: its commands in order, variables to set and to remove."""

    commands: tuple[Command, ...]
    losses: tuple[Loss, ...] = ()
    reports: tuple[Report, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    unset: tuple[str, ...] = ()


class Backend(Protocol):
    """A plug-in: a module of this shape, named in the table."""

    @property
    def NAME(self) -> str:  # noqa: N802
        """The tool's name, as people write it."""

    @property
    def LANGUAGE(self) -> Language:  # noqa: N802
        """Whose tests it measures."""

    @property
    def REPORT_NAMES(self) -> Mapping[Format, str]:  # noqa: N802
        """The formats it writes, and the usual name of each report's file or folder."""

    def recognise(self, argv: Sequence[Argument], environ: Mapping[str, str]) -> Recognition | None:
        """The command, if it is this backend's."""

    def parse(self, recognition: Recognition) -> Parsing:
        """The request a recognised command makes."""

    def emit(self, request: CoverageRequest, situation: Situation) -> Emission:
        """The commands that answer a request with this backend."""


def command(words: Sequence[Argument], *, always: bool = False, measures: bool = False) -> Command:
    """A command of these words."""
    return Command(words=tuple(word.raw for word in words), always=always, measures=measures)


def asks_about_itself(arguments: Sequence[Argument]) -> bool:
    """Whether a command only prints its version or help."""
    return any(word.text in {"--version", "-V", "--help", "-h"} for word in arguments)


def make_directory(directory: Argument) -> Command:
    """``mkdir -p``, for tools that do not make a report's folder themselves."""
    return command((plain("mkdir"), plain("-p"), directory))


def prefixed(request: CoverageRequest, *, measuring: bool) -> tuple[Argument, ...]:
    """The words that go before a command of the backend."""
    kept: tuple[Prefix, ...] = tuple(prefix for prefix in request.prefixes if prefix.everywhere or measuring)
    return tuple(word for prefix in kept for word in prefix.words)
