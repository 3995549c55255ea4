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
    if type(wanted) is not Object:
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
            found.append((at, tuple(_matching(value, items[at]))))
    return Asked(tuple(found), otherwise)


def _matching(wanted: Value, items: tuple[Item, ...]) -> list[Tri]:
    """For each item whether it is what is wanted."""
    if not isinstance(wanted, str):
        return [matches(wanted, item.value) for item in items]
    folded = fold(wanted)
    return [
        (Tri.TRUE if fold(value) == folded else Tri.FALSE)
        if isinstance(value := item.value, str)
        else matches(wanted, value)
        for item in items
    ]


def matches(wanted: Value, value: Value) -> Tri:
    """Whether every leaf of ``wanted`` loosely equals what ``value`` has there; of no leaves, all do."""
    if isinstance(wanted, str) and isinstance(value, str):
        return Tri.TRUE if fold(wanted) == fold(value) else Tri.FALSE
    if type(wanted) is Unknown:
        return Tri.UNKNOWN
    if type(wanted) is Object:
        parts = [(item, indexed(value, key)) for key, item in wanted.entries.items()]
    elif type(wanted) is Array:
        parts = [(item, indexed(value, float(at))) for at, item in enumerate(wanted.items)]
    else:
        return compared("==", value, wanted)
    found = Tri.TRUE
    for item, inside in parts:
        found = both(found, matches(item, inside))
        if found is Tri.FALSE:
            break
    return found
