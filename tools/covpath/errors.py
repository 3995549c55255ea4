"""What covpath raises and the exit codes it stands for.

Every error names a place where there is one and says what to do next; only
``cli`` catches them.
"""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct


class ExitCode(IntEnum):
    """The process exit codes (also listed in the README)."""

    DONE = 0
    """Done, clean, or nothing to do."""
    FINDINGS = 1
    """An audit found something; a benchmark found no cell that works."""
    USAGE = 2
    """Wrong usage, unreadable input, or a failure outside (git, network, a tool)."""
    REFUSED = 3
    """What was asked cannot be done safely."""
    BUG = 4
    """covpath itself is wrong."""
    INTERRUPTED = 130
    """Ctrl-C."""


class Place(Struct, frozen=True, order=True):
    """A position in a file: ``line`` and ``column`` count from 1, in characters."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        if self.line is None:
            return self.file
        if self.column is None:
            return f"{self.file}:{self.line}"
        return f"{self.file}:{self.line}:{self.column}"


class CovpathError(Exception):
    """An expected failure.

    ``message`` is one sentence, ``place`` where it happened, ``hint`` what to do next.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, place: Place | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        stop = "" if self.message.endswith((".", "!", "?", ":")) else "."
        then = f" {self.hint}" if self.hint else ""
        return f"{where}{self.message}{stop}{then}"


class UsageError(CovpathError):
    """The command line asks for something that does not exist or does not fit together."""


class InputError(CovpathError):
    """A file cannot be read the way it must be read."""


class OutsideError(CovpathError):
    """Something outside covpath failed: git, the network, another tool, the disk."""


class Refusal(CovpathError):
    """The thing asked cannot be done safely.

    ``accept`` holds the names a user may pass to ``--accept`` to have it done all the same;
    empty where nothing can make it safe.
    """

    exit_code = ExitCode.REFUSED

    def __init__(
        self,
        message: str,
        *,
        place: Place | None = None,
        hint: str | None = None,
        accept: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, place=place, hint=hint)
        self.accept = accept


class ProofFailed(CovpathError):
    """An edit did not do exactly what it said; nothing was written. A bug of ours."""

    exit_code = ExitCode.BUG
