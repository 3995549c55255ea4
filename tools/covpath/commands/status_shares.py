"""Which of a large repository's workflow files have to be judged together, and how to share them out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from heapq import heapreplace
from importlib import import_module
from pathlib import Path

from msgspec import Struct

from covpath.commands.status_part import Share
from covpath.errors import CovpathError
from covpath.outside.files import read_bytes
from covpath.outside.workers import beside

_WORKFLOWS = b"/.github/workflows/"
_CALLED = re.compile(rb"[.$]/(\.github/workflows/[^\s\"'#,\]}]+)")
_TAKES = (b"action-download-artifact", b"actions-download-artifact", b"run-id:")
"""Signs of a file that takes over what a run of another workflow has left."""
_LEAVES = b"actions/upload-artifact"
_SMALLER = 4
"""Shares for each process that are smaller than the others: the last, so that none waits long at the end."""
_HOW_MUCH = 4
"""So many of them are as large as one of the others."""


class _Signs(Struct, frozen=True):
    """What a file's bytes show: its size, the files it names as called, whether it may take and leave data."""

    size: int
    called: tuple[str, ...] = ()
    takes: bool = False
    leaves: bool = False


_NEEDED = (
    "pickle",
    "tomllib",
    "covpath.backends.configured",
    "covpath.backends.mentions",
    "covpath.backends.pytest_cov",
    "covpath.gate.aggregate",
    "covpath.gate.composite",
    "covpath.gate.services.codecov_uploads",
    "covpath.gate.tracing.first_unknown",
    "covpath.gate.tracing.following",
    "covpath.gate.tracing.varying_chains",
    "covpath.workflow.check_names",
    "covpath.workflow.expressions.condition",
    "covpath.workflow.expressions.compare",
    "covpath.workflow.expressions.evaluate",
    "covpath.workflow.expressions.functions",
    "covpath.workflow.expressions.parse",
    "covpath.workflow.matrix",
    "covpath.workflow.shell.compounds",
    "covpath.workflow.shell.context",
    "covpath.workflow.shell.exit_status",
    "covpath.workflow.shell.execution.interpreter",
    "covpath.workflow.shell.known.exit_status",
    "covpath.workflow.shell.lower",
    "covpath.workflow.shell.other_shells",
)
"""Modules loaded when first needed that a large repository comes to need. To load one more does no harm."""


_VERY_MANY = 500
"""Files that take as long to share out as what is needed takes to load; of fewer, not all of that may be needed."""


def dealt(root: Path, paths: Sequence[str], count: int, processes: int) -> list[Share]:
    """The same as ``shares``; of very many files by a process beside this one, which loads what all will need."""
    if len(paths) < _VERY_MANY:
        return shares(root, paths, count, processes)
    with beside(partial(shares, root, paths, count), processes) as result:
        for module in _NEEDED:
            import_module(module)
        return result()


def shares(root: Path, paths: Sequence[str], count: int, processes: int) -> list[Share]:
    """The files in about ``count`` shares of the same size, the last ones smaller, for so many processes.

    Files that call each other are one group. Those that take over data of other workflows' runs are in the first
    share, with those that leave data, unless that would keep one process busy when the others are done; then those
    that leave data are read twice.
    """
    signs = {path: _signs(root / path, root) for path in paths}
    together = _Together(paths)
    for path, one in signs.items():
        if one.called:
            together.join([path, *(called for called in one.called if called in signs)])
    takers = [path for path, one in signs.items() if one.takes]
    leaving = [path for path, one in signs.items() if one.leaves and not one.takes] if takers else []
    # What a called workflow measures for one that leaves data is seen where both are in one group.
    together.join([*takers, *(path for path in leaving if together.has_others(path))])
    groups = together.groups()
    if not takers:
        return _dealt(groups, signs, count, processes)
    first = [group for group in groups if takers[0] in group]
    leaving = [path for path in leaving if path not in first[0]]
    others = [group for group in groups if group not in first]
    if _size(signs, [*first[0], *leaving]) <= _size(signs, paths) / processes:
        alone = {(path,) for path in leaving}
        first += sorted(alone)
        others = [group for group in others if group not in alone]
    return [Share(groups=tuple(first), leaving=tuple(leaving)), *_dealt(others, signs, count, processes)]


def _signs(path: Path, root: Path) -> _Signs:
    try:
        data = read_bytes(path, within=root)
    except CovpathError:
        return _Signs(0)  # told when its part reads it
    # A search for plain bytes is much faster than the pattern, and most files call none.
    found = _CALLED.findall(data) if _WORKFLOWS in data else ()
    called = tuple(one.decode("utf-8", "replace") for one in found)
    if b"load-artifact" not in data:
        return _Signs(len(data), called)
    takes = b"download-artifact" in data and any(sign in data for sign in _TAKES)
    return _Signs(len(data), called, takes, _LEAVES in data)


def _size(signs: Mapping[str, _Signs], paths: Iterable[str]) -> int:
    return sum(signs[path].size for path in paths)


def _dealt(groups: Iterable[tuple[str, ...]], signs: Mapping[str, _Signs], count: int, processes: int) -> list[Share]:
    """The groups in shares of about the same size, the last ones smaller."""
    small = min(_SMALLER * processes, count // 2)
    filled = [(0, number) for number in range(count)]
    dealt: list[list[tuple[str, ...]]] = [[] for _ in range(count)]
    for size, group in sorted(((_size(signs, group), group) for group in groups), reverse=True):
        full, number = filled[0]
        dealt[number].append(group)
        heapreplace(filled, (full + size * (_HOW_MUCH if number >= count - small else 1), number))
    return [Share(groups=tuple(sorted(part))) for part in dealt if part]


class _Together:
    """Which files belong together: each starts alone."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._group: dict[str, list[str]] = {path: [path] for path in paths}

    def join(self, paths: Sequence[str]) -> None:
        """Put the groups of these files into one."""
        for path in paths[1:]:
            into, other = self._group[paths[0]], self._group[path]
            if other is not into:
                into += other
                for moved in other:
                    self._group[moved] = into

    def has_others(self, path: str) -> bool:
        """Whether a file is not alone."""
        return len(self._group[path]) > 1

    def groups(self) -> list[tuple[str, ...]]:
        """The groups, each once, in the order of their first files."""
        return list(dict.fromkeys(tuple(sorted(group)) for group in self._group.values()))
