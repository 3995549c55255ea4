"""Nothing in the package is there for its tests alone: each public top-level name is used by the package."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "tools" / "covpath"

ALLOWED = {
    "covpath.bench.supervisor.process.main": "started by name, in a process of its own",
}


def _module(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _defined(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """The public names that a module makes at its top level, each with the statement that does."""
    for node in tree.body:
        found: list[ast.expr] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign):
            found = node.targets
        elif isinstance(node, ast.AnnAssign):
            found = [node.target]
        for target in found:
            yield from ((one.id, node) for one in ast.walk(target) if isinstance(one, ast.Name))


def _used(trees: dict[str, ast.Module]) -> set[tuple[str, str]]:
    """Module and name of everything that is used by more than its own definition.

    An attribute of any object counts for every module: plug-ins are reached through a table.
    """
    used: set[tuple[str, str]] = set()
    attributes: set[str] = set()
    for module, tree in trees.items():
        for statement in tree.body:
            own = {name for name, node in _defined(tree) if node is statement}
            for node in ast.walk(statement):
                if isinstance(node, ast.ImportFrom):
                    used.update((str(node.module), alias.name) for alias in node.names)
                elif isinstance(node, ast.Name) and node.id not in own:
                    used.add((module, node.id))
                elif isinstance(node, ast.Attribute):
                    attributes.add(node.attr)
    return used | {(module, name) for module in trees for name in attributes}


def _unused(trees: dict[str, ast.Module]) -> list[str]:
    used = _used(trees)
    return sorted(
        f"{module}.{name}"
        for module, tree in trees.items()
        for name in {name for name, _ in _defined(tree)}
        if not name.startswith("_") and (module, name) not in used
    )


def test_every_public_name_is_used_by_the_package() -> None:
    trees = {_module(path): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    assert _unused(trees) == sorted(ALLOWED), "use it, delete it with its tests, or allow it with a reason"


def test_what_is_not_used_is_seen() -> None:
    trees = {
        "p.a": ast.parse("def f():\n    return f()\n\nclass C:\n    pass\n\nX: int = 1\nY = X\n_own = 1\n"),
        "p.b": ast.parse("from p.a import C\n\ndef g(module):\n    module.called()\n\ndef called():\n    '''f Y'''\n"),
    }
    assert _unused(trees) == ["p.a.Y", "p.a.f", "p.b.g"]
