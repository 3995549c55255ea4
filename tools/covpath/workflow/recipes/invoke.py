"""Invoke: the commands that the tasks of ``tasks.py`` run. What its options come to was tried with Invoke 3.0."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from msgspec import Struct

from covpath.errors import Place
from covpath.terms import Tri
from covpath.workflow.recipes.invocations import shell_steps
from covpath.workflow.recipes.links import (
    UNKNOWN_DIRECTORY,
    Invocation,
    LetOff,
    Reader,
    Step,
    missing,
    opaque,
    varying,
)
from covpath.workflow.recipes.python_calls import guarded, parse_python
from covpath.workflow.recipes.python_names import text_of
from covpath.workflow.shell.dialect import shell_with

KIND = "invoke"
PROGRAMS = frozenset({"invoke", "inv"})
_SHELL = shell_with(("bash", "-c"))
_VALUED = frozenset({"-c", "--collection", "-r", "--search-root", "-f", "--config", "-T", "--command-timeout"})
_IDLE = frozenset({"-l", "--list", "-R", "--dry", "-h", "--help", "-V", "--version"})
_WARNING = frozenset({"-w", "--warn-only"})
_DEEPEST = 6


class _Asked(Struct):
    names: list[tuple[str | None, str]]
    warns: str | None = None
    idle: bool = False
    collection: str = "tasks"


class _Task(Struct, frozen=True):
    function: ast.FunctionDef
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


class _File(Struct, frozen=True):
    path: str
    tasks: dict[str, _Task]
    functions: dict[str, ast.FunctionDef]
    default: str | None
    directory: str
    invocation: Invocation


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of the tasks that an ``invoke`` command names."""
    if invocation.name not in PROGRAMS:
        return None
    asked = _arguments(invocation)
    shown = " ".join(raw for _, raw in asked.names)
    if asked.idle:
        return None
    if invocation.directory is None:
        return [Step(kind=KIND, target=shown, place=invocation.place, unknown=UNKNOWN_DIRECTORY)]
    names = (f"{asked.collection}.py", f"{asked.collection}/__init__.py")
    found = reader.find_up(invocation.directory, *names)
    if found is None:
        return [missing(KIND, shown, posixpath.normpath(posixpath.join(invocation.directory, names[0])))]
    tree = parse_python(found[1])
    if tree is None:
        return [missing(KIND, shown, found[0], what="is not Python that can be read")]
    file = _read(found[0], tree, posixpath.dirname(found[0].removesuffix("/__init__.py")) or ".", invocation)
    return [step for name, raw in asked.names or [(file.default, "")] for step in _named(file, name, raw, asked)]


def _arguments(invocation: Invocation) -> _Asked:
    """The tasks that are asked for; what stands behind the first as an option is taken for an argument of it."""
    asked = _Asked([])
    index = 1
    words = invocation.words
    while index < len(words):
        word, raw = words[index], invocation.raw[index]
        index += 1
        if word is not None and word.startswith("-"):
            asked.idle = asked.idle or word in _IDLE
            if word in _WARNING:
                asked.warns = word
            if word in {"-c", "--collection"} and index < len(words):
                asked.collection = words[index] or asked.collection
            index += word in _VALUED and not asked.names
        else:
            asked.names.append((word, raw))
    return asked


