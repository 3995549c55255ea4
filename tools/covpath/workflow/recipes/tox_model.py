"""The model of a tox configuration: environments with their commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from itertools import islice

from msgspec import Struct

from covpath.patterns import regex
from covpath.workflow.recipes.links import LetOff, Settings

Words = tuple[str | None, ...]


class ToxCommand(Struct, frozen=True, kw_only=True):
    """One command of an environment; ``mark`` is what stands in front of it: ``-``, ``!``, or nothing."""

    words: Words
    line: int
    mark: str = ""


class Environment(Struct, frozen=True, kw_only=True):
    """One environment; ``commands`` takes the positional arguments of the command line.

    ``let_off`` is there where tox does not count its failure (``ignore_outcome``).
    """

    name: str
    directory: str
    variables: Settings
    commands: Callable[[Words], list[ToxCommand]]
    let_off: LetOff | None = None


class ToxConfig(Struct):
    """A configuration file; ``listed`` are the environments run by default, ``known`` all that are named."""

    path: str
    listed: list[str]
    known: list[str]
    environment: Callable[[str], Environment | None]


PLACES = {"toxinidir": ".", "tox_root": ".", "toxworkdir": ".tox", "work_dir": ".tox"}
"""What tox's words for its directories come to by default, from the directory of its file."""

_PYTHON = regex(r"(?:(?:py|pypy|python)(?:\d[\d.]*)?|\d+\.\d+)t?")


def made_of(name: str, factors: Collection[str]) -> bool:
    """Whether tox runs an environment that no table names: one whose factors it knows, or that are Python versions."""
    return all(factor in factors or _PYTHON.fullmatch(factor) for factor in name.split("-"))


_MOST_NAMES = 256
_BRACES = regex(r"\{([^{}]*)\}")


def expand_braces(text: str) -> list[str]:
    """``py{310,311}-cov`` as ``py310-cov`` and ``py311-cov``; ranges such as ``{10-12}`` too.

    At most 256 names come of one text.
    """
    names = [text]
    while (match := _BRACES.search(names[0])) is not None:
        options = _options(match[1])
        grown = (_put_first(name, option) for name in names for option in options)
        names = list(islice(grown, _MOST_NAMES))
    return names


def _put_first(text: str, option: str) -> str:
    """The text with its first braces replaced."""
    match = _BRACES.search(text)
    return text if match is None else f"{text[: match.start()]}{option}{text[match.end() :]}"


def _options(inside: str) -> list[str]:
    options: list[str] = []
    for option in inside.split(","):
        bounds = re.fullmatch(r"\s*(\d{1,4})-(\d{1,4})\s*", option)
        if bounds is not None:
            options += [str(number) for number in range(int(bounds[1]), int(bounds[2]) + 1)]
        else:
            options.append(option.strip())
    return options or [""]
