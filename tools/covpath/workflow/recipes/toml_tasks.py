"""Tasks that stand as a table in a TOML file: pdm, rye, poe, taskipy, pixi, mise."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from covpath.errors import Place
from covpath.patterns import regex
from covpath.workflow.recipes.invocations import argument_steps, from_arguments, shell_steps
from covpath.workflow.recipes.links import (
    UNKNOWN_DIRECTORY,
    Invocation,
    LetOff,
    Reader,
    Settings,
    Step,
    missing,
    varying,
)
from covpath.workflow.recipes.task_runners import DIRECTORY_OPTIONS, RUNNERS, Runner
from covpath.workflow.recipes.toml_text import first_text_line, line_of, read_toml, table_at
from covpath.workflow.shell.dialect import Shell, ShellKind, shell_with

PROGRAMS = frozenset(verbs[0] for runner in RUNNERS for verbs in runner.verbs)
_TEXT_KEYS = ("cmd", "run", "shell", "command", "sh")
_BEFORE = ("depends-on", "depends_on", "depends", "deps")
_PARTS = ("composite", "chain", "sequence", "parallel")
_AFTER = ("depends_post",)
_VARIABLE = regex(r"\$\{?(\w+)\}?")
"""In a command that no shell reads the runner itself puts in what a variable holds."""


class _Tasks(Struct, frozen=True, kw_only=True):
    """The tasks of a file and what is asked of them; ``header`` is the line of their table."""

    runner: Runner
    path: str
    text: str
    header: int
    tasks: dict[str, object]
    rest: Invocation

    def line_of_task(self, name: str) -> int:
        """Where a task stands: in a table of its own, or as an entry."""
        own = f"tasks.{name}]"
        if own in self.text:
            start = line_of(self.text, own)
            for number, line in enumerate(self.text.splitlines()[start:], start + 1):
                if line.startswith("["):
                    break
                if line.partition("=")[0].strip() in _TEXT_KEYS:
                    return first_text_line(self.text, number)
            return start
        return first_text_line(self.text, line_of(self.text, f"{name} =", start=self.header))


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of the task that is named; None where the command is no task runner's."""
    for runner in RUNNERS:
        index = _behind_verbs(invocation, runner)
        if index is None or index >= len(invocation.words):
            continue
        options = invocation.words[1:index]
        if not runner.idle.isdisjoint(option or "" for option in options):
            return None
        name = invocation.words[index]
        if name is None:
            return [varying(runner.kind, invocation.raw[index], invocation, invocation.raw[index])]
        rest = replace(invocation.behind(index + 1), directory=_directory(invocation, index))
        steps = _steps(runner, name, rest, reader)
        if steps is not None:
            return steps
    return None


def _behind_verbs(invocation: Invocation, runner: Runner) -> int | None:
    for verbs in runner.verbs:
        if invocation.name != verbs[0]:
            continue
        index = 1
        for verb in verbs[1:]:
            while index < len(invocation.words) and (invocation.words[index] or "").startswith("-"):
                index += 2 if invocation.words[index] in runner.valued else 1
            if index >= len(invocation.words) or invocation.words[index] != verb:
                break
            index += 1
        else:
            while index < len(invocation.words) and (invocation.words[index] or "").startswith("-"):
                index += 2 if invocation.words[index] in runner.valued else 1
            return index
    return None


def _directory(invocation: Invocation, end: int) -> str | None:
    """Where the tasks' file is sought: what an option says, or where the command runs."""
    found = invocation.directory
    for option, value in zip(invocation.words[:end], invocation.words[1 : end + 1], strict=False):
        name, sign, own = (option or "").partition("=")
        if name in DIRECTORY_OPTIONS:
            given = own if sign else value
            if given is None or found is None:
                return None
            found = posixpath.join(found, posixpath.dirname(given) if given.endswith(".toml") else given)
    return None if found is None else posixpath.normpath(found)


