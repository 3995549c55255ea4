"""What texts are searched for: regular expressions that are compiled when they are first used, and plain words.

A start of covpath meets few of the texts its patterns are about, and compiling one takes as long as
reading a hundred lines of YAML.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

_KNOWN_BY_IT = (
    *("finditer", "findall", "fullmatch", "match", "search", "scanner", "split", "sub", "subn"),
    *("flags", "groupindex", "groups", "pattern"),
)


class _Late:
    """Stands where a compiled pattern would; once used, it has that pattern's own methods."""

    __slots__ = (*_KNOWN_BY_IT, "_flags", "_text")

    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there yet."""
        if name not in _KNOWN_BY_IT:
            raise AttributeError(name)
        compiled = re.compile(self._text, self._flags)
        for one in _KNOWN_BY_IT:
            setattr(self, one, getattr(compiled, one))
        return getattr(self, name)


def regex(text: str, flags: int = 0) -> re.Pattern[str]:
    """``re.compile(text, flags)``, done at the first use.

    The functions of ``re`` itself do not take it; its methods are there for that. What is used in every
    run is better compiled at once.
    """
    return cast("re.Pattern[str]", _Late(text, flags))


def holds_one(text: str, words: Iterable[str]) -> bool:
    """Whether one of some words stands in a text; ``any`` takes longer to begin than most texts to look through."""
    for word in words:  # noqa: SIM110
        if word in text:
            return True
    return False


@contextmanager
def compiled_late(library: str) -> Iterator[None]:
    """While a library is imported: the patterns that its own modules make are compiled at their first use too.

    For a library that uses its patterns by their methods alone, and none of them while it is imported. What it
    imports from elsewhere compiles its patterns as ever.
    """
    at_once = re.compile

    def by_whom(text: str, flags: int = 0) -> re.Pattern[str]:
        module = str(sys._getframe(1).f_globals.get("__name__"))
        return regex(text, flags) if module.partition(".")[0] == library else at_once(text, flags)

    re.compile = by_whom  # type: ignore[assignment]
    try:
        yield
    finally:
        re.compile = at_once
