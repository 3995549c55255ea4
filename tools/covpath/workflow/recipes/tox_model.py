"""The model of a tox configuration: environments with their commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from covpath.workflow.recipes.links import Settings

Words = tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToxCommand:
    """One command of an environment."""

    words: Words
    line: int
    ignored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One environment; ``commands`` takes the positional arguments of the command line."""

    name: str
    directory: str
    variables: Settings
    commands: Callable[[Words], list[ToxCommand]]


@dataclass(slots=True)
class ToxConfig:
    """A configuration file; ``listed`` are the environments run by default, ``known`` all that are named."""

    path: str
    listed: list[str]
    known: list[str]
    environment: Callable[[str], Environment | None]


def expand_braces(text: str) -> list[str]:
    """``py{310,311}-cov`` as ``py310-cov`` and ``py311-cov``; ranges such as ``{10-12}`` too."""
    match = re.search(r"\{([^{}]*)\}", text)
    if match is None:
        return [text]
    options: list[str] = []
    for option in match[1].split(","):
        bounds = re.fullmatch(r"\s*(\d+)-(\d+)\s*", option)
        if bounds is not None and int(bounds[2]) - int(bounds[1]) < 100:
            options += [str(number) for number in range(int(bounds[1]), int(bounds[2]) + 1)]
        else:
            options.append(option.strip())
    found = [f"{text[: match.start()]}{option}{text[match.end() :]}" for option in options]
    return [whole for part in found[:64] for whole in expand_braces(part)][:256]