def _steps(runner: Runner, name: str, rest: Invocation, reader: Reader) -> list[Step] | None:
    if rest.directory is None:
        return [Step(kind=runner.kind, target=name, place=rest.place, unknown=UNKNOWN_DIRECTORY)]
    seen: list[str] = []
    for file, keys in runner.tables:
        found = reader.find_up(rest.directory, file)
        if found is None:
            continue
        path, text = found
        for table in _tables(read_toml(text), keys):
            if name in table:
                header = line_of(text, f"[{'.'.join(keys)}]")
                return list(
                    _task(
                        _Tasks(runner=runner, path=path, text=text, header=header, tasks=table, rest=rest), name, set()
                    )
                )
        seen.append(path)
    for folder in runner.folders:
        path, script = reader.read(rest.directory, f"{folder}/{name.replace(':', '/')}")
        if script is not None:
            words = (f"./{posixpath.relpath(path, rest.directory)}", *rest.words)
            inner = from_arguments(words, directory=rest.directory, environment=rest.environment, place=Place(path, 1))
            return [Step(kind=runner.kind, target=name, place=Place(path, 1), invocation=inner)]
    if runner.direct:
        return None
    if runner.kind == "taskipy" and not any("[tool.taskipy" in (reader.read(".", path)[1] or "") for path in seen):
        return None
    file = seen[0] if seen else posixpath.normpath(posixpath.join(rest.directory, runner.tables[0][0]))
    return [missing(runner.kind, name, file, what=f"has no task {name}" if seen else "is not in the repository")]


def _tables(data: object, keys: tuple[str, ...]) -> Iterator[dict[str, object]]:
    """The tables at a path in which ``*`` stands for any name."""
    if "*" not in keys:
        yield table_at(data, *keys)
        return
    index = keys.index("*")
    for inner in table_at(data, *keys[:index]).values():
        yield from _tables(inner, keys[index + 1 :])


def _task(here: _Tasks, name: str, done: set[str], let_off: LetOff | None = None) -> Iterator[Step]:
    if here.runner.around and f"pre_{name}" in here.tasks and name not in done:
        yield from _task(here, f"pre_{name}", done, let_off)
    done.add(name)
    task = here.tasks[name]
    start = here.line_of_task(name)
    table = task if isinstance(task, dict) else {}
    before = [entry for key in _BEFORE for entry in _as_list(table.get(key))]
    parts = task if isinstance(task, list) else [entry for key in _PARTS for entry in _as_list(table.get(key))]
    after = [entry for key in _AFTER for entry in _as_list(table.get(key))]
    yield from _entries(here, name, before, start, done, let_off)
    let_off = _let_off(table, here, start) or let_off
    here = _with_variables(here, table)
    yield from _entries(here, name, parts, start, done, let_off)
    referred = str(table.get("ref", "")).split()[:1]
    if referred and referred[0] in here.tasks and referred[0] not in done:
        yield from _task(here, referred[0], done, let_off)
        return
    key = "" if isinstance(task, str) else next((key for key in _TEXT_KEYS if key in table), None)
    single = task if isinstance(task, str) else table.get(key or "")
    if isinstance(single, list) and key == "run":
        yield from _entries(here, name, single, start, done, let_off)
    elif isinstance(single, list):
        yield from _line(here, name, shlex.join(map(str, single)), start, let_off, split=True)
    elif isinstance(single, str):
        shell = _shell(table, single) or here.runner.shell
        split = key in here.runner.arguments
        if shell.kind is ShellKind.PYTHON:
            yield missing(here.runner.kind, name, here.path, what=f"has task {name} written for {shell.template}")
        else:
            yield from _line(here, name, single, start, let_off, shell=shell, split=split)
    if not before and not parts and not after and not isinstance(single, str | list):
        yield missing(here.runner.kind, name, here.path, what=f"says nothing of task {name} that can be followed")
    yield from _entries(here, name, after, start, done, None)
    if here.runner.around and f"post_{name}" in here.tasks:
        yield from _task(here, f"post_{name}", done)


