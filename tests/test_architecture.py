"""The house rules that a machine can hold: who may import whom, who may end the process, how long a module is."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "tools" / "covpath"

LEVELS = (
    ("errors", "patterns", "quantity", "terms", "wording"),
    ("yamltext", "outside", "evidence"),
    ("workflow",),
    ("backends", "ledger"),
    ("gate",),
    ("moves", "bench", "audits"),
    ("decide",),
    ("report",),
    ("commands",),
    ("cli", "arguments", "__main__"),
)
LEVEL = {part: number for number, parts in enumerate(LEVELS) for part in parts}
WITHIN_ONE_LEVEL = {("cli", "arguments"), ("__main__", "cli"), ("quantity", "errors"), ("terms", "errors")}

# One part each speaks to the library that reads YAML, writes it, parses shell, draws in a terminal.
ONLY_IN = {"yaml": "yamltext", "ruamel": "ledger", "tree_sitter": "workflow", "tree_sitter_bash": "workflow"}

# Processes of their own: what they cannot know ends in their exit status or goes to their parent.
PROGRAMS = ("covpath.cli", "covpath.__main__", "covpath.bench.supervisor.")

VAGUE = {"utils", "util", "helpers", "helper", "misc", "common", "core", "manager"}
MAX_LINES = 350
MAX_FUNCTION_LINES = 60

# Spelled in two halves, so that this file is not a place where they stand.
HOSTS = tuple(
    name + end
    for name, end in (
        ("pypi", ".org"), ("files.python", "hosted.org"), ("registry.np", "mjs.org"), ("np", "mjs.com"),
        ("crates", ".io"), ("deb.deb", "ian.org"), ("security.deb", "ian.org"), ("proxy.golang", ".org"),
    )
)  # fmt: skip
THIS_MACHINE = re.compile(
    r"(?<![\w./~-])/(?:wo" + r"rk/(?:main|shared|\.)|ro" + r"ot/\.(?:pyenv|cargo|cache)|tm" + r"p/plan)"
)


def _modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _part(module: str) -> str:
    """``backends`` of ``covpath.backends.tarpaulin``; empty for the package itself."""
    return module.split(".")[1] if "." in module else ""


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that ``path`` imports, anywhere in it, with the line."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (whole if whole in _names() else str(node.module)), node.lineno


def _own_imports(path: Path) -> set[str]:
    """The modules of this package that ``path`` imports."""
    return {module for module, _ in _imports(path) if module in _names()}


def _users(module: str, among: set[str]) -> list[str]:
    """Those ``among`` modules that import ``module``."""
    return [name for name in among if module in _own_imports(_path(name))]


def _path(module: str) -> Path:
    path = PACKAGE.parent / Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) for node in ast.walk(handler))


def _place(path: Path, line: int = 1) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


@cache
def _names() -> frozenset[str]:
    return frozenset(map(_name, _modules()))


def test_imports_go_downward() -> None:
    wrong = []
    for path in _modules():
        here = _part(_name(path))
        for module, line in _imports(path):
            there = _part(module)
            if module.split(".")[0] != "covpath" or there in ("", here):
                continue
            if not (LEVEL[there] < LEVEL[here] or (here, there) in WITHIN_ONE_LEVEL):
                wrong.append(f"{_place(path, line)}: {here} may not import {there}")
    assert wrong == []


def test_every_part_of_the_package_has_a_level() -> None:
    parts = {_part(name) for name in _names()} - {""}
    assert parts <= set(LEVEL)


def test_no_module_is_reached_from_itself() -> None:
    packages = {_name(path) for path in _modules() if path.name == "__init__.py"}
    graph = {_name(path): _own_imports(path) - packages for path in _modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"these import each other: {' -> '.join(error.args[1])}")


def test_plug_ins_know_neither_their_table_nor_each_other() -> None:
    wrong = []
    for table in PACKAGE.rglob("table.py"):
        listed = {module for module in _own_imports(table) if _path(module).parent == table.parent}
        plug_ins = listed - {module for module in listed if len(_users(module, listed)) > 1}  # what they share
        for plug_in in plug_ins:
            known = _own_imports(_path(plug_in)) & (plug_ins | {_name(table)})
            wrong += [f"{plug_in} imports {module}" for module in known]
    assert wrong == []


def test_a_package_exports_nothing() -> None:
    packages = [path for path in _modules() if path.name == "__init__.py"]
    assert [_place(path) for path in packages if len(_tree(path).body) != 1 or not ast.get_docstring(_tree(path))] == []


def test_only_the_command_line_ends_the_process_prints_or_catches_all() -> None:
    wrong = []
    for path in _modules():
        if f"{_name(path)}.".startswith(PROGRAMS):
            continue
        for node in ast.walk(_tree(path)):
            match node:
                case (
                    ast.Call(func=ast.Name(id="print" | "exit" | "quit"))
                    | ast.Call(func=ast.Attribute(value=ast.Name(id="sys"), attr="exit"))
                    | ast.Name(id="SystemExit")
                ):
                    wrong.append(f"{_place(path, node.lineno)}: prints or ends the process")
                case ast.ExceptHandler(type=None | ast.Name(id="Exception" | "BaseException")) if not _raises(node):
                    wrong.append(f"{_place(path, node.lineno)}: catches what it cannot know")
    assert wrong == []


def test_a_module_is_short_and_says_what_it_owns() -> None:
    wrong = []
    for path in _modules():
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > MAX_LINES:
            wrong.append(f"{_place(path)}: {lines} lines")
        if not ast.get_docstring(_tree(path)):
            wrong.append(f"{_place(path)}: no docstring")
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > MAX_FUNCTION_LINES:
                    wrong.append(f"{_place(path, node.lineno)}: {node.name} has {length} lines")
    assert wrong == []


def test_a_library_is_known_to_one_part() -> None:
    found = [(path, module, line) for path in _modules() for module, line in _imports(path)]
    wrong = [
        f"{_place(path, line)}: {module}"
        for path, module, line in found
        if ONLY_IN.get(module.split(".")[0], _part(_name(path))) != _part(_name(path))
    ]
    assert wrong == []


def test_no_name_is_vague() -> None:
    assert [_place(path) for path in PACKAGE.rglob("*") if path.stem in VAGUE] == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK|NotImplementedError)\b")
    assert [_place(path) for path in _modules() if later.search(path.read_text(encoding="utf-8"))] == []


def test_the_noxfile_has_no_logic() -> None:
    body = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8")).body
    for node in body:
        plain = isinstance(node, (ast.Expr, ast.Import, ast.Assign))
        assert plain or isinstance(node, ast.FunctionDef), f"noxfile.py:{node.lineno}"
        if isinstance(node, ast.FunctionDef):
            assert ast.get_docstring(node), node.name
            assert all(isinstance(step, ast.Expr) for step in node.body), f"noxfile.py:{node.lineno}: {node.name}"
    decisions = (ast.If, ast.IfExp, ast.BoolOp, ast.Try, ast.For, ast.While, ast.Lambda, ast.comprehension)
    found = [node for statement in body for node in ast.walk(statement) if isinstance(node, decisions)]
    assert found == []


def test_no_file_names_a_registry_or_this_machine() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    for name in listed.decode().split("\0"):
        path = ROOT / name
        if not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        found = [host for host in HOSTS if host in text] + THIS_MACHINE.findall(text)
        assert not found, f"{name}: {found}"
