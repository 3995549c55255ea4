"""just: recipes of a justfile, their dependencies, aliases, modules and simple variables."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct, field

from covpath.errors import Place
from covpath.patterns import regex
from covpath.workflow.recipes.invocations import PLAIN_SH, shell_steps
from covpath.workflow.recipes.justfile import Justfile, Recipe, literal, read_justfile
from covpath.workflow.recipes.links import (
    UNKNOWN_DIRECTORY,
    Invocation,
    LetOff,
    Reader,
    Settings,
    Step,
    missing,
    opaque,
    varying,
)
from covpath.workflow.shell.dialect import Shell, shell_with

KIND = "just"
PROGRAMS = frozenset({KIND})
_NAMES = ("justfile", "Justfile", ".justfile", "JUSTFILE")
_INTERPOLATION = regex(r"\{\{\s*(.*?)\s*\}\}")
_VALUED = frozenset(
    {
        *("-f", "--justfile", "-d", "--working-directory", "--set", "--shell", "--shell-arg", "--dotenv-path"),
        "--color",
    }
)
_DASH = "just goes on where the line fails (`-` in front of it)"
_GUARD = "just ends the recipe well where the line fails (`?` in front of it)"
_SCRIPT = ("sh", "-eu")
"""What runs a recipe marked ``[script]``."""
_HARMLESS = frozenset(
    {
        *("--list", "-l", "--evaluate", "--summary", "--show", "-s", "--version", "--fmt", "--dump", "-n"),
        "--dry-run",
    }
)


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of the recipes a ``just`` command names."""
    if invocation.name not in PROGRAMS:
        return None
    asked = _arguments(invocation)
    if asked.skip:
        return None
    if invocation.directory is None and asked.file is None:
        return [Step(kind=KIND, target=" ".join(asked.names), place=None, unknown=UNKNOWN_DIRECTORY)]
    directory = invocation.directory or "."
    if asked.file is not None:
        path, text = reader.read(directory, asked.file)
        found = None if text is None else (path, text)
    else:
        found = reader.find_up(posixpath.normpath(posixpath.join(directory, asked.directory or ".")), *_NAMES)
    if found is None:
        return [
            missing(
                KIND, " ".join(asked.names), asked.file or posixpath.normpath(posixpath.join(directory, "justfile"))
            )
        ]
    justfile = read_justfile(found[0], found[1], reader)
    justfile.variables.update(asked.variables)
    if asked.shell:
        program = asked.shell.get("--shell", justfile.shell[:1] or ("sh",))[-1]
        justfile.shell = (program, *asked.shell.get("--shell-arg", justfile.shell[1:] or ("-cu",)))
    return list(_asked_steps(justfile, asked, invocation, reader))


class _Asked(Struct):
    names: list[str]
    raw: list[str]
    variables: dict[str, str]
    file: str | None = None
    directory: str | None = None
    skip: bool = False
    shell: dict[str, tuple[str, ...]] = field(default_factory=dict)


def _arguments(invocation: Invocation) -> _Asked:
    asked = _Asked([], [], {})
    index = 1
    while index < len(invocation.words):
        word = invocation.words[index]
        following = invocation.words[index + 1] if index + 1 < len(invocation.words) else None
        if word is not None and word.startswith("-") and not asked.names:
            option, sign, value = word.partition("=")
            if option in {"-f", "--justfile"}:
                asked.file = value if sign else following
            elif option in {"-d", "--working-directory"}:
                asked.directory = value if sign else following
            elif option in {"--shell", "--shell-arg"}:
                asked.shell[option] = (*asked.shell.get(option, ()), (value if sign else following) or "")
            elif option == "--set" and following is not None:
                asked.variables[following] = (invocation.words[index + 2 : index + 3] or ("",))[0] or ""
                index += 1
            asked.skip = asked.skip or option in _HARMLESS
            index += 2 if option in _VALUED and not sign else 1
            continue
        if word is not None and not asked.names and re.fullmatch(r"[A-Za-z_][\w-]*=.*", word):
            name, _, value = word.partition("=")
            asked.variables[name] = value
        else:
            asked.names.append(word if word is not None else "")
            asked.raw.append(invocation.raw[index])
        index += 1
    return asked


def _asked_steps(justfile: Justfile, asked: _Asked, invocation: Invocation, reader: Reader) -> Iterator[Step]:
    names, raw = list(asked.names), list(asked.raw)
    done: set[object] = set()
    if not names:
        first = next(iter(justfile.recipes), None)
        if first is None:
            yield missing(KIND, "", justfile.path, what="has no recipe")
            return
        names, raw = [first], [first]
    while names:
        name = names.pop(0)
        written = raw.pop(0)
        if not name:
            yield varying(KIND, written, invocation, written, place=Place(justfile.path))
            return
        current = justfile
        parts = name.split("::")
        while parts[0] in current.modules and (len(parts) > 1 or names):
            inner = _module(current, parts[0], reader)
            if inner is None:
                yield missing(KIND, name, posixpath.join(current.directory, f"{parts[0]}.just"))
                return
            current = inner
            parts = parts[1:] or [names.pop(0)]
            raw = raw[len(raw) - len(names) :]
        recipe = current.recipes.get(current.aliases.get(parts[0], parts[0])) if len(parts) == 1 else None
        if recipe is None:
            yield Step(
                kind=KIND, target=name, place=Place(current.path), unknown=f"{current.path} has no recipe {name}"
            )
            return
        arguments = tuple(_given(recipe, names))
        names, raw = names[len(arguments) :], raw[len(arguments) :]
        yield from _recipe_steps(current, recipe, arguments, invocation.environment, reader, done)


