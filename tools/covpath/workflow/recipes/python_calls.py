"""Commands that Python code runs with static arguments, found in its syntax tree; nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Words = tuple[str | None, ...]
_RUNNERS = frozenset({"run", "call", "check_call", "check_output", "Popen"})
_SHELL = frozenset({"system", "popen"})


def parse_python(text: str) -> ast.Module | None:
    """The syntax tree; None for what this Python cannot read."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def constant_words(node: ast.expr) -> Words | None:
    """The words of a list or tuple of arguments; starred parts vary, anything else is None."""
    if not isinstance(node, ast.List | ast.Tuple):
        return None
    return tuple(text_of(element) for element in node.elts)


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


def subprocess_calls(tree: ast.AST) -> Iterator[tuple[int, Words | str]]:
    """``subprocess.run([...])`` and its like: line, and either words or a shell's text."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _RUNNERS and (words := constant_words(node.args[0])):
            yield node.lineno, words
        elif name in _RUNNERS | _SHELL and (text := text_of(node.args[0])) is not None:
            yield node.lineno, text
