"""go-task: the tasks of a ``Taskfile.yml``. What a failing command comes to was tried with task 3.54."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from covpath.errors import Place
from covpath.patterns import regex
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
from covpath.workflow.recipes.yaml_nodes import entries_of, first_line, items_of, root_of, text_of, value_at
from covpath.workflow.shell.dialect import Shell, shell_with
from covpath.yamltext.nodes import Node
from covpath.yamltext.source import Source

KIND = "task"
PROGRAMS = frozenset({"task", "go-task"})
_ENDS = (".yml", ".yaml", ".dist.yml", ".dist.yaml")
_NAMES = tuple(f"{name}{end}" for end in _ENDS for name in ("Taskfile", "taskfile"))
_VALUED = frozenset({"-t", "--taskfile", "-d", "--dir", "-o", "--output", "-C", "--concurrency", "-I", "--interval"})
_IDLE = frozenset({"-n", "--dry", "-l", "--list", "-a", "--list-all", "--status", "--summary", "--version", "-h"})
_REFERENCE = regex(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_DEEPEST = 8


class _Asked(Struct):
    names: list[tuple[str | None, str]]
    arguments: str = ""
    variables: dict[str, str] = {}
    file: str | None = None
    directory: str | None = None
    idle: bool = False


class _File(Struct, frozen=True, kw_only=True):
    """A Taskfile as it is asked: the variables that are known, where its commands run."""

    path: str
    source: Source
    root: Node | None
    directory: str
    variables: Mapping[str, str]
    reader: Reader
    invocation: Invocation

    def place(self, node: Node) -> Place:
        return Place(self.path, first_line(self.source, node))


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of the tasks that a ``task`` command names."""
    if invocation.name not in PROGRAMS:
        return None
    asked = _arguments(invocation)
    shown = " ".join(raw for _, raw in asked.names)
    if asked.idle:
        return None
    if invocation.directory is None:
        return [Step(kind=KIND, target=shown, place=invocation.place, unknown=UNKNOWN_DIRECTORY)]
    start = posixpath.normpath(posixpath.join(invocation.directory, asked.directory or "."))
    if asked.file is not None:
        path, text = reader.read(start, asked.file)
        found = None if text is None else (path, text)
    else:
        found = reader.find_up(start, *_NAMES)
    if found is None:
        return [missing(KIND, shown, posixpath.normpath(posixpath.join(start, asked.file or "Taskfile.yml")))]
    file = _read(found[0], found[1], posixpath.dirname(found[0]) or ".", asked.variables, reader, invocation)
    if isinstance(file, str):
        return [missing(KIND, shown, found[0], what=f"cannot be read: {file}")]
    known = {**file.variables, "CLI_ARGS": asked.arguments}
    return list(_asked_steps(replace(file, variables=known), asked))


def _arguments(invocation: Invocation) -> _Asked:
    asked = _Asked([])
    index = 1
    words = invocation.words
    while index < len(words):
        word, raw = words[index], invocation.raw[index]
        following = words[index + 1] if index + 1 < len(words) else None
        index += 1
        option, sign, value = (word or "").partition("=")
        if word == "--":
            asked.arguments = " ".join(invocation.raw[index:])
            break
        if option.startswith("-"):
            asked.idle = asked.idle or option in _IDLE
            given = value if sign else following
            if option in {"-t", "--taskfile"}:
                asked.file = given
            elif option in {"-d", "--dir"}:
                asked.directory = given
            index += option in _VALUED and not sign
        elif sign and option.isidentifier():
            asked.variables[option] = value
        else:
            asked.names.append((word, raw))
    asked.names = asked.names or [("default", "default")]
    return asked


def _read(
    path: str, text: str, directory: str, given: Mapping[str, str], reader: Reader, invocation: Invocation
) -> _File | str:
    found = root_of(path, text)
    if isinstance(found, str):
        return found
    source, root = found
    variables = {**_known(value_at(root, "vars"), {}), **given}
    return _File(
        path=path,
        source=source,
        root=root,
        directory=directory,
        variables=variables,
        reader=reader,
        invocation=invocation,
    )


def _known(node: Node | None, before: Mapping[str, str]) -> dict[str, str]:
    """The variables that are plain texts, those before them put in."""
    found = dict(before)
    for name, value in entries_of(node).items():
        text = text_of(value)
        if text is not None:
            found[name] = _with(text, found)
    return found


def _with(text: str, variables: Mapping[str, str]) -> str:
    """Known variables put in; everything else of the template is an opaque part of its word."""

    def value(match: re.Match[str]) -> str:
        known = variables.get(match[1].removeprefix(".")) if match[1].startswith(".") else None
        return known if known is not None else opaque(match[0])

    return _REFERENCE.sub(value, text)


