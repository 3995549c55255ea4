"""The model of a followed recipe: invocations, the steps a recipe leads to, and the chains they form."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from msgspec import Struct, field
from msgspec.structs import replace

from covpath.errors import Place
from covpath.patterns import regex
from covpath.terms import Fact, Tri
from covpath.workflow.shell.dialect import Shell
from covpath.workflow.shell.syntax import Command, Script

Settings = tuple[tuple[str, str | None], ...]
"""Environment variables in the order they were set; None where a value is not static."""

UNKNOWN_DIRECTORY = "the directory it runs in is not known"
_EXPRESSION = regex(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_OPAQUE = regex(r"\$\{\{ '((?:[^']|'')*)' \}\}")
_VARIABLE = regex(r"(?<!\\)\$\{?([A-Za-z_]\w*)")


class LetOff(Struct, frozen=True, kw_only=True):
    """Why a recipe's runner goes on where a command fails; ``fails`` is UNKNOWN where it may not."""

    why: str
    place: Place | None
    fails: Tri = Tri.FALSE


class Within(Struct, frozen=True, kw_only=True):
    """The shell text a command stands in.

    ``shell`` runs it: None for the shell around the recipe (``source``). ``outer`` is the text this
    one is an argument in (``bash -c '...'``).
    """

    command: Command
    script: Script
    shell: Shell | None
    outer: Within | None = None


class Invocation(Struct, frozen=True, kw_only=True):
    """One command as it would be run.

    ``words`` are the static texts (None where a word varies), ``raw`` the words as written.
    ``directory`` is relative to the repository's root ("." there), None where it cannot be told.
    ``within`` is the shell text it stands in, if any; ``let_off`` is there where its runner does not
    pass its failure on (``-`` in front of it in make, just, tox).
    """

    words: tuple[str | None, ...]
    raw: tuple[str, ...]
    text: str
    directory: str | None = "."
    environment: Settings = ()
    place: Place | None = None
    within: Within | None = None
    let_off: LetOff | None = None

    @property
    def name(self) -> str:
        """The program's name without its path; empty where it is not static."""
        return (self.words[0] or "").replace("\\", "/").rpartition("/")[2] if self.words else ""

    def behind(self, count: int) -> Invocation:
        """The same without its first ``count`` words."""
        return replace(self, words=self.words[count:], raw=self.raw[count:])

    def value_of(self, name: str) -> str | None:
        """What an environment variable is set to, as written; None where it is not set here."""
        return next((value for known, value in reversed(self.environment) if known == name), None)


class Step(Struct, frozen=True, kw_only=True):
    """What a recipe leads to: a command, or something that cannot be followed and why.

    ``kind`` names the recipe's tool, ``target`` what was asked of it, ``place`` where that is written.
    """

    kind: str
    target: str
    place: Place | None
    invocation: Invocation | None = None
    unknown: str | None = None
    depends_on: tuple[str, ...] = ()


class Link(Struct, frozen=True, kw_only=True):
    """One link of a chain; ``unknown`` says why the chain ends here without a command.

    ``within`` and ``let_off`` are those of its command.
    """

    kind: str
    target: str
    place: Place | None
    text: str
    depends_on: tuple[str, ...] = ()
    unknown: str | None = None
    within: Within | None = None
    let_off: LetOff | None = None


class End(Fact):
    """How a chain ends."""

    MEASURES = "measures"
    """With a command that measures coverage."""
    COMMAND = "command"
    """With a command that leads no further and measures nothing."""
    UNKNOWN = "unknown"
    """With a link that could not be followed."""


