"""GitHub's loose comparison, three-valued.

Like JavaScript's abstract comparison, except that texts compare without case and arrays and objects are
never turned into something else. Source: actions/runner, ``src/Sdk/Expressions/EvaluationResult.cs``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

from covpath.terms import Tri
from covpath.workflow.expressions.tree import Operator
from covpath.workflow.expressions.value import (
    Alternative,
    Array,
    Known,
    Object,
    Open,
    Pieces,
    Unknown,
    Value,
    agreed,
    alternatives,
    fold,
    from_tri,
    names_of,
    number_of,
)


def compare(operator: Operator, left: Value, right: Value) -> Value:
    """The boolean ``left operator right``, or one of both."""
    if isinstance(left, str) and isinstance(right, str) and (operator == "==" or operator == "!="):
        return (fold(left) == fold(right)) is (operator == "==")  # by far the most common
    found = compared(operator, left, right)
    return from_tri(found, names_of(left, right) if found is Tri.UNKNOWN else ())


def compared(operator: Operator, left: Value, right: Value) -> Tri:
    """Whether ``left operator right`` holds."""
    test = _TESTS[operator]
    if type(left) is not Unknown and type(right) is not Unknown:
        return test(left, right)
    return agreed(test(a, b) for a, b in product(alternatives(left), alternatives(right)))


def _equal(left: Alternative, right: Alternative) -> Tri:
    if isinstance(left, str) and isinstance(right, str):
        return Tri.of(fold(left) == fold(right))
    if type(left) is Open or type(right) is Open:
        return Tri.UNKNOWN
    if type(left) is Pieces:
        return _text_may_equal(left, right)
    if type(right) is Pieces:
        return _text_may_equal(right, left)
    return Tri.of(_equal_known(left, right))


def _text_may_equal(text: Pieces, other: Known | Pieces) -> Tri:
    """Never certainly equal; certainly different where no filling of the gaps could make it so."""
    match other:
        case str():
            return Tri.UNKNOWN if can_be(text, other) else Tri.FALSE
        case Array() | Object():
            return Tri.FALSE
        case _:
            return Tri.UNKNOWN


def can_be(text: Pieces, other: str) -> bool:
    """Whether the gaps of ``text`` can be filled so that it equals ``other``, case aside."""
    first, *middle, last = (fold(piece) for piece in text.pieces)
    other = fold(other)
    if len(other) < len(first) + len(last) or not other.startswith(first) or not other.endswith(last):
        return False
    position, limit = len(first), len(other) - len(last)
    for piece in middle:
        found = other.find(piece, position, limit)
        if found < 0:
            return False
        position = found + len(piece)
    return True


_BY_IDENTITY = frozenset({Array, Object})


def _equal_known(left: Known, right: Known) -> bool:
    if type(left) in _BY_IDENTITY or type(right) in _BY_IDENTITY:
        return left is right
    if left is None and right is None:
        return True
    return number_of(left) == number_of(right)


def _ordered(before: Callable[[bytes | float, bytes | float], bool]) -> Callable[[Alternative, Alternative], Tri]:
    def test(left: Alternative, right: Alternative) -> Tri:
        if isinstance(left, (Array, Object)) or isinstance(right, (Array, Object)):
            return Tri.FALSE
        if isinstance(left, (Open, Pieces)) or isinstance(right, (Open, Pieces)):
            return Tri.UNKNOWN
        if isinstance(left, str) and isinstance(right, str):
            return Tri.of(before(_sort_key(left), _sort_key(right)))
        if left is None and right is None:
            return Tri.FALSE
        numbers = number_of(left), number_of(right)
        return Tri.of(not any(map(math.isnan, numbers)) and before(*numbers))

    return test


def _sort_key(text: str) -> bytes:
    """.NET and JavaScript order texts by 16-bit units."""
    return fold(text).encode("utf-16-be", "surrogatepass")


def _either(
    one: Callable[[Alternative, Alternative], Tri], two: Callable[[Alternative, Alternative], Tri]
) -> Callable[[Alternative, Alternative], Tri]:
    def test(left: Alternative, right: Alternative) -> Tri:
        found = {one(left, right), two(left, right)}
        if Tri.TRUE in found:
            return Tri.TRUE
        return Tri.UNKNOWN if Tri.UNKNOWN in found else Tri.FALSE

    return test


_less = _ordered(lambda a, b: a < b)  # type: ignore[operator]  # both are texts or both are numbers
_greater = _ordered(lambda a, b: a > b)  # type: ignore[operator]
_TESTS: dict[Operator, Callable[[Alternative, Alternative], Tri]] = {
    "==": _equal,
    "!=": lambda left, right: _equal(left, right).negate(),
    "<": _less,
    "<=": _either(_equal, _less),
    ">": _greater,
    ">=": _either(_equal, _greater),
}
