"""The function ``format``: ``{0}`` takes an argument, ``{{`` and ``}}`` are braces."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from covpath.patterns import regex
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Unknown, Value, concat

_PIECE = regex(r"(?P<text>[^{}]+)|(?P<brace>\{\{|\}\})|\{(?P<number>[0-9]+)\}", re.DOTALL)


def formatted(template: str, args: Sequence[Callable[[], Value]]) -> str | Unknown:
    """``template`` with its arguments; only those it names are evaluated.

    Raises ExpressionError for a broken template, as GitHub does when it evaluates one.
    """
    parts: list[Value] = []
    position = 0
    while position < len(template):
        match = _PIECE.match(template, position)
        if match is None:
            raise ExpressionError(f"The format string is invalid: '{template[:80]}'.")
        if match["number"]:
            number = int(match["number"][:4])
            if number >= len(args):
                raise ExpressionError(f"The format string names more arguments than there are: '{template[:80]}'.")
            parts.append(args[number]())
        else:
            parts.append(match["text"] or match["brace"][0])
        position = match.end()
    return concat(parts)
