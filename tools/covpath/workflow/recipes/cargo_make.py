"""cargo-make: the tasks of ``Makefile.toml``. What its options come to was tried with cargo-make 0.37.24."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from covpath.errors import Place
from covpath.workflow.recipes.invocations import from_arguments, shell_steps
from covpath.workflow.recipes.links import UNKNOWN_DIRECTORY, Invocation, LetOff, Reader, Step, missing, varying
from covpath.workflow.recipes.toml_text import Table, first_text_line, line_of, read_toml, table_at
from covpath.workflow.shell.dialect import Shell, shell_with

KIND = "cargo make"
_ALONE = frozenset({"makers", "cargo-make"})
PROGRAMS = _ALONE | {"cargo"}
_SHELL = shell_with(("sh", "-e"))
"""cargo-make puts ``set -e`` in front of a script that does not name its interpreter in its first line."""
_VALUED = frozenset({"--makefile", "--cwd", "-p", "--profile", "-e", "--env", "--env-file", "-l", "--loglevel"})
_IDLE = frozenset({"--print-steps", "--list-all-steps", "--diff-steps", "--list-category-steps", "--version", "--help"})
_SHELLS = frozenset({"@shell", "sh", "bash", "dash"})
_DEEPEST = 8


class _File(Struct, frozen=True):
    path: str
    text: str
    tasks: Table
    reader: Reader
    invocation: Invocation

    @property
    def directory(self) -> str:
        return posixpath.dirname(self.path) or "."

    def task(self, name: str) -> Table:
        """A task with what it extends and what it says for Linux."""
        task = table_at(self.tasks, name)
        for _ in range(_DEEPEST):
            base = task.get("extend")
            if not isinstance(base, str):
                break
            task = {key: value for key, value in task.items() if key != "extend"}
            task = {**table_at(self.tasks, base), **task}
        return {**task, **table_at(task, "linux")}

    def line_of(self, name: str) -> int:
        """Where a task stands: in a table of its own, or as an entry."""
        own = f"[tasks.{name}]"
        return line_of(self.text, own) if own in self.text else line_of(self.text, "[tasks]", f"{name} =")


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of the task that ``cargo make`` or ``makers`` runs."""
    words = invocation.words
    if invocation.name == "cargo" and words[1:2] == ("make",):
        index = 2
    elif invocation.name in _ALONE:
        index = 1
    else:
        return None
    file = "Makefile.toml"
    while index < len(words) and (words[index] or "").startswith("-"):
        following = words[index + 1] if index + 1 < len(words) else None
        if words[index] in _IDLE:
            return None
        if words[index] == "--makefile" and following is not None:
            file = following
        if words[index] in {"-t", "--task"}:
            index += 1
            break
        index += 2 if words[index] in _VALUED else 1
    name = words[index] if index < len(words) else "default"
    if name is None:
        return [varying(KIND, invocation.raw[index], invocation, invocation.raw[index])]
    if invocation.directory is None:
        return [Step(kind=KIND, target=name, place=invocation.place, unknown=UNKNOWN_DIRECTORY)]
    path, text = reader.read(invocation.directory, file)
    if text is None:
        return [missing(KIND, name, path)]
    tasks = table_at(read_toml(text), "tasks")
    if name not in tasks:
        return [missing(KIND, name, path, what=f"has no task {name}")]
    return list(_task(name, _File(path, text, tasks, reader, invocation), set()))


def _task(name: str, file: _File, done: set[str]) -> Iterator[Step]:
    done.add(name)
    task = file.task(name)
    alias = task.get("linux_alias", task.get("alias"))
    if task.get("disabled") is True:
        return
    for other in [*_names(task.get("dependencies")), *_names(alias), *_names(task.get("run_task"))]:
        if other in file.tasks and other not in done:
            yield from _task(other, file, done)
    place = Place(file.path, file.line_of(name))
    let_off = None
    if task.get("ignore_errors") is True or task.get("force") is True:
        let_off = LetOff(why="`ignore_errors` lets the task fail", place=place)
    command = task.get("command")
    if isinstance(command, str):
        arguments = task.get("args")
        words = (command, *(str(word) for word in (arguments if isinstance(arguments, list) else ())))
        inner = from_arguments(
            tuple(None if "${" in word else word for word in words),
            directory=file.directory,
            environment=file.invocation.environment,
            place=place,
            let_off=let_off,
        )
        yield Step(kind=KIND, target=name, place=place, invocation=inner)
    if "script" in task:
        yield from _script(name, task, file, let_off)


def _names(value: object) -> Iterator[str]:
    """The tasks that are named: by a text, a list, or tables with a name or several."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            yield from _names(one.get("name"))


def _script(name: str, task: Table, file: _File, let_off: LetOff | None) -> Iterator[Step]:
    script, runner = task["script"], task.get("script_runner", "@shell")
    start = file.line_of(name)
    if not isinstance(runner, str) or runner not in _SHELLS:
        place = Place(file.path, line_of(file.text, "script_runner", start=start))
        yield Step(kind=KIND, target=name, place=place, unknown=f"the task's script is written for {runner}")
        return
    if isinstance(script, dict):
        parts = [script[key] for key in ("pre", "main", "post") if key in script]
        named = script.get("file")
        if isinstance(named, str):
            path, text = file.reader.read(file.directory, named)
            if text is None:
                yield missing(KIND, name, path)
            else:
                yield from _text_steps(name, text, path, 1, file, let_off)
            return
        script = [line for part in parts for line in (part if isinstance(part, list) else [part])]
    lines = [str(line) for line in script] if isinstance(script, list) else str(script or "").split("\n")
    at = line_of(file.text, "script", start=start)
    at = at if isinstance(script, list) else first_text_line(file.text, at)
    for step in _text_steps(name, "\n".join(lines), file.path, at, file, let_off):
        if isinstance(script, list) and step.place is not None:
            # The entries of a list may share a line, or not.
            place = Place(file.path, line_of(file.text, lines[(step.place.line or at) - at].split("\n")[0], start=at))
            inner = None if step.invocation is None else replace(step.invocation, place=place)
            yield replace(step, place=place, invocation=inner)
        else:
            yield step


def _text_steps(name: str, text: str, path: str, line: int, file: _File, let_off: LetOff | None) -> list[Step]:
    return shell_steps(
        text,
        kind=KIND,
        target=name,
        file=path,
        line=line,
        directory=file.directory,
        shell=_shell(text),
        environment=file.invocation.environment,
        let_off=let_off,
    )


def _shell(text: str) -> Shell:
    first = text.lstrip("\n").partition("\n")[0]
    return shell_with(first[2:].split()) if first.startswith("#!") else _SHELL
