"""What is known at one point of an imagined run: options, variables, statuses, what was swallowed."""

from __future__ import annotations

from typing import NamedTuple, final

from msgspec import Struct
from msgspec.structs import replace

from covpath.terms import Word
from covpath.workflow.shell.spans import Span


class Fuzzy(Word):
    """A value that is not known exactly.  ``FAILED`` is the status of the command under test."""

    FAILED = "the failed command's status"
    NONZERO = "a status that is not 0"
    ANY = "anything"


Value = str | Fuzzy
"""A variable's or status's value: exact text, or how little is known about it."""


class Mask(NamedTuple):
    """Something that keeps a failure from showing, and where it stands (None: outside the script)."""

    code: str
    span: Span | None


class Flow(Word):
    """How control leaves a construct."""

    NEXT = "next"
    EXIT = "exit"
    RETURN = "return"
    BREAK = "break"
    CONTINUE = "continue"


@final
class Job(Struct, frozen=True):
    """A background process as ``$!`` names it."""

    status: Value


class State(Struct, frozen=True, kw_only=True, cache_hash=True, gc=False):
    """One possible situation.

    ``errexit`` and ``pipefail`` are None where something unseen may have changed them.
    ``masks`` are what swallowed the failure so far, ``unheeded`` what keeps the shell going with a
    failed status that the next command will replace, ``doubt`` what the imagined run had to guess at.
    Only variables in ``followed`` (None: all) are remembered; it never changes.
    ``pending`` is, in an EXIT trap, the status the shell was leaving with.
    ``functions`` and the traps are indexes into the interpreter's tables (-1: no trap).
    """

    errexit: bool | None
    pipefail: bool | None
    errtrace: bool = False
    inherit_errexit: bool = False
    option_span: Span | None = None
    status: Value = "0"
    pending: Value | None = None
    pipestatus: tuple[Value, ...] = ()
    variables: tuple[tuple[str, Value | Job], ...] = ()
    followed: frozenset[str] | None = None
    functions: tuple[tuple[str, int], ...] = ()
    exit_trap: int = -1
    error_trap: int = -1
    last_job: Job | None = None
    failed: bool = False
    masks: tuple[Mask, ...] = ()
    unheeded: Mask | None = None
    doubt: Mask | None = None
    cause: str = "last-status"

    def with_status(self, status: Value) -> State:
        """After a command with this status."""
        if self.status == status and self.pipestatus == (status,):
            return self
        return replace(self, status=status, pipestatus=(status,))

    def masked(self, mask: Mask) -> State:
        """After ``mask`` kept the failure from showing."""
        return self if mask in self.masks else replace(self, masks=(*self.masks, mask))

    def overwritten(self) -> State:
        """Before a command whose status will replace the failed one."""
        if self.status is not Fuzzy.FAILED or self.unheeded is None:
            return self
        return replace(self.masked(self.unheeded), unheeded=None)

    def doubted(self, code: str, span: Span | None) -> State:
        """On one of several ways the run may take; only the first doubt after the failure counts."""
        if not self.failed or self.doubt is not None:
            return self
        return replace(self, doubt=Mask(code, span))

    def assign(self, name: str, value: Value | Job) -> State:
        """After ``name=value``."""
        if self.followed is not None and name not in self.followed:
            return self
        rest = tuple(pair for pair in self.variables if pair[0] != name)
        kept = rest if value is Fuzzy.ANY else tuple(sorted((*rest, (name, value)), key=lambda pair: pair[0]))
        return self if kept == self.variables else replace(self, variables=kept)

    def without_variables(self) -> State:
        """The same with nothing known about variables."""
        return replace(self, variables=()) if self.variables else self

    def variable(self, name: str) -> Value | Job:
        """What is known about a variable."""
        return next((value for known, value in self.variables if known == name), Fuzzy.ANY)

    def forget(self, names: frozenset[str] | None = None) -> State:
        """Without what was known about some variables (None: all)."""
        kept = () if names is None else tuple(pair for pair in self.variables if pair[0] not in names)
        return self if kept == self.variables else replace(self, variables=kept)

    def define(self, name: str, index: int) -> State:
        """After a function's definition."""
        rest = tuple(pair for pair in self.functions if pair[0] != name)
        return replace(self, functions=(*rest, (name, index)))

    def function(self, name: str) -> int | None:
        """The index of a function, None where no such function is known."""
        return next((index for known, index in self.functions if known == name), None)

    def after_child(self, child: State, status: Value) -> State:
        """This shell after a child process that ended in ``child`` with ``status``."""
        return replace(
            self,
            status=status,
            pipestatus=(status,),
            failed=child.failed,
            masks=child.masks,
            doubt=child.doubt,
        )


class Outcome(Struct, frozen=True, gc=False):
    """A way a construct can end; ``levels`` is the argument of break and continue."""

    flow: Flow
    state: State
    levels: int = 0


class Setting(Struct, frozen=True, kw_only=True, cache_hash=True, gc=False):
    """Where a command stands while it runs.

    ``ignored`` is what makes ``errexit`` ignore its failure (and would swallow it).
    ``loops`` is how many loops of the same function are around it.
    ``question``: 0 commands succeed, 1 tests may answer either way, 2 every command may.
    """

    ignored: Mask | None = None
    question: int = 0
    depth: int = 0
    in_function: bool = False
    loops: int = 0

    def ignoring(self, mask: Mask, question: int) -> Setting:
        """Inside a place whose failures errexit ignores."""
        return replace(self, ignored=mask, question=max(self.question, question))


class Unclear(Exception):
    """The script does something this interpreter does not follow; ``code`` says what."""

    def __init__(self, code: str, span: Span | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.span = span


def is_zero(status: Value) -> bool:
    """Whether a status (never ANY) means success."""
    return status == "0" or (isinstance(status, str) and status.lstrip("0") == "")
