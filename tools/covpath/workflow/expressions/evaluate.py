"""Evaluating an expression with what is known.

Kleene's logic over alternatives: a result is definite only if it is the same for every value the unknown
parts could have and with which the evaluation does not fail. Source of the order of evaluation:
actions/runner, ``src/Sdk/Expressions/Sdk/Operators``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from covpath.terms import Tri
from covpath.workflow.expressions.compare import compare
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.expressions.functions import call
from covpath.workflow.expressions.indexing import filtered, indexed
from covpath.workflow.expressions.tree import Call, Compare, Context, Expr, ExpressionError, Index, Literal, Logic, Not
from covpath.workflow.expressions.value import (
    FALSY,
    Alternative,
    Array,
    Object,
    Open,
    Pieces,
    Unknown,
    Value,
    from_tri,
    names_of,
    one_of,
    text_of,
    truth,
    truthy,
)


def evaluate(expr: Expr, contexts: Contexts) -> Value:
    """The value of ``expr``.

    Raises ExpressionError where GitHub's evaluation certainly fails (a broken format string, broken JSON).
    """
    return _BY_TYPE[type(expr)](expr, contexts)


def _literal(expr: Literal, contexts: Contexts) -> Value:
    del contexts
    return expr.value


def _context(expr: Context, contexts: Contexts) -> Value:
    return contexts.get(expr.name)


def _index(expr: Index, contexts: Contexts) -> Value:
    """The key is only evaluated where there is something to look into."""
    inner, key = expr.target, expr.key
    target = contexts.get(inner.name) if type(inner) is Context else evaluate(inner, contexts)
    if key is None:
        return filtered(target)
    if type(target) is Object:
        if type(key) is not Literal:
            return indexed(target, evaluate(key, contexts))
        name = key.value
        return target.get(name if isinstance(name, str) else text_of(name))
    if type(target) is Array:
        return indexed(target, evaluate(key, contexts))
    if type(target) is not Unknown:
        return None
    try:
        return indexed(target, evaluate(key, contexts))
    except ExpressionError:
        return Unknown(target.names)


def _not(expr: Not, contexts: Contexts) -> Value:
    value = evaluate(expr.operand, contexts)
    return from_tri(truthy(value).negate(), names_of(value))


def _compare(expr: Compare, contexts: Contexts) -> Value:
    left = evaluate(expr.left, contexts)
    right = expr.right.value if type(expr.right) is Literal else evaluate(expr.right, contexts)
    return compare(expr.operator, left, right)


def _call(expr: Call, contexts: Contexts) -> Value:
    try:
        return call(expr.name, [partial(evaluate, arg, contexts) for arg in expr.args], contexts.status)
    except ExpressionError as error:
        error.offset = error.offset or expr.start
        raise


def _logic(expr: Logic, contexts: Contexts) -> Value:
    """The first argument that decides; those before it could decide too where they are not known."""
    deciding = Tri.FALSE if expr.operator == "&&" else Tri.TRUE
    found: list[Alternative] = []
    names: frozenset[str] = frozenset()
    for arg in expr.args:
        try:
            value = evaluate(arg, contexts)
        except ExpressionError:
            if not found:
                raise
            return one_of(names, [*found, Open.ANY])  # fails, if it is reached
        if type(value) is not Unknown:
            if truth(value) is deciding or arg is expr.args[-1]:
                return one_of(names, [*found, value]) if found else value
            continue
        names |= value.names
        truths = {truth(alternative) for alternative in value.among}
        if arg is expr.args[-1] or truths == {deciding}:
            return one_of(names, [*found, *value.among]) if found else value
        for alternative in value.among:
            found.extend(_where(alternative, deciding))
    raise AssertionError("unreachable")


def _where(alternative: Alternative, wanted: Tri) -> tuple[Alternative, ...]:
    """What is left of ``alternative`` where its truth is as ``wanted``."""
    certain = truth(alternative)
    if certain is not Tri.UNKNOWN:
        return (alternative,) if certain is wanted else ()
    if wanted is Tri.TRUE:
        return (Open.TRUTHY,)
    return ("",) if type(alternative) is Pieces else FALSY


_BY_TYPE: dict[type, Callable[[Any, Contexts], Value]] = {
    Literal: _literal,
    Context: _context,
    Index: _index,
    Not: _not,
    Compare: _compare,
    Logic: _logic,
    Call: _call,
}
