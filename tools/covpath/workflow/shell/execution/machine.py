"""What the parts of the interpreter need from each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from covpath.workflow.shell.execution.state import Outcome, Setting, State
from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import Command, Function, Node


class Machine(Protocol):
    """Runs constructs in an imagined shell."""

    posix: bool
    """The shell is ``sh``: only what all its implementations agree on is followed."""
    persistent: bool
    """The command under test fails every time it runs, not only at least once."""
    eager: bool
    """Other commands in front of ``&&`` and ``||`` may fail too."""

    def run(self, node: Node, state: State, setting: Setting) -> list[Outcome]:
        """All ways to run ``node``."""
        ...

    def child(self, node: Node, state: State, setting: Setting, *, forked: bool = False) -> list[State]:
        """All states a child process running ``node`` can end in."""
        ...

    def settle(self, state: State, setting: Setting) -> Iterable[Outcome]:
        """What follows once a command's status is known."""
        ...

    def is_target(self, command: Command) -> bool:
        """Whether this is the command under test."""
        ...

    def here(self, span: Span) -> Span:
        """The span in the script, also for text that the script hands to ``trap`` or ``eval``."""
        ...

    def define(self, function: Function) -> int:
        """Remember a function; returns its index."""
        ...

    def call(self, index: int, state: State, setting: Setting) -> list[Outcome]:
        """Run a remembered function's body."""
        ...

    def remember_text(self, text: str, span: Span) -> int:
        """Remember text that ``trap`` or ``eval`` (at ``span``) will run; returns its index."""
        ...

    def run_text(self, index: int, state: State, setting: Setting) -> list[Outcome]:
        """Run remembered text in this shell."""
        ...
