"""One imagined shell process: variables, options, where it reads from and writes to."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct, field

from covpath.workflow.shell.known.texts import HOLE, Decide, Unclear
from covpath.workflow.shell.syntax import Function

Stored: TypeAlias = "str | list[str] | dict[str, str]"
"""A variable's value: text, an array, or an associative array."""

MOST_COMMANDS = 4000


class Leave(Exception):
    """The process ends with ``status``."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Jump(Exception):
    """``break``, ``continue`` or ``return``; ``levels`` is how many loops, or the status to return."""

    def __init__(self, kind: str, levels: int) -> None:
        super().__init__(kind)
        self.kind = kind
        self.levels = levels


class Shared(Struct):
    """What all processes of one rehearsal share.

    ``assigned`` are the names the script itself gives values to: until it does they have none,
    while any other name may come from outside. ``deciding``: programs that are not known may
    decide on what the script hands them, so their status is not known either; otherwise they do
    what they always did, and succeed.
    """

    text: str
    decide: Decide
    deciding: bool
    assigned: frozenset[str] = frozenset()
    commands: int = 0

    def count(self) -> None:
        """One more command; too many are not followed."""
        self.commands += 1
        if self.commands > MOST_COMMANDS:
            raise Unclear


class Process(Struct):
    """A shell or subshell. ``input`` is None where what it reads is not known, ``output`` where nobody listens."""

    shared: Shared
    errexit: bool
    pipefail: bool
    variables: dict[str, Stored] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    input: str | None = None
    output: list[str] | None = None
    status: int = 0
    loops: int = 0

    def child(self, *, given: str | None, heard: bool) -> Process:
        """A subshell that starts as this one is; ``heard`` where its output is wanted."""
        variables: dict[str, Stored] = {
            name: value.copy() if isinstance(value, (list, dict)) else value for name, value in self.variables.items()
        }
        return Process(
            shared=self.shared,
            errexit=self.errexit,
            pipefail=self.pipefail,
            variables=variables,
            functions=dict(self.functions),
            arguments=list(self.arguments),
            input=given,
            output=[] if heard else self.output,
            status=self.status,
        )

    def write(self, text: str) -> None:
        """Say something on standard output."""
        if self.output is not None:
            self.output.append(text)

    def heard(self) -> str:
        """All that was said."""
        return "".join(self.output or ())

    def text_of(self, name: str) -> str:
        """A variable as text; unknown where it may come from outside."""
        value = self.variables.get(name)
        if value is None:
            return "" if name in self.shared.assigned else HOLE
        if isinstance(value, list):
            return value[0] if value else ""
        return value.get("0", "") if isinstance(value, dict) else value

    def separators(self) -> str | None:
        """The characters of IFS; None for blanks, as at the start."""
        value = self.variables.get("IFS")
        return None if value is None else self.text_of("IFS")
