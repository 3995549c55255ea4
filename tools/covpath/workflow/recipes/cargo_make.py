"""cargo-make: the tasks of ``Makefile.toml``."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec.structs import replace

from covpath.errors import Place
from covpath.workflow.recipes.invocations import from_arguments, shell_steps
from covpath.workflow.recipes.links import UNKNOWN_DIRECTORY, Invocation, LetOff, Reader, Step, missing, varying
from covpath.workflow.recipes.toml_text import Table, first_text_line, line_of, read_toml, table_at
from covpath.workflow.shell.dialect import shell_with

KIND = "cargo make"
_SHELL = shell_with(("sh", "-e"))
"""cargo-make lets a script end at its first failure."""
_VALUED = frozenset({"--makefile", "--cwd", "-p", "--profile", "-e", "--env", "--env-file", "-l", "--loglevel"})


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of the task that ``cargo make`` or ``makers`` runs."""
    words = invocation.words
    if invocation.name == "cargo" and words[1:2] == ("make",):
        index = 2
    elif invocation.name in {"makers", "cargo-make"}:
        index = 1
    else:
        return None
    file = "Makefile.toml"
    while index < len(words) and (words[index] or "").startswith("-"):
        following = words[index + 1] if index + 1 < len(words) else None
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
    return list(_task(name, tasks, path, text, invocation, set()))


def _task(name: str, tasks: Table, path: str, text: str, invocation: Invocation, done: set[str]) -> Iterator[Step]:
    task = table_at(tasks, name)
    done.add(name)
    start = line_of(text, f"[tasks.{name}]")
    dependencies = task.get("dependencies")
    called = task.get("run_task")
    others = [*(dependencies if isinstance(dependencies, list) else []), *([called] if isinstance(called, str) else [])]
    for other in others:
        if isinstance(other, str) and other in tasks and other not in done:
            yield from _task(other, tasks, path, text, invocation, done)
    directory = posixpath.dirname(path) or "."
    place = Place(path, start)
    let_off = None
    if task.get("ignore_errors") is True or task.get("force") is True:
        let_off = LetOff(why="`ignore_errors` lets the task fail", place=place)
    command = task.get("command")
    if isinstance(command, str):
        arguments = task.get("args")
        words = (command, *(str(word) for word in (arguments if isinstance(arguments, list) else ())))
        inner = from_arguments(
            tuple(None if "${" in word else word for word in words),
            directory=directory,
            environment=invocation.environment,
            place=place,
            let_off=let_off,
        )
        yield Step(kind=KIND, target=name, place=place, invocation=inner)
    yield from _script(name, task.get("script"), path, text, start, invocation, let_off)


def _script(
    name: str, script: object, path: str, text: str, start: int, invocation: Invocation, let_off: LetOff | None
) -> Iterator[Step]:
    lines = [str(line) for line in script] if isinstance(script, list) else str(script or "").split("\n")
    at = line_of(text, "script", start=start)
    at = at if isinstance(script, list) else first_text_line(text, at)
    steps = shell_steps(
        "\n".join(lines),
        kind=KIND,
        target=name,
        file=path,
        line=at,
        directory=posixpath.dirname(path) or ".",
        shell=_SHELL,
        environment=invocation.environment,
        let_off=let_off,
    )
    for step in steps:
        if isinstance(script, list) and step.place is not None:
            # The entries of a list may share a line, or not.
            place = Place(path, line_of(text, lines[(step.place.line or at) - at], start=at))
            inner = None if step.invocation is None else replace(step.invocation, place=place)
            yield replace(step, place=place, invocation=inner)
        else:
            yield step