def _read(path: str, tree: ast.Module, directory: str, invocation: Invocation) -> _File:
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    tasks: dict[str, _Task] = {}
    default = None
    for function in functions.values():
        for decorator in function.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            target = call.func if call is not None else decorator
            if (target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")) != "task":
                continue
            keywords = {keyword.arg: keyword.value for keyword in call.keywords} if call is not None else {}
            before = (*(call.args if call is not None else ()), *_elements(keywords.get("pre")))
            task = _Task(function, tuple(map(_called, before)), tuple(map(_called, _elements(keywords.get("post")))))
            name = text_of(keywords["name"]) if "name" in keywords else None
            aliases = [text_of(one) or "" for one in _elements(keywords.get("aliases"))]
            for known in (name or function.name, *aliases):
                tasks[_spelt(known)] = task
            if "default" in keywords:
                default = name or function.name
    return _File(path, tasks, functions, default, directory, invocation)


def _elements(node: ast.expr | None) -> tuple[ast.expr, ...]:
    return tuple(node.elts) if isinstance(node, ast.List | ast.Tuple) else ()


def _called(node: ast.expr) -> str:
    """The task that is meant: by its name, or by ``call(task, ...)``."""
    inner = node.args[0] if isinstance(node, ast.Call) and node.args else node
    return inner.id if isinstance(inner, ast.Name) else ast.unparse(inner)


def _spelt(name: str) -> str:
    return name.replace("_", "-")


def _named(file: _File, name: str | None, raw: str, asked: _Asked) -> Iterator[Step]:
    if name is None:
        yield varying(KIND, raw, file.invocation, raw, place=Place(file.path))
        return
    if _spelt(name) not in file.tasks:
        first = next(iter(asked.names), (None, ""))[0]
        if name == first:
            yield missing(KIND, name, file.path, what=f"has no task {name}")
        return
    yield from _task_steps(file, _spelt(name), asked, ())


def _task_steps(file: _File, name: str, asked: _Asked, above: tuple[str, ...]) -> Iterator[Step]:
    task = file.tasks.get(_spelt(name))
    if task is None or name in above or len(above) > _DEEPEST:
        return
    for other in task.before:
        yield from _task_steps(file, _spelt(other), asked, (*above, name))
    yield from _function_steps(file, name, task.function, asked, (*above, name))
    for other in task.after:
        yield from _task_steps(file, _spelt(other), asked, (*above, name))


def _function_steps(
    file: _File, name: str, function: ast.FunctionDef, asked: _Asked, above: tuple[str, ...]
) -> Iterator[Step]:
    """The commands a task's function runs, in the order they are written."""
    if not function.args.args or len(above) > _DEEPEST:
        return
    context = function.args.args[0].arg
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    moves = any(isinstance(call.func, ast.Attribute) and call.func.attr == "cd" for call in calls)
    caught = guarded(function)
    alone = {id(node.value) for node in ast.walk(function) if isinstance(node, ast.Expr)}
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        if isinstance(owner, ast.Name) and owner.id == context and ast.unparse(call.func).endswith((".run", ".sudo")):
            text = _text(call.args[0], function) if call.args else None
            if text is None:
                continue
            place = Place(file.path, call.lineno)
            yield from shell_steps(
                text,
                kind=KIND,
                target=name,
                file=file.path,
                line=call.args[0].lineno,
                directory=None if moves else file.directory,
                shell=_SHELL,
                environment=file.invocation.environment,
                let_off=_let_off(call, place, asked, file, caught=call.lineno in caught, alone=id(call) in alone),
            )
        elif isinstance(call.func, ast.Name) and call.func.id not in above:
            inner = file.functions.get(call.func.id)
            hands_over = any(isinstance(argument, ast.Name) and argument.id == context for argument in call.args)
            if inner is not None and hands_over:
                yield from _function_steps(file, name, inner, asked, (*above, call.func.id))


def _text(node: ast.expr, function: ast.FunctionDef) -> str | None:
    """A command's text, with what varies in it kept together; None where nothing of it is known."""
    if isinstance(node, ast.Name):
        values = [
            one.value
            for one in ast.walk(function)
            if isinstance(one, ast.Assign) and [ast.unparse(target) for target in one.targets] == [node.id]
        ]
        return _text(values[0], function) if len(values) == 1 and not isinstance(values[0], ast.Name) else None
    if isinstance(node, ast.JoinedStr):
        parts = (
            str(part.value) if isinstance(part, ast.Constant) else opaque(ast.unparse(part.value))
            for part in node.values
            if isinstance(part, ast.Constant | ast.FormattedValue)
        )
        return "".join(parts)
    return text_of(node)


def _let_off(call: ast.Call, place: Place, asked: _Asked, file: _File, *, caught: bool, alone: bool) -> LetOff | None:
    """What becomes of a failing ``c.run``: it ends the task, unless ``warn`` or the code says otherwise."""
    if asked.warns is not None:
        return LetOff(why=f"`invoke {asked.warns}` goes on where a command fails", place=place)
    warns = next((keyword.value for keyword in call.keywords if keyword.arg == "warn"), None)
    if warns is None and file.invocation.value_of("INVOKE_RUN_WARN") not in (None, "", "0"):
        return LetOff(why="`INVOKE_RUN_WARN` lets commands fail", place=place)
    if warns is not None and not (isinstance(warns, ast.Constant) and warns.value is False):
        sure = alone and isinstance(warns, ast.Constant)
        why = "`warn=True` lets it fail" if sure else "what the task makes of its failure is not followed"
        return LetOff(why=why, place=place, fails=Tri.FALSE if sure else Tri.UNKNOWN)
    if caught:
        return LetOff(why="it stands in a `try` that may let it pass", place=place, fails=Tri.UNKNOWN)
    return None
