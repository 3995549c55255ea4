"""The glob patterns of ``branches:``, ``tags:`` and ``paths:`` filters.

Source: GitHub's workflow syntax, "filter pattern cheat sheet": ``*`` stops at a slash, ``**`` does not, ``?`` and
``+`` repeat what stands before them, ``!`` takes away what earlier patterns gave; the last match decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

from covpath.patterns import regex

_SPECIAL = regex(r"[*?+\[\]!\\]")
_PIECE = regex(r"(?P<any>\*\*+)|(?P<name>\*)|\[(?P<inside>[^\]]+)\]|\\(?P<escaped>.)|(?P<plain>.)", re.DOTALL)


class _Piece(Struct, frozen=True):
    """One character of some kind (a literal, a set, or anything), and how often it may come."""

    kind: str
    characters: frozenset[str] = frozenset()
    optional: bool = False
    repeated: bool = False

    def takes(self, character: str) -> bool:
        if self.kind == "any":
            return True
        return character != "/" if self.kind == "name" else character in self.characters


def selects(patterns: Sequence[str], name: str) -> bool:
    """Whether a filter with these patterns lets ``name`` pass."""
    selected = False
    for pattern in patterns:
        if matches(pattern.removeprefix("!"), name):
            selected = not pattern.startswith("!")
    return selected


def ignores(patterns: Sequence[str], name: str) -> bool:
    """Whether a ``-ignore`` filter with these patterns keeps ``name`` out."""
    return any(matches(pattern, name) for pattern in patterns)


def is_literal(pattern: str) -> bool:
    """Whether the pattern is one name."""
    return _SPECIAL.search(pattern) is None


def matches(pattern: str, name: str) -> bool:
    """Whether the whole ``name`` fits one pattern (without ``!``); takes time in proportion to both."""
    pieces = _pieces(pattern)
    at = _skipped(pieces, {0})
    for character in name:
        after: set[int] = set()
        for position in at:
            if position < len(pieces) and pieces[position].takes(character):
                after.add(position + 1)
                if pieces[position].repeated:
                    after.add(position)
        at = _skipped(pieces, after)
    return len(pieces) in at


def _skipped(pieces: tuple[_Piece, ...], positions: set[int]) -> set[int]:
    """``positions`` and what can be reached from them by leaving out optional pieces."""
    reached = set(positions)
    for position in sorted(positions):
        while position < len(pieces) and pieces[position].optional and position + 1 not in reached:
            position += 1
            reached.add(position)
    return reached


@lru_cache(maxsize=512)
def _pieces(pattern: str) -> tuple[_Piece, ...]:
    pieces: list[_Piece] = []
    for match in _PIECE.finditer(pattern):
        if match["any"] or match["name"]:
            pieces.append(_Piece("any" if match["any"] else "name", optional=True, repeated=True))
        elif match["inside"]:
            pieces.append(_Piece("set", _set(match["inside"])))
        elif match["plain"] in {"?", "+"} and pieces:
            last = pieces.pop()
            optional, repeated = match["plain"] == "?" or last.optional, match["plain"] == "+" or last.repeated
            pieces.append(_Piece(last.kind, last.characters, optional=optional, repeated=repeated))
        else:
            pieces.append(_Piece("literal", frozenset(match["escaped"] or match["plain"])))
    return tuple(pieces)


def _set(inside: str) -> frozenset[str]:
    """The characters of ``[...]``: single ones and ranges of ASCII."""
    found = set(re.sub(r"(.)-(.)", "", inside))
    for first, last in re.findall(r"(.)-(.)", inside):
        found.update(map(chr, range(ord(first), min(ord(last), 127) + 1)))
    return frozenset(found)
