"""The text of a justfile: recipes with their lines, aliases, modules, variables, imports."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct

from covpath.patterns import regex
from covpath.workflow.recipes.links import Reader

_NAME = regex(r"@?([A-Za-z_][\w-]*)")
_VARIABLE = regex(r"(?:export\s+)?([A-Za-z_][\w-]*)\s*:=\s*(.*)")
_ALIAS = regex(r"alias\s+([\w-]+)\s*:=\s*([\w:-]+)")
_MODULE = regex(r"mod\??\s+([\w-]+)(?:\s+['\"]([^'\"]+)['\"])?\s*$")
_IMPORT = regex(r"import\??\s+['\"]([^'\"]+)['\"]")
_DEPENDENCY = regex(r"\(([^()]*)\)|(&&|[A-Za-z_][\w-]*(?:::[\w-]+)*)")
_PARAMETER = regex(r"([*+$]*[A-Za-z_][\w-]*)(?:=('[^']*'|\"[^\"]*\"|\S+))?")
_SHELL = regex(r"set\s+(shell|script-interpreter)\s*:=\s*\[(.*)\]")
_GUARDS = regex(r"set\s+guards\s*(?::=\s*true\s*)?(?:#.*)?")
_SCRIPT = regex(r"""\[(?:[^'"\]]|'[^']*'|"[^"]*")*?\bscript\b(?:\((.*?)\))?\s*[,\]]""")
_QUOTED = regex(r"'([^']*)'|\"([^\"]*)\"")
_STRING = regex(r"(['\"])(.*?)\1\s*(?:#.*)?$")
_MOST_IMPORTS = 32


class Recipe(Struct, frozen=True, kw_only=True):
    """One recipe; ``before`` and ``after`` are its dependencies with their arguments as written.

    ``script`` is there where ``[script]`` makes its body one script: the interpreter, empty for just's own.
    """

    name: str
    line: int
    parameters: tuple[tuple[str, str | None], ...]
    before: tuple[tuple[str, ...], ...]
    after: tuple[tuple[str, ...], ...]
    body: tuple[tuple[int, str], ...]
    script: tuple[str, ...] | None = None


class Justfile(Struct):
    """A justfile: ``recipes`` in their order, the first one being the default; ``shell`` where one is set.

    ``interpreter`` runs ``[script]`` recipes where it is set; ``guards``: lines may begin with ``?``.
    """

    path: str
    directory: str
    recipes: dict[str, Recipe]
    aliases: dict[str, str]
    variables: dict[str, str]
    modules: dict[str, str | None]
    shell: tuple[str, ...] = ()
    interpreter: tuple[str, ...] = ()
    guards: bool = False


def literal(text: str) -> str | None:
    """A quoted string's value; None for any other expression."""
    match = _STRING.match(text)
    return match[2] if match else None


def read_justfile(path: str, text: str, reader: Reader, seen: frozenset[str] = frozenset()) -> Justfile:
    """Read a justfile and what it imports (not what is ``seen``); lines that are not understood are passed over."""
    justfile = Justfile(path, posixpath.dirname(path) or ".", {}, {}, {}, {})
    borrowed: dict[str, Recipe] = {}
    met = {*seen, path}
    lines = text.splitlines()
    index = 0
    script: tuple[str, ...] | None = None
    while index < len(lines):
        line = lines[index]
        index += 1
        if line.startswith("[") and (match := _SCRIPT.match(line)) is not None:
            script = _words(match[1] or "")
        if not line.strip() or line[0] in " \t#[":
            continue
        if (match := _SHELL.match(line)) is not None:
            if match[1] == "shell":
                justfile.shell = _words(match[2])
            else:
                justfile.interpreter = _words(match[2])
            continue
        if _GUARDS.fullmatch(line.strip()):
            justfile.guards = True
            continue
        if (match := _ALIAS.match(line)) is not None:
            justfile.aliases[match[1]] = match[2]
        elif (match := _MODULE.match(line)) is not None:
            justfile.modules[match[1]] = match[2]
        elif (match := _IMPORT.match(line)) is not None:
            inner_path, inner = reader.read(justfile.directory, match[1])
            if inner is not None and inner_path not in met and len(met) < _MOST_IMPORTS:
                met.add(inner_path)
                imported = read_justfile(inner_path, inner, reader, frozenset(met))
                borrowed |= imported.recipes
                justfile.shell = justfile.shell or imported.shell
        elif (match := _VARIABLE.match(line)) is not None:
            value = literal(match[2])
            if value is not None:
                justfile.variables[match[1]] = value
        else:
            number = index
            body, index = _body(lines, index)
            recipe = _recipe(line, number, body, script)
            script = None
            if recipe is not None:
                justfile.recipes[recipe.name] = recipe
    # A file's own recipes come first: they win, and the first of them is the default.
    justfile.recipes |= {name: recipe for name, recipe in borrowed.items() if name not in justfile.recipes}
    return justfile


def _body(lines: list[str], index: int) -> tuple[list[tuple[int, str]], int]:
    """The indented lines behind a header, their common indentation removed, with their numbers."""
    found: list[tuple[int, str]] = []
    indent = ""
    while index < len(lines) and (not lines[index].strip() or lines[index][0] in " \t"):
        line = lines[index]
        if line.strip():
            indent = indent or line[: len(line) - len(line.lstrip())]
            found.append((index + 1, line.removeprefix(indent)))
        elif found:
            found.append((index + 1, ""))
        index += 1
    while found and not found[-1][1]:
        found.pop()
    return found, index


def _words(text: str) -> tuple[str, ...]:
    """The quoted strings of a list."""
    return tuple(first or second for first, second in _QUOTED.findall(text))


def _recipe(header: str, number: int, body: list[tuple[int, str]], script: tuple[str, ...] | None) -> Recipe | None:
    match = _NAME.match(header)
    colon = _header_end(header)
    if match is None or colon is None:
        return None
    before: list[tuple[str, ...]] = []
    after: list[tuple[str, ...]] = []
    current = before
    for call, name in _DEPENDENCY.findall(re.sub(r"(?:^|\s)#.*", "", header[colon + 1 :])):
        if name == "&&":
            current = after
        elif name:
            current.append((name,))
        elif call.split():
            current.append(tuple(re.findall(r"'[^']*'|\"[^\"]*\"|\S+", call)))
    return Recipe(
        name=match[1],
        line=number,
        parameters=tuple(_parameters(header[match.end() : colon])),
        before=tuple(before),
        after=tuple(after),
        body=tuple(body),
        script=script,
    )


def _header_end(header: str) -> int | None:
    """Where the colon behind the parameters stands: not in quotes, not part of ``:=``."""
    quote = ""
    for index, char in enumerate(header):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == ":" and header[index + 1 : index + 2] != "=":
            return index
    return None


def _parameters(text: str) -> Iterator[tuple[str, str | None]]:
    for match in _PARAMETER.finditer(text):
        yield match[1], literal(match[2]) if match[2] else None
