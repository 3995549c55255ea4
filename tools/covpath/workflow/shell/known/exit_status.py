"""The exit status of a script whose inputs are known, three-valued."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TypeVar

from covpath.terms import Tri
from covpath.workflow.shell.dialect import Shell
from covpath.workflow.shell.known.process import Process, Shared, Stored
from covpath.workflow.shell.known.shell import Rehearsal
from covpath.workflow.shell.known.texts import Decide, Unclear
from covpath.workflow.shell.parse import parse_script

_MOST_RUNS = 48
"""So many different ways through a script are tried."""
_A_FEW = 6
"""After so many the last choice was not what mattered: earlier ones then show sooner how many ways there are."""


_ASSIGNMENT = re.compile(r"(?:^|[\s;({&|])(?:for\s+([A-Za-z_]\w*)|([A-Za-z_]\w*)\+?=)", re.MULTILINE)


def _assigned(text: str) -> frozenset[str]:
    """The names that are assigned anywhere in the script's text."""
    return frozenset(loop or name for loop, name in _ASSIGNMENT.findall(text))


class _Choices:
    """Answers what is not known: as it was told first, then always yes."""

    def __init__(self, told: tuple[bool, ...]) -> None:
        self.told = told
        self.taken: list[bool] = []

    def decide(self, answer: Tri) -> bool:
        if answer is not Tri.UNKNOWN:
            return answer is Tri.TRUE
        position = len(self.taken)
        self.taken.append(self.told[position] if position < len(self.told) else True)
        return self.taken[-1]


def fails(text: str, shell: Shell, variables: Mapping[str, str], *, deciding: bool) -> Tri:
    """Whether a script exits non-zero, nothing being wrong with what it runs.

    ``text`` has its GitHub expressions replaced already; what is not known in it or in
    ``variables`` is a HOLE. ``deciding``: unknown programs may decide on what the script knows.
    """
    if not shell.kind.reads_posix or not shell.known:
        return Tri.UNKNOWN
    return _fails(text, shell.errexit, shell.pipefail, tuple(sorted(variables.items())), deciding)


@lru_cache(maxsize=256)
def _fails(text: str, errexit: bool, pipefail: bool, variables: tuple[tuple[str, str], ...], deciding: bool) -> Tri:
    """The same; a job is gone through several times with the same known texts."""
    script = parse_script(text)
    if script.errors:
        return Tri.UNKNOWN
    assigned = _assigned(text)

    def one(decide: Decide) -> bool:
        stored: dict[str, Stored] = dict(variables)
        process = Process(Shared(text, decide, deciding, assigned), errexit, pipefail, stored)
        return Rehearsal().end(script.body, process) != 0

    found: set[bool] = set()
    try:
        for failed in ways(one):
            found.add(failed)
            if len(found) == 2:
                return Tri.UNKNOWN
    except (Unclear, RecursionError):
        return Tri.UNKNOWN
    return Tri.of(found.pop())


Found = TypeVar("Found")


def ways(run: Callable[[Decide], Found]) -> Iterator[Found]:
    """What every way through a rehearsal comes to. Raises Unclear where there are too many ways."""
    pending: list[tuple[bool, ...]] = [()]
    for done in range(_MOST_RUNS):
        if not pending:
            return
        if done + len(pending) > _MOST_RUNS:
            raise Unclear  # each of these is a way of its own
        if done > _A_FEW:
            pending.sort(key=len, reverse=True)
        choices = _Choices(pending.pop())
        yield run(choices.decide)
        told = len(choices.told)
        pending += [(*choices.taken[:at], not choices.taken[at]) for at in range(told, len(choices.taken))]
    if pending:
        raise Unclear
