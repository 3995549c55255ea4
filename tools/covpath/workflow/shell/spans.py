"""Where things are in a script: character spans, and the constructs a command stands in."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from msgspec import Struct


class Span(Struct, frozen=True, order=True, gc=False):
    """Character offsets into the script text, ``end`` exclusive."""

    start: int
    end: int

    def __iter__(self) -> Iterator[int]:
        """Both, for ``slice`` and its like."""
        return iter((self.start, self.end))

    def covers(self, other: Span) -> bool:
        """Whether ``other`` lies within this span."""
        return self.start <= other.start and other.end <= self.end


class Around(Enum):
    """What a command can stand in."""

    PIPELINE = "pipeline"
    AND_OR = "and-or list"
    NEGATION = "negation"
    SUBSHELL = "subshell"
    GROUP = "group"
    IF_CONDITION = "if condition"
    IF_BRANCH = "if branch"
    LOOP_CONDITION = "loop condition"
    LOOP_BODY = "loop body"
    CASE_ARM = "case arm"
    FUNCTION = "function"
    BACKGROUND = "background"
    SUBSTITUTION = "command substitution"
    PROCESS_SUBSTITUTION = "process substitution"
    HEREDOC = "here-document"
    UNPARSED = "text that could not be parsed"


class Enclosure(Struct, frozen=True, gc=False):
    """A construct around a command: where it is, and which of its ``count`` parts (from 0) the command is in.

    ``name`` is a function's name, or the operator before (``&&``, ``||``) for a later part of a list
    and the operator after for the first part.
    """

    around: Around
    span: Span
    position: int = 0
    count: int = 1
    name: str = ""
