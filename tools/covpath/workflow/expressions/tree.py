"""The syntax tree of an expression. Every node knows its place in the text it was read from.

``start`` and ``end`` count characters from 0 in the text that was handed in: the expression alone, or the whole
scalar where the expression stands between ``${{`` and ``}}``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal as OneOf

from msgspec import Struct

from covpath.errors import InputError

Operator = OneOf["==", "!=", "<", "<=", ">", ">="]
Junction = OneOf["&&", "||"]


class ExpressionError(InputError):
    """An expression GitHub would refuse, when reading or when evaluating it.

    ``offset`` counts characters from 0 in the text that was read.
    """

    def __init__(self, message: str, *, offset: int = 0, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.offset = offset


class Literal(Struct, frozen=True):
    """``null``, ``true``, ``12``, ``'text'``; also a property name after a dot."""

    value: bool | float | str | None
    start: int
    end: int


class Context(Struct, frozen=True):
    """A context by name, such as ``github``, as it was written."""

    name: str
    start: int
    end: int


class Index(Struct, frozen=True):
    """``target.key``, ``target['key']``; ``key`` is None for the filter ``.*``."""

    target: Expr
    key: Expr | None
    start: int
    end: int


class Call(Struct, frozen=True):
    """A function call; ``name`` as it was written."""

    name: str
    args: tuple[Expr, ...]
    start: int
    end: int


class Not(Struct, frozen=True):
    """``!operand``."""

    operand: Expr
    start: int
    end: int


class Compare(Struct, frozen=True):
    """``left op right``."""

    operator: Operator
    left: Expr
    right: Expr
    start: int
    end: int


class Logic(Struct, frozen=True):
    """``a && b && c`` or ``a || b || c``, flattened as GitHub flattens it."""

    operator: Junction
    args: tuple[Expr, ...]
    start: int
    end: int


Expr = Literal | Context | Index | Call | Not | Compare | Logic


def children(expr: Expr) -> tuple[Expr, ...]:
    """The nodes directly below ``expr``, in the order they were written."""
    match expr:
        case Literal() | Context():
            return ()
        case Index(target=target, key=key):
            return (target,) if key is None else (target, key)
        case Call(args=args) | Logic(args=args):
            return args
        case Not(operand=operand):
            return (operand,)
        case Compare(left=left, right=right):
            return (left, right)


def walk(expr: Expr) -> Iterator[Expr]:
    """``expr`` and everything below it, parents first, in the order it was written."""
    pending = [expr]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(children(node)))
