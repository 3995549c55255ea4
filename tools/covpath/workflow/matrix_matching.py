"""Whether a combination of a matrix is what an item of ``include`` or ``exclude`` asks for.

Source: actions/runner, ``src/Sdk/WorkflowParser/Conversion/MatrixBuilder.cs``.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from covpath.terms import Tri, both
from covpath.workflow.expressions.compare import compared
from covpath.workflow.expressions.indexing import indexed
from covpath.workflow.expressions.value import Array, Object, Unknown, Value, fold
from covpath.workflow.matrix_reading import Item


class Asked(Struct, frozen=True):
    """What is asked of each list, answered once for each of its items rather than for each combination.

    ``lists`` are positions of lists with an answer for each of their items, ``otherwise`` is what
    comes of the rest.
    """

    lists: tuple[tuple[int, tuple[Tri, ...]], ...]
    otherwise: Tri

    def of(self, positions: tuple[int, ...]) -> Tri:
        """Whether the combination of the items at ``positions``, one for each list, is what was asked for."""
        found = self.otherwise
        for number, answers in self.lists:
            answer = answers[positions[number]]
            if answer is Tri.FALSE:
                return answer
            if answer is Tri.UNKNOWN:
                found = both(found, answer)
        return found


def asked_of(lists: Mapping[str, tuple[Item, ...]], wanted: Value) -> Asked:
    """What ``wanted``, the keys of an include or exclude that are lists' names, asks of the lists of a matrix."""
    if not isinstance(wanted, Object):
        return Asked((), Tri.UNKNOWN)
    numbers: dict[str, int] = {}
    for number, name in enumerate(lists):
        numbers.setdefault(fold(name), number)
    items = tuple(lists.values())
    found: list[tuple[int, tuple[Tri, ...]]] = []
    otherwise = Tri.TRUE
    for key, value in wanted.entries.items():
        at = numbers.get(fold(key))
        if at is None:
            otherwise = both(otherwise, matches(value, None))
        else:
            found.append((at, tuple(matches(value, item.value) for item in items[at])))
    return Asked(tuple(found), otherwise)


def matches(wanted: Value, value: Value) -> Tri:
    """Whether every leaf of ``wanted`` loosely equals what ``value`` has there; of no leaves, all do."""
    if isinstance(wanted, str) and isinstance(value, str):
        return Tri.TRUE if fold(wanted) == fold(value) else Tri.FALSE
    match wanted:
        case Unknown():
            return Tri.UNKNOWN
        case Object():
            parts = ((item, indexed(value, key)) for key, item in wanted.entries.items())
        case Array():
            parts = ((item, indexed(value, float(at))) for at, item in enumerate(wanted.items))
        case _:
            return compared("==", value, wanted)
    found = Tri.TRUE
    for item, inside in parts:
        found = both(found, matches(item, inside))
        if found is Tri.FALSE:
            break
    return found
