"""Text with expressions in it: ``pre-${{ matrix.os }}-post``.

A text that is one expression and nothing else keeps the type of its value; anything more is put together as
text. Source: actions/runner, ``src/Sdk/WorkflowParser/ObjectTemplating/TemplateReader.cs``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import final

from msgspec import Struct

from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.expressions.tree import Expr, ExpressionError
from covpath.workflow.expressions.value import Array, Object, Plain, Unknown, Value, as_text, concat, value_of

OPEN, CLOSE = "${{", "}}"


@final
class Embedded(Struct, frozen=True):
    """An expression and where it stands: ``start`` at its ``${{``, ``end`` after its ``}}``."""

    expression: Expr
    start: int
    end: int


class Template(Struct, frozen=True):
    """A scalar's text in parts; none of the plain parts is empty."""

    parts: tuple[str | Embedded, ...]

    @property
    def alone(self) -> Expr | None:
        """The expression, where the text is one expression and nothing else."""
        match self.parts:
            case (Embedded(expression=expression),):
                return expression
            case _:
                return None

    @property
    def expressions(self) -> tuple[Expr, ...]:
        """Every expression in the text."""
        return tuple(part.expression for part in self.parts if type(part) is Embedded)


def read_template(text: str) -> Template:
    """The parts of ``text``; offsets count from its start.

    Raises ExpressionError for an expression that is not closed, empty or broken.
    """
    # Imported here, as below what evaluates: most texts hold no expression, and many files none at all.
    from covpath.workflow.expressions.lex import WHITE_CHARACTERS
    from covpath.workflow.expressions.parse import parse

    parts: list[str | Embedded] = []
    position = 0
    while (start := text.find(OPEN, position)) >= 0:
        if start > position:
            parts.append(text[position:start])
        position = _end(text, start)
        inside = text[start + len(OPEN) : position - len(CLOSE)]
        leading = len(inside) - len(inside.lstrip(WHITE_CHARACTERS))
        expression = parse(inside.strip(WHITE_CHARACTERS), start + len(OPEN) + leading)
        parts.append(Embedded(expression, start, position))
    if position < len(text):
        parts.append(text[position:])
    return Template(tuple(parts))


@lru_cache(maxsize=512)
def known_template(text: str) -> Template:
    """The same, read once for all the legs, steps and jobs in which it is evaluated."""
    return read_template(text)


def _end(text: str, start: int) -> int:
    """The offset after the ``}}`` that closes the expression at ``start``; quotes hide braces."""
    position = start + len(OPEN)
    while True:
        close = text.find(CLOSE, position)
        if close < 0:
            raise ExpressionError("The expression is not closed: '}}' is missing.", offset=start)
        quote = text.find("'", position, close)
        if quote < 0:
            return close + len(CLOSE)
        position = text.find("'", quote + 1) + 1
        if position == 0:
            raise ExpressionError("The expression is not closed: a string in it does not end.", offset=quote)


def evaluate_template(text: str, contexts: Contexts) -> Value:
    """The value of a scalar's text: itself where there is no expression in it."""
    if OPEN not in text:
        return text
    from covpath.workflow.expressions.evaluate import evaluate

    parts = known_template(text).parts
    first = parts[0]
    if type(first) is Embedded and len(parts) == 1:
        return evaluate(first.expression, contexts)
    return concat([evaluate(part.expression, contexts) if type(part) is Embedded else part for part in parts])


def evaluate_text(text: str, contexts: Contexts) -> str | Unknown:
    """The same, as text."""
    if OPEN not in text:
        return text
    return as_text(evaluate_template(text, contexts))


def evaluate_data(plain: Plain, contexts: Contexts) -> Value:
    """Nested plain data with every expression in it evaluated, in keys too."""
    if isinstance(plain, str):
        return evaluate_template(plain, contexts) if OPEN in plain else plain
    # Asked of the plain kinds first: whether something is one of the abstract ones takes long to tell.
    if isinstance(plain, (dict, Mapping)):
        return _evaluate_mapping(plain, contexts)
    if isinstance(plain, (bool, float, int)):
        return value_of(plain)
    if isinstance(plain, (list, Sequence)):
        return Array(tuple([evaluate_data(item, contexts) for item in plain]))
    return value_of(plain)


def _evaluate_mapping(plain: Mapping[str, Plain], contexts: Contexts) -> Object:
    entries: dict[str, Value] = {}
    rest: str | None = None
    for key, item in plain.items():
        name = evaluate_text(key, contexts) if OPEN in key else key
        if type(name) is Unknown:
            rest = ", ".join(sorted(name.names))
        else:
            entries[name] = evaluate_data(item, contexts)
    return Object(entries, rest)
