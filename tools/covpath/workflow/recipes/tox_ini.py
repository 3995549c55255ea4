"""tox's INI configuration: factor conditions, references, generated names."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator

from msgspec import Struct

from covpath.errors import Place
from covpath.patterns import regex
from covpath.workflow.recipes.ini import Ini, Lines
from covpath.workflow.recipes.links import LetOff, Settings
from covpath.workflow.recipes.tox_model import PLACES, Environment, ToxCommand, ToxConfig, Words, expand_braces, made_of

_FACTORS = regex(r"(?P<factors>[\w!{},.-]+(?:,\s+[\w!{},.-]+)*)\s*:(?:\s+|$)(?P<rest>.*)")
_REFERENCE = regex(r"\{(?P<inner>[^{}]*)\}")
_LONGEST = 20_000
"""Characters of a command after its references are put in."""
_TRUE = frozenset({"true", "1", "t", "yes", "y", "on"})
"""What tox's own conversion takes for true."""
_FROM_AROUND = regex(r"\{env:[^{}:]+:?([^{}]*)\}")
_OPAQUE = "\0"
"""Stands in a command for text that is not known."""


def config_from_ini(path: str, sections: Ini, root: str) -> ToxConfig:
    """The environments of a ``tox.ini``'s sections; ``root`` is the directory it stands in."""
    tox = sections.get("tox", {})
    listed = _names(tox.get("envlist", tox.get("env_list", ())))
    headers: dict[str, str] = {}
    for section in sections:
        if section.startswith("testenv:"):
            for name in _names(((0, section.removeprefix("testenv:")),)):
                headers.setdefault(name, section)
    known = list(dict.fromkeys([*listed, *headers]))

    def environment(name: str) -> Environment | None:
        if name not in headers and name not in listed and not _made_of_factors(name, known, sections):
            return None
        chain = [sections[key] for key in (headers.get(name, ""), "testenv") if key in sections]
        return _ini_environment(name, chain, sections, root, path)

    return ToxConfig(path, listed, known, environment)


def _made_of_factors(name: str, known: list[str], sections: Ini) -> bool:
    """tox runs any name it knows the factors of; python versions are always known."""
    factors = {factor for other in known for factor in other.split("-")}
    conditions = {
        factor
        for section in sections.values()
        for lines in section.values()
        for _, line in lines
        if (match := _FACTORS.match(line)) is not None
        for factor in re.split(r"[\s,!{}-]+", match["factors"])
    }
    return made_of(name, factors | conditions)


def _names(lines: Lines) -> list[str]:
    text = " ".join(line for _, line in lines)
    pieces = re.findall(r"(?:\{[^{}]*\}|[^\s,{}])+", text)
    return list(dict.fromkeys(name for piece in pieces for name in expand_braces(piece)))


def _ini_environment(name: str, chain: list[dict[str, Lines]], sections: Ini, root: str, path: str) -> Environment:
    def value(*keys: str) -> Lines:
        for section in chain:
            for key in keys:
                if key in section:
                    return _for_factors(section[key], name)
        return ()

    scope = _Scope(name, root, sections)
    changed = " ".join(line for _, line in value("changedir", "change_dir"))
    directory = root if not changed else posixpath.normpath(posixpath.join(root, scope.plain(changed)))

    def commands(posargs: Words) -> list[ToxCommand]:
        found: list[ToxCommand] = []
        for key in ("commands_pre", "commands", "commands_post"):
            found += scope.commands(value(key), posargs)
        return found

    outcome = next(((number, line) for number, line in value("ignore_outcome")), (0, ""))
    let_off = None
    if scope.plain(outcome[1]).strip().lower() in _TRUE:
        let_off = LetOff(why="`ignore_outcome` lets the environment fail", place=Place(path, outcome[0] or None))
    return Environment(
        name=name,
        directory=directory,
        variables=_variables(value("setenv", "set_env"), scope),
        commands=commands,
        let_off=let_off,
    )


