"""What a name in Python code stands for, where the code gives it one static value; nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

Words = tuple[str | None, ...]
"""A command's words; None for one that varies."""

_GROWING = frozenset({"append", "extend", "insert"})
_DEEPEST = 8


def text_of(node: ast.expr) -> str | None:
    """A static string; None for anything that varies."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = text_of(node.left), text_of(node.right)
        return left + right if left is not None and right is not None else None
    if isinstance(node, ast.Attribute) and node.attr == "executable":
        # sys.executable
        return "python"
    return None


class _Given(Struct):
    """What code does with one name: the values it is given, and whether more is added to them."""

    values: list[ast.expr]
    grows: bool = False
    varies: bool = False


class Names:
    """The names of a scope, then those of what is around it (a function's file)."""

    def __init__(self, scope: ast.AST, around: Names | None = None) -> None:
        self._scopes: list[dict[str, _Given]] = [_given(scope), *(around._scopes if around is not None else ())]

    def value_of(self, node: ast.expr) -> ast.expr:
        """The value that a name is given once, else the node itself."""
        for _ in range(_DEEPEST):
            given = self._given(node)
            if given is None or given.varies or given.grows or len(given.values) != 1:
                break
            node = given.values[0]
        return node

    def text(self, node: ast.expr) -> str | None:
        """A static string, names and f-strings looked through; None for anything that varies."""
        node = self.value_of(node)
        if isinstance(node, ast.JoinedStr):
            parts = [
                self.text(part.value) if isinstance(part, ast.FormattedValue) else text_of(part) for part in node.values
            ]
            plain = all(isinstance(part, ast.Constant) or _is_plain(part) for part in node.values)
            return "".join(part or "" for part in parts) if plain and None not in parts else None
        return text_of(node)

    def words(self, node: ast.expr) -> Words | None:
        """The words of a list or tuple, or of a name for one; what is added to it later is one word that varies."""
        given = self._given(node)
        if given is not None and given.grows and not given.varies and len(given.values) == 1:
            first = self.words(given.values[0])
            return (*first, None) if first is not None else None
        node = self.value_of(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.words(node.left), self.words(node.right)
            return (*left, *right) if left is not None and right is not None else None
        if not isinstance(node, ast.List | ast.Tuple):
            return None
        return tuple(word for element in node.elts for word in self._element(element))

    def _element(self, node: ast.expr) -> Words:
        if not isinstance(node, ast.Starred):
            return (self.text(node),)
        return self.words(node.value) or (None,)

    def _given(self, node: ast.expr) -> _Given | None:
        if not isinstance(node, ast.Name):
            return None
        return next((scope[node.id] for scope in self._scopes if node.id in scope), None)


def _is_plain(part: ast.expr) -> bool:
    """Whether a part of an f-string shows its value as it is."""
    return isinstance(part, ast.FormattedValue) and part.conversion == -1 and part.format_spec is None


def _given(scope: ast.AST) -> dict[str, _Given]:
    found: dict[str, _Given] = {}
    for node in _own_nodes(scope):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name) and node.value is not None:
                    found.setdefault(target.id, _Given([])).values.append(node.value)
                else:
                    _vary(found, target)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            found.setdefault(node.target.id, _Given([])).grows = True
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _GROWING:
            if isinstance(node.func.value, ast.Name):
                found.setdefault(node.func.value.id, _Given([])).grows = True
        elif isinstance(node, ast.For | ast.comprehension | ast.NamedExpr):
            _vary(found, node.target)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            _vary(found, node.optional_vars)
        elif isinstance(node, ast.arg):
            found.setdefault(node.arg, _Given([])).varies = True
    return found


def _vary(found: dict[str, _Given], target: ast.expr) -> None:
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.setdefault(node.id, _Given([])).varies = True


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Everything in a scope; of a module not what is inside its functions and classes."""
    for child in ast.iter_child_nodes(scope):
        inner = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda)
        if isinstance(scope, ast.Module) and inner:
            continue
        yield child
        yield from _own_nodes(child)
