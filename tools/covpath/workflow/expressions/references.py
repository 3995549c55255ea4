"""Which contexts an expression reads, and where."""

from __future__ import annotations

from msgspec import Struct

from covpath.workflow.expressions.template import OPEN, read_template
from covpath.workflow.expressions.tree import Context, Expr, Index, Literal, children
from covpath.workflow.expressions.value import fold, text_of


class Reference(Struct, frozen=True):
    """A context path such as ``("env", "GATE_X")``; a filter or a computed key is ``*``.

    ``start`` and ``end`` count characters as the tree's offsets do.
    """

    path: tuple[str, ...]
    start: int
    end: int

    def __str__(self) -> str:
        return ".".join(self.path)

    def reads(self, *path: str) -> bool:
        """Whether it reads ``path`` or something inside it, case aside; a computed key may be any."""
        return len(self.path) >= len(path) and all(
            mine == "*" or fold(mine) == fold(theirs) for mine, theirs in zip(self.path, path, strict=False)
        )


def references(expr: Expr) -> tuple[Reference, ...]:
    """Every context path in ``expr``, the longest each, in the order they were written."""
    found: list[Reference] = []
    _collect(expr, found)
    return tuple(found)


def references_in(text: str, *, bare: bool = False) -> tuple[Reference, ...]:
    """Every context path in a scalar's text; ``bare`` for conditions, which need no ``${{ }}``.

    Raises ExpressionError as reading the text does.
    """
    if OPEN in text:
        return tuple(one for expr in read_template(text).expressions for one in references(expr))
    if bare and text:
        # Imported here: a small file has no condition.
        from covpath.workflow.expressions.lex import WHITE_CHARACTERS
        from covpath.workflow.expressions.parse import parse

        if text.strip(WHITE_CHARACTERS):
            return references(parse(text))
    return ()


def _collect(expr: Expr, found: list[Reference]) -> None:
    keys: list[Expr | None] = []
    node = expr
    while isinstance(node, Index):
        keys.append(node.key)
        node = node.target
    if isinstance(node, Context):
        found.append(Reference((node.name, *map(_segment, reversed(keys))), expr.start, expr.end))
    else:
        for child in children(node):
            _collect(child, found)
    for key in reversed(keys):
        if key is not None:
            _collect(key, found)


def _segment(key: Expr | None) -> str:
    return text_of(key.value) if isinstance(key, Literal) else "*"