def _given(recipe: Recipe, names: list[str]) -> Iterator[str | None]:
    """The arguments a recipe takes off the command line."""
    variadic = any(name[0] in "*+" for name, _ in recipe.parameters)
    for index, name in enumerate(names):
        if not variadic and index >= len(recipe.parameters):
            return
        yield name or None


def _module(justfile: Justfile, name: str, reader: Reader) -> Justfile | None:
    given = justfile.modules[name]
    candidates = [given] if given else [f"{name}.just", f"{name}/mod.just", *(f"{name}/{base}" for base in _NAMES)]
    for candidate in candidates:
        path, text = reader.read(justfile.directory, candidate)
        if text is not None:
            return read_justfile(path, text, reader)
    return None


def _recipe_steps(
    justfile: Justfile,
    recipe: Recipe,
    arguments: tuple[str | None, ...],
    environment: Settings,
    reader: Reader,
    done: set[object],
) -> Iterator[Step]:
    """A recipe's commands between those of its dependencies; just runs the same recipe only once."""
    if (justfile.path, recipe.name, arguments) in done:
        return
    done.add((justfile.path, recipe.name, arguments))
    for call in recipe.before:
        yield from _call_steps(justfile, call, environment, reader, done)
    values = dict(justfile.variables)
    values |= {name: value for name, value in _bound(recipe, arguments).items() if value is not None}
    yield from _body_steps(justfile, recipe, values, environment)
    for call in recipe.after:
        yield from _call_steps(justfile, call, environment, reader, done)


def _call_steps(
    justfile: Justfile, call: tuple[str, ...], environment: Settings, reader: Reader, done: set[object]
) -> Iterator[Step]:
    *modules, name = call[0].split("::")
    current: Justfile | None = justfile
    for module in modules:
        current = _module(current, module, reader) if current is not None and module in current.modules else None
    recipe = current.recipes.get(current.aliases.get(name, name)) if current is not None else None
    if current is None or recipe is None:
        yield Step(
            kind=KIND, target=call[0], place=Place(justfile.path), unknown=f"{justfile.path} has no recipe {call[0]}"
        )
        return
    arguments = tuple(literal(argument) for argument in call[1:])
    yield from _recipe_steps(current, recipe, arguments, environment, reader, done)


def _bound(recipe: Recipe, arguments: tuple[str | None, ...]) -> dict[str, str | None]:
    values: dict[str, str | None] = {}
    rest = list(arguments)
    for name, default in recipe.parameters:
        if name[0] in "*+":
            known = [argument for argument in rest if argument is not None]
            given = " ".join(known) if len(known) == len(rest) else None
            values[name.lstrip("*+$")] = given if rest else (default if default is not None else "")
            rest = []
        else:
            values[name.lstrip("$")] = rest.pop(0) if rest else default
    return values


def _body_steps(justfile: Justfile, recipe: Recipe, values: dict[str, str], environment: Settings) -> Iterator[Step]:
    if recipe.script is not None or (recipe.body and recipe.body[0][1].startswith("#!")):
        yield from _script_steps(justfile, recipe, values, environment)
        return
    pending: list[str] = []
    start = 0
    for number, line in recipe.body:
        start = start if pending else number
        pending.append(line)
        if line.endswith("\\"):
            continue
        text = "\n".join(pending)
        pending = []
        stripped = text.lstrip("@-?" if justfile.guards else "@-")
        marks = text[: len(text) - len(stripped)]
        let_off = None
        if "-" in marks or "?" in marks:
            why = _DASH if "-" in marks else _GUARD
            let_off = LetOff(why=why, place=Place(justfile.path, start))
        if stripped.strip() and not stripped.lstrip().startswith("#"):
            yield from shell_steps(
                _interpolate(stripped, values),
                kind=KIND,
                target=recipe.name,
                file=justfile.path,
                line=start,
                directory=justfile.directory,
                shell=_line_shell(justfile),
                environment=environment,
                let_off=let_off,
            )


def _line_shell(justfile: Justfile) -> Shell:
    """The shell of a recipe's lines: ``sh -cu`` where ``set shell`` says nothing else."""
    return shell_with(justfile.shell) if justfile.shell else PLAIN_SH


def _script_steps(justfile: Justfile, recipe: Recipe, values: dict[str, str], environment: Settings) -> Iterator[Step]:
    """The commands of a recipe that is one script: by its first line, or by ``[script]``."""
    if not recipe.body:
        return
    first = recipe.body[0][1]
    by_line = tuple(first[2:].split()) if first.startswith("#!") else justfile.interpreter or _SCRIPT
    interpreter = recipe.script or by_line
    if not re.search(r"\b(?:ba|da|z)?sh\b", " ".join(interpreter)):
        place = Place(justfile.path, recipe.body[0][0])
        written = " ".join(interpreter)
        yield Step(kind=KIND, target=recipe.name, place=place, unknown=f"the recipe is written for {written}")
        return
    yield from shell_steps(
        _interpolate("\n".join(line for _, line in recipe.body), values),
        kind=KIND,
        target=recipe.name,
        file=justfile.path,
        line=recipe.body[0][0],
        directory=justfile.directory,
        shell=shell_with(interpreter),
        environment=environment,
    )


def _interpolate(text: str, values: dict[str, str]) -> str:
    """Known variables put in; unknown ones become opaque parts of their words."""

    def value(match: re.Match[str]) -> str:
        known = values.get(match[1])
        return known if known is not None else opaque(match[0])

    return _INTERPOLATION.sub(value, text)