class Chain(Struct, frozen=True, kw_only=True):
    """From a workflow's command (the first link) down to what really runs.

    ``final`` is the last command; None where ``end`` is UNKNOWN.
    """

    links: tuple[Link, ...]
    end: End
    final: Invocation | None = None

    @property
    def depends_on(self) -> tuple[str, ...]:
        """Everything any link depends on, in order."""
        return tuple(dict.fromkeys(name for link in self.links for name in link.depends_on))

    @property
    def unknown(self) -> str | None:
        """Why the chain could not be followed to its end."""
        return self.links[-1].unknown

    @property
    def parts(self) -> tuple[str, ...]:
        """The links for people: commands, and between them the places where the next one stands."""
        shown: list[str] = []
        for link in self.links:
            place = str(Place(link.place.file, link.place.line)) if link.place is not None and shown else ""
            if place and place not in shown[-2:]:
                shown.append(place)
            if link.text:
                shown.append(link.text)
            if link.unknown is not None:
                shown.append(f"unknown: {link.unknown}")
        return tuple(shown)

    def __str__(self) -> str:
        """``just coverage -> justfile:12 -> cargo llvm-cov``."""
        note = f" (depends on {', '.join(self.depends_on)})" if self.depends_on else ""
        return " -> ".join(self.parts) + note


ReadFile = Callable[[str], str | None]
"""A file's text by its path from the repository's root; None where there is no such file."""

_MOST_FILES = 400
_LONGEST_FILE = 2_000_000


class Reader(Struct):
    """Reads a repository's files, each once, none outside of it, and not without end.

    ``folder`` is where a job has checked the repository out, if not where its steps start.
    """

    read_file: ReadFile
    folder: str = ""
    _known: dict[str, str | None] = field(default_factory=dict)

    def read(self, directory: str, path: str) -> tuple[str, str | None]:
        """The path from the root, and the file's text."""
        joined = posixpath.normpath(posixpath.join(directory, path))
        if self.folder and f"{joined}/".startswith(f"{self.folder}/"):
            joined = joined[len(self.folder) + 1 :] or "."
        if joined.startswith(("..", "/")) or "\0" in joined:
            return joined, None
        if joined not in self._known:
            if len(self._known) >= _MOST_FILES:
                return joined, None
            text = self.read_file(joined)
            self._known[joined] = None if text is None or len(text) > _LONGEST_FILE else text
        return joined, self._known[joined]

    def find_up(self, directory: str, *names: str) -> tuple[str, str] | None:
        """The first of ``names`` that exists in a directory or in one above it."""
        while True:
            for name in names:
                path, text = self.read(directory, name)
                if text is not None:
                    return path, text
            if directory in {".", "", "/"}:
                return None
            directory = posixpath.dirname(directory) or "."


def missing(kind: str, target: str, file: str, *, what: str = "is not in the repository") -> Step:
    """The step for a file that a recipe needs and that is not there."""
    return Step(kind=kind, target=target, place=Place(file), unknown=f"{file} {what}")


def varying(kind: str, target: str, invocation: Invocation, raw: str, *, place: Place | None = None) -> Step:
    """The step for a target that is only known while the workflow runs."""
    names = varying_names(raw)
    reason = f"{kind} {raw} depends on {', '.join(names)}" if names else f"{kind} {raw} is not static"
    return Step(kind=kind, target=target, place=place or invocation.place, unknown=reason, depends_on=names)


def opaque(written: str) -> str:
    """Text that a recipe's tool will replace, in a form the shell reader keeps together and calls varying."""
    return "${{ '" + written.replace("'", "''").replace("\n", " ") + "' }}"


def as_written(text: str) -> str:
    """The text with what ``opaque`` made of it put back."""
    return _OPAQUE.sub(lambda match: match[1].replace("''", "'"), text)


def varying_names(raw: str) -> tuple[str, ...]:
    """What a word depends on: ``matrix.tox_env`` for an expression, ``$NAME`` for a variable."""
    names = [" ".join(match[1].split()) for match in _EXPRESSION.finditer(raw)]
    rest = _EXPRESSION.sub("", raw)
    return tuple(dict.fromkeys([*names, *(f"${name}" for name in _VARIABLE.findall(rest))]))