def _variables(lines: Lines, scope: _Scope) -> Settings:
    """What ``setenv`` sets; a variable from around it is taken to have its default there."""
    pairs = (_FROM_AROUND.sub(r"\1", line).partition("=") for _, line in lines if "=" in line)
    return tuple((name.strip(), scope.known(value.strip())) for name, _, value in pairs)


def _joined_lines(lines: Lines) -> Iterator[tuple[int, str]]:
    """Lines with their backslash continuations joined."""
    pending = ""
    start = 0
    for number, line in lines:
        start = start if pending else number
        pending += line
        if pending.endswith("\\"):
            pending = pending[:-1] + " "
            continue
        if pending.strip():
            yield start, pending.strip()
        pending = ""
    if pending.strip():
        yield start, pending.strip()


def _for_factors(lines: Lines, name: str) -> Lines:
    """The lines whose factor conditions hold for an environment, the conditions removed."""
    factors = set(name.split("-"))
    found: list[tuple[int, str]] = []
    for number, line in _joined_lines(lines):
        match = _FACTORS.match(line)
        if match is None:
            found.append((number, line))
        elif _holds(match["factors"], factors):
            found.append((number, match["rest"]))
    return tuple(found)


def _holds(condition: str, factors: set[str]) -> bool:
    for alternative in _names(((0, condition),)):
        wanted = alternative.split("-")
        if all((part[1:] not in factors) if part.startswith("!") else part in factors for part in wanted):
            return True
    return False


class _Scope(Struct):
    """What references in an environment's values come to."""

    name: str
    root: str
    sections: Ini

    def plain(self, text: str) -> str:
        """A value with its references put in; what is not known is dropped."""
        return self._resolve(text, (), 0).replace(_OPAQUE, "")

    def known(self, text: str) -> str | None:
        """The same; None where anything in it is not known."""
        found = self._resolve(text, (), 0) if "{" in text else text
        return None if _OPAQUE in found or "{" in found else found

    def commands(self, lines: Lines, posargs: Words) -> list[ToxCommand]:
        found: list[ToxCommand] = []
        for number, line in self._referred(lines, 0):
            mark = line[:1] if line[:1] == "-" or line[:2] == "! " else ""
            words = _split(self._resolve(line.lstrip("-! ") if mark else line, posargs, 0))
            if words:
                found.append(ToxCommand(words=words, line=number, mark=mark))
        return found

    def _referred(self, lines: Lines, depth: int) -> Iterator[tuple[int, str]]:
        """Lines, with ``{[section]key}`` lines replaced by what they name."""
        for number, line in lines:
            reference = re.fullmatch(r"\{\[([^\]]+)\](\w+)\}", line)
            if reference is not None and depth < 8:
                section = self.sections.get(reference[1], {})
                yield from self._referred(_for_factors(section.get(reference[2], ()), self.name), depth + 1)
            else:
                yield number, line

    def _resolve(self, text: str, posargs: Words, depth: int) -> str:
        for _ in range(12):
            changed = _REFERENCE.sub(lambda match: self._reference(match["inner"], posargs, depth), text)
            if changed == text or len(changed) > _LONGEST:
                break
            text = changed
        return text

    def _reference(self, inner: str, posargs: Words, depth: int) -> str:
        name, _, default = inner.partition(":")
        if name == "posargs" or inner == "":
            given = " ".join(_OPAQUE if word is None else shlex.quote(word) for word in posargs)
            return given if posargs else default
        if name in {"envname", "env_name"}:
            return self.name
        if name in {"envpython", "env_python"}:
            return "python"
        if name in PLACES:
            return PLACES[name]
        if name == "/":
            return "/"
        if name == "env":
            return default.partition(":")[2] or _OPAQUE
        section = re.fullmatch(r"\[([^\]]+)\](\w+)", inner)
        if section is not None and depth < 8:
            lines = _for_factors(self.sections.get(section[1], {}).get(section[2], ()), self.name)
            return self._resolve(" ".join(line for _, line in lines), posargs, depth + 1)
        return _OPAQUE


def _split(text: str) -> Words:
    try:
        words = shlex.split(text, comments=True)
    except ValueError:
        words = text.split()
    return tuple(None if _OPAQUE in word else word for word in words)
