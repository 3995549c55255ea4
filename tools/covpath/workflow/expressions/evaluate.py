"""Evaluating an expression with what is known.

Kleene's logic over alternatives: a result is definite only if it is the same for every value the unknown
parts could have and with which the evaluation does not fail. Source of the order of evaluation:
actions/runner, ``src/Sdk/Expressions/Sdk/Operators``.
"""

from __future__ import annotations

from functools import partial

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
    alternatives,
    from_tri,
    names_of,
    one_of,
    truth,
    truthy,
)


def evaluate(expr: Expr, contexts: Contexts) -> Value:
    """The value of ``expr``.

    Raises ExpressionError where GitHub's evaluation certainly fails (a broken format string, broken JSON).
    """
    match expr:
        case Literal():
            return expr.value
        case Context(name=name):
            return contexts.get(name)
        case Index(target=target, key=None):
            return filtered(evaluate(target, contexts))
        case Index(target=target, key=key):
            assert key is not None, "the case above took the filter"
            return _member(evaluate(target, contexts), key, contexts)
        case Not(operand=operand):
            value = evaluate(operand, contexts)
            return from_tri(truthy(value).negate(), names_of(value))
        case Compare(operator=operator, left=left, right=right):
            return compare(operator, evaluate(left, contexts), evaluate(right, contexts))
        case Logic():
            return _logic(expr, contexts)
        case Call(name=name, args=args):
            try:
                return call(name, [partial(evaluate, arg, contexts) for arg in args], contexts.status)
            except ExpressionError as error:
                error.offset = error.offset or expr.start
                raise


def _member(target: Value, key: Expr, contexts: Contexts) -> Value:
    """The key is only evaluated where there is something to look into."""
    if isinstance(target, (Array, Object)):
        return indexed(target, evaluate(key, contexts))
    if not isinstance(target, Unknown):
        return None
    try:
        return indexed(target, evaluate(key, contexts))
    except ExpressionError:
        return Unknown(target.names)


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
        names |= names_of(value)
        truths = {truth(alternative) for alternative in alternatives(value)}
        if arg is expr.args[-1] or truths == {deciding}:
            return one_of(names, [*found, *alternatives(value)]) if found else value
        for alternative in alternatives(value):
            found.extend(_where(alternative, deciding))
    raise AssertionError("unreachable")


def _where(alternative: Alternative, wanted: Tri) -> tuple[Alternative, ...]:
    """What is left of ``alternative`` where its truth is as ``wanted``."""
    certain = truth(alternative)
    if certain is not Tri.UNKNOWN:
        return (alternative,) if certain is wanted else ()
    if wanted is Tri.TRUE:
        return (Open.TRUTHY,)
    return ("",) if isinstance(alternative, Pieces) else FALSY
