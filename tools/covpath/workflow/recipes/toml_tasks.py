"""Tasks that stand as a table in a TOML file: pdm, rye, poe, taskipy, pixi, mise."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator

from msgspec import Struct

from covpath.errors import Place
from covpath.workflow.recipes.invocations import PLAIN_SH, shell_steps
from covpath.workflow.recipes.links import UNKNOWN_DIRECTORY, Invocation, LetOff, Reader, Step, missing, varying
from covpath.workflow.recipes.toml_text import first_text_line, line_of, read_toml, table_at
from covpath.workflow.shell.dialect import Shell, shell_with


class _Runner(Struct, frozen=True, kw_only=True):
    """A task runner: ``verbs`` come before the task's name, ``tables`` are where tasks are looked up.

    ``direct``: a name that is no task is a program, so nothing is missing. ``shell`` runs its command lines.
    """

    kind: str
    verbs: tuple[tuple[str, ...], ...]
    tables: tuple[tuple[str, tuple[str, ...]], ...]
    direct: bool = False
    valued: frozenset[str] = frozenset()
    shell: Shell = PLAIN_SH


_RUNNERS: tuple[_Runner, ...] = (
    _Runner(
        kind="pdm",
        verbs=(("pdm", "run"), ("pdm",)),
        tables=(("pyproject.toml", ("tool", "pdm", "scripts")),),
        direct=True,
        valued=frozenset({"-p", "--project", "--venv"}),
    ),
    _Runner(kind="rye", verbs=(("rye", "run"),), tables=(("pyproject.toml", ("tool", "rye", "scripts")),), direct=True),
    _Runner(kind="poe", verbs=(("poe",), ("poethepoet",)), tables=(("pyproject.toml", ("tool", "poe", "tasks")),)),
    _Runner(kind="taskipy", verbs=(("task",),), tables=(("pyproject.toml", ("tool", "taskipy", "tasks")),)),
    _Runner(
        kind="pixi",
        verbs=(("pixi", "run"),),
        tables=(("pixi.toml", ("tasks",)), ("pyproject.toml", ("tool", "pixi", "tasks"))),
        direct=True,
        valued=frozenset({"-e", "--environment", "--manifest-path"}),
    ),
    _Runner(
        kind="mise",
        verbs=(("mise", "run"), ("mise", "r")),
        tables=(("mise.toml", ("tasks",)), (".mise.toml", ("tasks",)), (".config/mise.toml", ("tasks",))),
        valued=frozenset({"-C", "--cd", "-j", "--jobs"}),
        shell=shell_with(("sh", "-c", "-o", "errexit")),
    ),
)


class _File(Struct, frozen=True):
    """The file that holds the tasks; ``header`` is the line of their table."""

    path: str
    text: str
    header: int

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


_TEXT_KEYS = ("cmd", "shell", "run", "command", "sh")
_LIST_KEYS = ("composite", "chain", "sequence", "depends-on", "depends_on", "depends", "deps")


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of the task that is named; None where the command is no task runner's."""
    for runner in _RUNNERS:
        index = _behind_verbs(invocation, runner)
        if index is None or index >= len(invocation.words):
            continue
        name = invocation.words[index]
        if name is None:
            return [varying(runner.kind, invocation.raw[index], invocation, invocation.raw[index])]
        steps = _steps(runner, name, invocation.behind(index + 1), reader)
        if steps is not None:
            return steps
    return None


def _behind_verbs(invocation: Invocation, runner: _Runner) -> int | None:
    for verbs in runner.verbs:
        if invocation.name != verbs[0]:
            continue
        index = 1
        for verb in verbs[1:]:
            while index < len(invocation.words) and (invocation.words[index] or "").startswith("-"):
                index += 1
            if index >= len(invocation.words) or invocation.words[index] != verb:
                break
            index += 1
        else:
            while index < len(invocation.words) and (invocation.words[index] or "").startswith("-"):
                index += 2 if invocation.words[index] in runner.valued else 1
            return index
    return None


def _steps(runner: _Runner, name: str, rest: Invocation, reader: Reader) -> list[Step] | None:
    if rest.directory is None:
        return [Step(kind=runner.kind, target=name, place=rest.place, unknown=UNKNOWN_DIRECTORY)]
    seen: list[str] = []
    for file, keys in runner.tables:
        found = reader.find_up(rest.directory, file)
        if found is None:
            continue
        path, text = found
        tasks = table_at(read_toml(text), *keys)
        if name in tasks:
            header = line_of(text, f"[{'.'.join(keys)}]")
            return list(_task(runner, name, tasks, _File(path, text, header), rest, set()))
        seen.append(path)
    if runner.direct:
        return None
    if runner.kind == "taskipy" and not any("[tool.taskipy" in (reader.read(".", path)[1] or "") for path in seen):
        return None
    file = seen[0] if seen else posixpath.normpath(posixpath.join(rest.directory, runner.tables[0][0]))
    return [missing(runner.kind, name, file, what=f"has no task {name}" if seen else "is not in the repository")]


def _task(
    runner: _Runner,
    name: str,
    tasks: dict[str, object],
    file: _File,
    rest: Invocation,
    done: set[str],
    let_off: LetOff | None = None,
) -> Iterator[Step]:
    done.add(name)
    task = tasks[name]
    start = file.line_of_task(name)
    table = task if isinstance(task, dict) else {}
    let_off = _let_off(table, file, start) or let_off
    before = [entry for key in _LIST_KEYS for entry in _as_list(table.get(key))]
    if isinstance(task, list):
        before = task
    for entry in before:
        other = entry if isinstance(entry, str) else table_at(entry).get("task") or table_at(entry).get("ref")
        first = str(other).split()[0] if other else ""
        if first in tasks and first not in done:
            yield from _task(runner, first, tasks, file, rest, done, let_off)
        elif isinstance(entry, str) and first not in tasks:
            yield from _shell(runner, name, entry, file.path, line_of(file.text, entry, start=start), rest, let_off)
        elif isinstance(entry, dict) and entry:
            yield from _task(runner, name, {name: entry}, file, rest, done, let_off)
    single = task if isinstance(task, str) else next((table[key] for key in _TEXT_KEYS if key in table), None)
    lines = single if isinstance(single, list) else [single] if single is not None else []
    if lines and all(isinstance(line, str) for line in lines) and "run" not in table and isinstance(single, list):
        lines = [shlex.join(str(line) for line in lines)]
    for line in lines:
        if isinstance(line, str):
            yield from _shell(runner, name, line, file.path, start, rest, let_off)
    if not before and not lines:
        yield missing(runner.kind, name, file.path, what=f"says nothing of task {name} that can be followed")


def _as_list(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, str) else []


def _let_off(table: dict[str, object], file: _File, start: int) -> LetOff | None:
    """poe's ``ignore_fail``: a sequence that succeeds whatever fails in it."""
    if table.get("ignore_fail") not in (True, "return_zero"):
        return None
    return LetOff(why="`ignore_fail` lets what fails pass", place=Place(file.path, start))


def _shell(
    runner: _Runner, name: str, command: str, path: str, line: int, rest: Invocation, let_off: LetOff | None
) -> list[Step]:
    arguments = " ".join(rest.raw)
    text = command.replace("{args}", arguments) if "{args}" in command else f"{command} {arguments}".rstrip()
    return shell_steps(
        text,
        kind=runner.kind,
        target=name,
        file=path,
        line=line,
        directory=posixpath.dirname(path) or ".",
        shell=runner.shell,
        environment=rest.environment,
        let_off=let_off,
    )
