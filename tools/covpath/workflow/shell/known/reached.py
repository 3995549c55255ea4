"""Which commands of a script can run when it is called with known arguments: ``./ci.sh coverage``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from covpath.terms import Tri
from covpath.workflow.shell.known.exit_status import ways
from covpath.workflow.shell.known.process import Process, Shared, Stored
from covpath.workflow.shell.known.shell import Rehearsal
from covpath.workflow.shell.known.texts import HOLE, Decide, Unclear, known
from covpath.workflow.shell.known.words import Expander
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.spans import Around, Span
from covpath.workflow.shell.syntax import Command, Loop

_NOT_REHEARSED = (Around.PROCESS_SUBSTITUTION, Around.HEREDOC, Around.UNPARSED)
"""Where a rehearsal runs nothing although the shell may."""

_SOURCES = ("source", ".")


class Reach(Struct, frozen=True):
    """The spans of the commands that surely do not run (``never``), and of those that may not (``perhaps``)."""

    never: frozenset[Span] = frozenset()
    perhaps: frozenset[Span] = frozenset()


def reach(text: str, arguments: Sequence[str | None], variables: Mapping[str, str]) -> Reach:
    """What of a script runs; nothing is told of one that is not followed to its end.

    ``arguments``: None for one that is not known. ``variables``: what is set around the script.
    """
    given = tuple(HOLE if argument is None else argument for argument in arguments)
    return _reach(text, given, tuple(sorted(variables.items())))


@lru_cache(maxsize=64)
def _reach(text: str, arguments: tuple[str, ...], variables: tuple[tuple[str, str], ...]) -> Reach:
    """The same; one script is called with the same arguments by several jobs."""
    script = parse_script(text)
    if script.errors:
        return Reach()

    handed_on = False

    def one(decide: Decide) -> frozenset[Span]:
        nonlocal handed_on
        ran: set[Span] = set()
        stored: dict[str, Stored] = dict(variables)
        shared = Shared(text, decide, deciding=True)  # what it reads may be set around it
        process = Process(shared, errexit=False, pipefail=False, variables=stored, arguments=list(arguments))
        recording = _Recording(ran)
        recording.end(script.body, process)
        handed_on = handed_on or recording.hands_on
        return frozenset(ran)

    try:
        found = list(ways(one))
    except (Unclear, RecursionError):
        return Reach()
    # Functions that something else runs by their names may run.
    unsure = (*_NOT_REHEARSED, Around.FUNCTION) if handed_on else _NOT_REHEARSED
    told = [command.span for command in script.commands if not command.stands_in(*unsure)]
    ever, always = frozenset().union(*found), found[0].intersection(*found)
    return Reach(frozenset(told) - ever, (ever - always).intersection(told))


class _Recording(Rehearsal):
    """Remembers the commands it comes by. Programs succeed, but where their status chooses they may also fail."""

    def __init__(self, ran: set[Span]) -> None:
        super().__init__()
        self._ran = ran
        self.hands_on = False

    def command(self, node: Command, process: Process, *, ignored: bool) -> int:
        self._ran.add(node.span)
        return super().command(node, process, ignored=ignored)

    def dispatch(self, words: list[str], node: Command, expander: Expander, *, ignored: bool) -> int:
        process = expander.process
        if words and not known(words[0]) and not process.functions:
            return self.external(words[0], words[1:], process, ignored=ignored)
        if words and words[0] in _SOURCES:
            return 0
        if words[:1] == ["trap"] or words[:2] == ["export", "-f"]:
            self.hands_on = True
            return 0
        return super().dispatch(words, node, expander, ignored=ignored)

    def listed(self, node: Loop, process: Process) -> list[str]:
        try:
            return super().listed(node, process)
        except Unclear:
            return [HOLE] if process.shared.decide(Tri.UNKNOWN) else []

    def external(self, name: str, arguments: list[str], process: Process, *, ignored: bool) -> int:
        del name, arguments
        process.write(HOLE)
        return 0 if not ignored or process.shared.decide(Tri.UNKNOWN) else 1
