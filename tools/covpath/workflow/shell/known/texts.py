"""Texts of which parts may not be known: each unknown part is one HOLE."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable

from covpath.terms import Tri

HOLE = "\ufdd0"
"""Stands for any text, possibly none. A noncharacter of Unicode: no script contains it."""

Decide = Callable[[Tri], bool]
"""Turns what is not known into an answer; each answer is tried once."""


class Unclear(Exception):
    """The script does something that is not followed."""


def known(text: str) -> bool:
    """Whether all of the text is known."""
    return HOLE not in text


def equal(left: str, right: str) -> Tri:
    """Whether two texts are the same."""
    if known(left) and known(right):
        return Tri.of(left == right)
    if known(left):
        left, right = right, left
    if known(right):
        return Tri.UNKNOWN if _holed(left).fullmatch(right) else Tri.FALSE
    beginnings, ends = (left.split(HOLE)[0], right.split(HOLE)[0]), (left.split(HOLE)[-1], right.split(HOLE)[-1])
    agree = beginnings[0].startswith(beginnings[1]) or beginnings[1].startswith(beginnings[0])
    agree = agree and (ends[0].endswith(ends[1]) or ends[1].endswith(ends[0]))
    return Tri.UNKNOWN if agree else Tri.FALSE


def _holed(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(piece) for piece in text.split(HOLE)), re.DOTALL)


def empty(text: str) -> Tri:
    """Whether the text is empty."""
    if not text:
        return Tri.TRUE
    return Tri.FALSE if text.strip(HOLE) else Tri.UNKNOWN


def fits(text: str, pattern: str) -> Tri:
    """Whether the whole text fits a shell pattern (``*failure*``)."""
    if not known(pattern):
        return Tri.UNKNOWN
    if known(text):
        return Tri.of(fnmatch.fnmatchcase(text, pattern.replace("[^", "[!")))
    inner = pattern.strip("*")
    if pattern == f"*{inner}*" and not set(inner) & set("*?[\\") and any(inner in piece for piece in text.split(HOLE)):
        return Tri.TRUE
    return Tri.UNKNOWN


def found(expression: re.Pattern[str], text: str) -> Tri:
    """Whether a regular expression matches somewhere in the text."""
    return Tri.of(expression.search(text) is not None) if known(text) else Tri.UNKNOWN


def regex(pattern: str, *, basic: bool = False, flags: int = 0) -> re.Pattern[str]:
    """A POSIX expression as one of Python's. Raises Unclear for what the two read differently."""
    if not known(pattern):
        raise Unclear
    if basic:
        # In basic expressions the backslash gives these their meaning, without it they are letters.
        pattern = re.sub(r"\\?[|(){}+?]", lambda one: one[0][1:] if len(one[0]) == 2 else f"\\{one[0]}", pattern)
    pattern = re.sub(r"\[:(\w+):\]", _character_class, pattern)
    try:
        return re.compile(pattern, flags)
    except re.error:
        raise Unclear from None


_CLASSES = {"space": r"\s", "alpha": "A-Za-z", "digit": "0-9", "alnum": "A-Za-z0-9", "upper": "A-Z", "lower": "a-z",
            "blank": " \t", "punct": re.escape("!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~")}  # fmt: skip


def _character_class(match: re.Match[str]) -> str:
    if match[1] not in _CLASSES:
        raise Unclear
    return _CLASSES[match[1]]
