"""Commands that Python code runs with static arguments, found in its syntax tree; nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from covpath.errors import Place
from covpath.terms import Tri
from covpath.workflow.recipes.links import LetOff
from covpath.workflow.recipes.python_names import Names, Words

_RUNNERS = frozenset({"run", "call", "check_call", "check_output", "Popen"})
_SHELL = frozenset({"system", "popen"})
_RAISING = frozenset({"check_call", "check_output"})
_LEAVING = frozenset({"exit", "_exit", "SystemExit"})
_OWNERS = frozenset({"subprocess", "sp", "os"})


class PythonCall(Struct, frozen=True, kw_only=True):
    """A command that is run: its words, or a shell's text; ``let_off`` where its failure may not end the program."""

    line: int
    command: Words | str
    let_off: LetOff | None


def parse_python(text: str) -> ast.Module | None:
    """The syntax tree; None for what this Python cannot read."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def subprocess_calls(tree: ast.Module, path: str) -> Iterator[PythonCall]:
    """``subprocess.run([...])`` and its like in a file."""
    fates = _Fates(tree, path)
    of_file = Names(tree)
    inside: dict[int, Names] = {}
    for function in filter(_is_function, ast.walk(tree)):
        inside |= dict.fromkeys(map(id, ast.walk(function)), Names(function, of_file))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args or _name_of(node) not in _RUNNERS | _SHELL:
            continue
        names = inside.get(id(node), of_file)
        words = names.words(node.args[0]) if _name_of(node) in _RUNNERS else None
        command = words or names.text(node.args[0])
        if command is not None:
            yield PythonCall(line=node.lineno, command=command, let_off=fates.let_off(node))


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def guarded(tree: ast.AST) -> frozenset[int]:
    """The lines from which an exception may be caught without the program ending."""
    found: set[int] = set()
    for node in ast.walk(tree):
        catches = isinstance(node, ast.Try) and node.handlers and not all(map(_leaves, node.handlers))
        suppresses = isinstance(node, ast.With) and any("suppress" in ast.unparse(item) for item in node.items)
        if catches or suppresses:
            body = node.body if isinstance(node, ast.Try | ast.With) else []
            found.update(line for part in body for line in range(part.lineno, (part.end_lineno or part.lineno) + 1))
    return frozenset(found)


def _leaves(node: ast.AST) -> bool:
    """Whether code raises, or leaves with another status than 0."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Raise):
            return True
        if isinstance(inner, ast.Call) and _name_of(inner) in _LEAVING and inner.args:
            return not (isinstance(inner.args[0], ast.Constant) and inner.args[0].value in (0, None))
    return False


def _name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


class _Fates:
    """What a file makes of the exit statuses of what it runs."""

    def __init__(self, tree: ast.Module, path: str) -> None:
        self.tree = tree
        self.path = path
        self.guarded = guarded(tree)
        self.functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        self.dropped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        self.kept: dict[int, str] = {}
        self.counted: set[int] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self.kept[id(node.value)] = node.targets[0].id
            counts = isinstance(node, ast.Call) and _name_of(node) in {*_LEAVING, "check_returncode"}
            if counts or isinstance(node, ast.Raise):
                self.counted.update(id(inner) for inner in ast.walk(node) if inner is not node)
        self.leading = {
            _name_of(node) for node in ast.walk(tree) if isinstance(node, ast.Call) and id(node) in self.counted
        }
        self.returned = dict(_returned(self.functions))

    def let_off(self, call: ast.Call) -> LetOff | None:
        """Why the failure of a call's command may not be the program's; None where it is."""
        place = Place(self.path, call.lineno)
        if not self._raises(call):
            if self._is_dropped(call):
                return LetOff(why="its exit status is not looked at", place=place)
            returned = self.returned.get(id(call)) in self.leading  # sys.exit(main())
            if id(call) not in self.counted and not returned and not self._decides(self.kept.get(id(call))):
                why = "what the program makes of its exit status is not followed"
                return LetOff(why=why, place=place, fails=Tri.UNKNOWN)
        if call.lineno in self.guarded:
            return LetOff(why="it stands in a `try` that may let it pass", place=place, fails=Tri.UNKNOWN)
        return None

    def _raises(self, call: ast.Call) -> bool:
        name = _name_of(call)
        check = next((keyword.value for keyword in call.keywords if keyword.arg == "check"), None)
        if name in _RAISING or (isinstance(check, ast.Constant) and check.value is True):
            return True
        own = self.functions.get(name) if isinstance(call.func, ast.Name) else None
        written = ast.unparse(own) if own is not None else ""
        return "check=True" in written or any(raising in written for raising in _RAISING)

    def _is_dropped(self, call: ast.Call) -> bool:
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        known = isinstance(owner, ast.Name) and owner.id in _OWNERS
        varies = any(keyword.arg in {"check", None} and not _is_false(keyword.value) for keyword in call.keywords)
        return known and not varies and _name_of(call) != "Popen" and id(call) in self.dropped

    def _decides(self, name: str | None) -> bool:
        """Whether the program leaves because of what a name holds."""
        if name is None:
            return False
        for node in ast.walk(self.tree):
            if isinstance(node, ast.If) and _mentions(node.test, name) and any(map(_leaves, node.body)):
                return True
            if isinstance(node, ast.Name) and node.id == name and id(node) in self.counted:
                return True
        return False


def _returned(functions: dict[str, ast.FunctionDef]) -> Iterator[tuple[int, str]]:
    """Everything that stands in what a function returns, with the function's name."""
    for name, function in functions.items():
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and node.value is not None:
                yield from ((id(inner), name) for inner in ast.walk(node.value))


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _mentions(node: ast.expr, name: str) -> bool:
    return any(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(node))
