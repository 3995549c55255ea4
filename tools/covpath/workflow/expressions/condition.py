"""``if:`` conditions, with everything GitHub adds to them and everything people trip over.

Source: actions/runner, ``WorkflowTemplateConverter.ConvertToIfCondition``: braces are optional, and a condition
that calls no status function is read as ``success() && (...)``.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from covpath.terms import Tri
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.expressions.lex import WHITE_CHARACTERS
from covpath.workflow.expressions.template import OPEN, Template, read_template
from covpath.workflow.expressions.tree import Call, Expr, Literal, Logic, walk
from covpath.workflow.expressions.value import Value, truthy

STATUS_FUNCTIONS = frozenset({"always", "cancelled", "failure", "success"})


class Pitfall(Enum):
    """Why a condition is always true although nobody meant it to be."""

    QUOTED = "quoted"
    """``"'always()'"`` is a text, and a text counts as true."""
    TEXT_AROUND = "text-around"
    """``${{ github.ref }} == 'x'`` is put together as text before anything is compared."""
    WHITE_SPACE_AROUND = "white-space-around"
    """The line break a block scalar keeps makes it a text as well."""


class Condition(Struct, frozen=True, kw_only=True):
    """A condition as GitHub evaluates it.

    ``written`` is what the file says (None for an empty condition), ``expression`` what is evaluated: with
    ``success() &&`` before it where ``implicit_success``. Offsets count from the start of the scalar's text.
    """

    written: Expr | None
    expression: Expr
    implicit_success: bool
    pitfall: Pitfall | None = None


def condition(text: str | None) -> Condition:
    """The condition written as ``text``, a scalar's value (``true`` and ``false`` are texts here too).

    Raises ExpressionError where GitHub would not accept it.
    """
    text = text or ""
    if OPEN not in text:
        return _bare(text, 0)
    template = read_template(text)
    alone = template.alone
    if isinstance(alone, Literal) and isinstance(alone.value, str):
        return _bare(alone.value, alone.start + 1)  # ${{ 'always()' }} is the text always(), and then a condition
    if alone is not None:
        return _wrapped(alone, None)
    plain = "".join(part for part in template.parts if isinstance(part, str))
    pitfall = Pitfall.TEXT_AROUND if plain.strip(WHITE_CHARACTERS) else Pitfall.WHITE_SPACE_AROUND
    return _wrapped(_as_format(template, len(text)), pitfall)


def evaluate_condition(condition: Condition, contexts: Contexts) -> Tri:
    """Whether it holds. Raises ExpressionError where the evaluation certainly fails."""
    if condition.implicit_success and condition.written is not None:
        # The ``success() &&`` before it decides alone, or not at all.
        if contexts.status.success is Tri.FALSE:
            return Tri.FALSE
        if contexts.status.success is Tri.TRUE:
            return truthy(_evaluated(condition.written, contexts))
    return truthy(condition_value(condition, contexts))


def condition_value(condition: Condition, contexts: Contexts) -> Value:
    """The value that is tested; names what it depends on where it is unknown."""
    return _evaluated(condition.expression, contexts)


def _evaluated(expr: Expr, contexts: Contexts) -> Value:
    # Imported here, as below what parses: a small file has no condition.
    from covpath.workflow.expressions.evaluate import evaluate

    return evaluate(expr, contexts)


def uses_status_function(expr: Expr) -> bool:
    """Whether ``always()``, ``success()``, ``failure()`` or ``cancelled()`` is called anywhere in it."""
    return any(isinstance(node, Call) and node.name.lower() in STATUS_FUNCTIONS for node in walk(expr))


def _bare(text: str, base: int) -> Condition:
    if not text.strip(WHITE_CHARACTERS):
        return Condition(written=None, expression=_success(base), implicit_success=True)
    from covpath.workflow.expressions.parse import parse

    expr = parse(text, base)
    quoted = isinstance(expr, Literal) and isinstance(expr.value, str) and expr.value != ""
    return _wrapped(expr, Pitfall.QUOTED if quoted else None)


def _wrapped(expr: Expr, pitfall: Pitfall | None) -> Condition:
    if uses_status_function(expr):
        return Condition(written=expr, expression=expr, implicit_success=False, pitfall=pitfall)
    final = Logic("&&", (_success(expr.start), expr), expr.start, expr.end)
    return Condition(written=expr, expression=final, implicit_success=True, pitfall=pitfall)


def _success(offset: int) -> Call:
    return Call("success", (), offset, offset)


def _as_format(template: Template, end: int) -> Call:
    """What GitHub's reader makes of text and expressions: ``format('... {0} ...', ...)``."""
    text = ""
    args: list[Expr] = []
    for part in template.parts:
        if isinstance(part, str):
            text += part.replace("{", "{{").replace("}", "}}")
        else:
            text += f"{{{len(args)}}}"
            args.append(part.expression)
    return Call("format", (Literal(text, 0, 0), *args), 0, end)