def _asked_steps(file: _File, asked: _Asked) -> Iterator[Step]:
    for name, raw in asked.names:
        if name is None:
            yield varying(KIND, raw, file.invocation, raw, place=Place(file.path))
        else:
            yield from _named(file, name, (), None)


def _named(file: _File, name: str, above: tuple[str, ...], let_off: LetOff | None) -> Iterator[Step]:
    """The commands of a task, perhaps one of an included file; ``above`` are the tasks that led here."""
    here = _own(file, name)
    if here is not None:
        if len(above) < _DEEPEST and f"{file.path}:{name}" not in above:
            yield from _task(file, name, here, (*above, f"{file.path}:{name}"), let_off)
        return
    space, colon, inner = name.removeprefix(":").partition(":")
    included = _included(file, space) if colon else None
    if isinstance(included, _File):
        yield from _named(included, inner, above, let_off)
    elif included is not None:
        yield missing(KIND, name, included)
    else:
        yield missing(KIND, name, file.path, what=f"has no task {name}")


def _own(file: _File, name: str) -> Node | None:
    tasks = entries_of(value_at(file.root, "tasks"))
    if name in tasks:
        return tasks[name]
    for task in tasks.values():
        if name in map(text_of, items_of(value_at(task, "aliases"))):
            return task
    return None


def _included(file: _File, name: str) -> _File | str | None:
    """The file included under a name; its path where it is not there."""
    entry = value_at(value_at(file.root, "includes"), name)
    if entry is None:
        return None
    given = text_of(entry) or text_of(value_at(entry, "taskfile")) or ""
    base = posixpath.dirname(file.path) or "."
    candidates = (given,) if given.endswith((".yml", ".yaml")) else tuple(f"{given}/{one}" for one in _NAMES)
    for candidate in candidates:
        path, text = file.reader.read(base, candidate)
        if text is not None:
            moved = text_of(value_at(entry, "dir"))
            directory = posixpath.normpath(posixpath.join(base, moved)) if moved is not None else file.directory
            found = _read(path, text, directory, file.variables, file.reader, file.invocation)
            return path if isinstance(found, str) else found
    return posixpath.normpath(posixpath.join(base, candidates[0]))


def _task(file: _File, name: str, task: Node, above: tuple[str, ...], let_off: LetOff | None) -> Iterator[Step]:
    file = replace(file, variables=_known(value_at(task, "vars"), file.variables))
    for needed in items_of(value_at(task, "deps")):
        inner = text_of(needed) or text_of(value_at(needed, "task"))
        if inner is not None:
            yield from _named(file, _with(inner, file.variables), above, None)
    let_off = _ignoring(file, task) or let_off
    commands = items_of(value_at(task, "cmds")) or items_of(task)
    single = value_at(task, "cmd") or (task if text_of(task) is not None else None)
    for command in (*commands, *((single,) if single is not None else ())):
        yield from _command(file, name, task, command, above, let_off)


def _command(
    file: _File, name: str, task: Node, command: Node, above: tuple[str, ...], let_off: LetOff | None
) -> Iterator[Step]:
    deferred = value_at(command, "defer")
    if deferred is not None:
        let_off = LetOff(why="task does not look at what a `defer` comes to", place=file.place(deferred))
        command = deferred
    let_off = _ignoring(file, command) or let_off
    other = text_of(value_at(command, "task"))
    if other is not None:
        inner = replace(file, variables=_known(value_at(command, "vars"), file.variables))
        yield from _named(inner, _with(other, file.variables), above, let_off)
        return
    written = command if text_of(command) is not None else value_at(command, "cmd")
    text = text_of(written)
    if written is None or text is None:
        return
    moved = text_of(value_at(task, "dir"))
    directory = file.directory if moved is None else posixpath.join(file.directory, _with(moved, file.variables))
    yield from shell_steps(
        _with(text, file.variables),
        kind=KIND,
        target=name,
        file=file.path,
        line=first_line(file.source, written),
        directory=None if "${{" in directory else posixpath.normpath(directory),
        shell=_shell(file.root, task, command),
        environment=file.invocation.environment,
        let_off=let_off,
    )


def _ignoring(file: _File, node: Node) -> LetOff | None:
    flag = value_at(node, "ignore_error")
    if flag is None or text_of(flag) != "true":
        return None
    return LetOff(why="`ignore_error` lets it fail", place=file.place(flag))


def _shell(*nodes: Node | None) -> Shell:
    """task's own shell stops at the first failure; ``set`` gives it options."""
    options = {text_of(one) for node in nodes for one in items_of(value_at(node, "set"))}
    return shell_with(("bash", "-e", *(("-o", "pipefail") if "pipefail" in options else ()), "-c"))