def _with_variables(here: _Tasks, table: dict[str, object]) -> _Tasks:
    """What poe's ``env`` of a task sets around it; a ``default`` only what nothing else has set."""
    added: Settings = ()
    for name, value in table_at(table, "env").items():
        if isinstance(value, str):
            added = (*added, (name, value))
        elif isinstance(default := table_at(value).get("default"), str) and here.rest.value_of(name) is None:
            added = (*added, (name, default))
    return replace(here, rest=replace(here.rest, environment=(*here.rest.environment, *added))) if added else here


def _entries(
    here: _Tasks, name: str, entries: list[object], start: int, done: set[str], let_off: LetOff | None
) -> Iterator[Step]:
    """Other tasks, or commands, that a task lists."""
    for entry in entries:
        other = entry if isinstance(entry, str) else table_at(entry).get("task") or table_at(entry).get("ref")
        first = str(other).split()[0] if other else ""
        if first in here.tasks and first not in done:
            yield from _task(here, first, done, let_off)
        elif isinstance(entry, str) and first not in here.tasks:
            line = line_of(here.text, entry.split("\n")[0], start=start)
            yield from _line(here, name, entry, line, let_off, split="" in here.runner.arguments)
        elif isinstance(entry, dict) and entry and not other:
            yield from _task(replace(here, tasks={name: entry}), name, set(done), let_off)


def _as_list(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, str) else []


def _shell(table: dict[str, object], text: str) -> Shell | None:
    """The shell that a task asks for: poe's ``interpreter``, mise's ``shell``, or its script's first line."""
    first = text.lstrip("\n").partition("\n")[0]
    if first.startswith("#!"):
        return shell_with(first[2:].split())
    asked = table.get("interpreter", table.get("shell") if "run" in table else None)
    if isinstance(asked, list):
        asked = asked[0] if asked else None
    return shell_with(asked.split()) if isinstance(asked, str) and asked != "posix" else None


def _let_off(table: dict[str, object], here: _Tasks, start: int) -> LetOff | None:
    """poe's ``ignore_fail``: a task that succeeds although something in it fails, be it with some statuses only."""
    ignores = table.get("ignore_fail")
    if ignores not in (True, "return_zero") and not (isinstance(ignores, list) and 1 in ignores):
        return None
    return LetOff(why="`ignore_fail` lets what fails pass", place=Place(here.path, start))


def _line(
    here: _Tasks,
    name: str,
    command: str,
    line: int,
    let_off: LetOff | None,
    *,
    shell: Shell | None = None,
    split: bool = False,
) -> list[Step]:
    """The steps of a command line, the arguments of the task's caller put in; ``split``: no shell reads it."""
    rest = here.rest
    arguments = " ".join(rest.raw)
    text = command.replace("{args}", arguments) if "{args}" in command else f"{command} {arguments}".rstrip()
    directory = posixpath.dirname(here.path) or "."
    if split and "$" in text:
        text = _VARIABLE.sub(lambda found: rest.value_of(found[1]) or found[0], text)
    words = _split(text) if split else None
    if words is not None:
        steps = argument_steps(
            tuple(None if "$" in word else word for word in words), kind=here.runner.kind, target=name,
            place=Place(here.path, line), directory=directory, environment=rest.environment, let_off=let_off,
        )  # fmt: skip
        return [_as_written(step, words, text) for step in steps]
    return shell_steps(
        text,
        kind=here.runner.kind,
        target=name,
        file=here.path,
        line=line,
        directory=directory,
        shell=shell or here.runner.shell,
        environment=rest.environment,
        let_off=let_off,
    )


def _split(text: str) -> list[str] | None:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return None


def _as_written(step: Step, words: list[str], text: str) -> Step:
    """The step of an argument list with its text as it stands in the file."""
    inner = step.invocation
    if inner is None or inner.within is not None:
        return step
    raw = tuple(word if "$" in word else shlex.quote(word) for word in words)
    return replace(step, invocation=replace(inner, raw=raw, text=" ".join(text.split())))
