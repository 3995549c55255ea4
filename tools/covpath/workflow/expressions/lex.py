"""Cutting an expression's text into tokens, by the rules of GitHub's lexical analyser.

Source: actions/runner, ``src/Sdk/Expressions/Tokens/LexicalAnalyzer.cs`` and ``ExpressionUtility.ParseNumber``.
"""

from __future__ import annotations

import math
import re

from msgspec import Struct

from covpath.patterns import regex
from covpath.terms import Word
from covpath.workflow.expressions.tree import ExpressionError

MAX_LENGTH = 21_000
"""Characters in one expression (``ExpressionConstants.MaxLength``)."""

# What .NET calls white space; Python's own notion also has the four separators U+001C to U+001F.
WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
WHITE_CHARACTERS = (
    "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)
_EDGE = rf"()\[\],.!><=&|{WHITE}"
_TOKEN = regex(
    rf"""(?P<space>[{WHITE}]+)
    |(?P<string>'(?:[^']|'')*')
    |(?P<operator>&&|\|\||==|!=|>=|<=|[!><])
    |(?P<mark>[()\[\],*])
    |(?P<dot>\.)
    |(?P<number>[-+0-9](?:[^{_EDGE}]|\.)*)
    |(?P<name>[A-Za-z_][A-Za-z0-9_-]*)(?![^{_EDGE}])
    |(?P<other>.[^{_EDGE}]*)""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = regex(rf"\.(?:[^{_EDGE}]|\.)*", re.DOTALL)
_DECIMAL = regex(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_BASED = regex(r"0x([0-9a-fA-F]+)|0o([0-7]+)")
_CONSTANTS: dict[str, bool | float | None] = {
    "null": None,
    "true": True,
    "false": False,
    "NaN": math.nan,
    "Infinity": math.inf,
}


class Kind(Word):
    """What a token is."""

    MARK = "mark"
    """One of ``( ) [ ] , . *``."""
    OPERATOR = "operator"
    LITERAL = "literal"
    NAME = "name"
    END = "end"


class Token(Struct, frozen=True):
    """A piece of the text; ``value`` is a literal's value."""

    kind: Kind
    text: str
    start: int
    end: int
    value: bool | float | str | None = None


def parse_number(text: str) -> float:
    """The number GitHub makes of a string, NaN where it makes none of it; the empty string is 0."""
    text = text.strip(WHITE_CHARACTERS)
    if not text:
        return 0.0
    if _DECIMAL.fullmatch(text):
        return float(text)
    if based := _BASED.fullmatch(text):
        whole = int(based[1], 16) if based[1] else int(based[2], 8)
        if whole >= 2**32:
            return math.nan
        return float(whole - 2**32 if whole >= 2**31 else whole)  # 32 bits with a sign, as GitHub's
    return {"Infinity": math.inf, "-Infinity": -math.inf}.get(text, math.nan)


def tokens(text: str, base: int = 0) -> tuple[Token, ...]:
    """The tokens of ``text``, an ``END`` last; ``base`` is where the text begins in what surrounds it.

    Raises ExpressionError for text that is too long or holds something that is no token.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"The expression has {len(text)} characters; GitHub reads at most {MAX_LENGTH}.", offset=base + MAX_LENGTH
        )
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        assert match is not None, "one alternative takes any character"
        if match.lastgroup == "dot" and _number_may_start(found):
            match = _NUMBER.match(text, position)
            assert match is not None, "the dot is there"
            found.append(_number(match[0], base + position))
        elif match.lastgroup != "space":
            found.append(_token(match, base, after_dot=bool(found) and found[-1].text == "."))
        position = match.end()
    found.append(Token(Kind.END, "", base + len(text), base + len(text)))
    return tuple(found)


def _number_may_start(before: list[Token]) -> bool:
    """Whether a dot here begins a number (``.5``) and does not ask for a property."""
    return not before or before[-1].kind is Kind.OPERATOR or before[-1].text in {",", "(", "["}


def _token(match: re.Match[str], base: int, *, after_dot: bool) -> Token:
    text, start, end = match[0], base + match.start(), base + match.end()
    kind = match.lastgroup
    if kind == "name":
        if text in _CONSTANTS and not after_dot:
            return Token(Kind.LITERAL, text, start, end, _CONSTANTS[text])
        return Token(Kind.NAME, text, start, end)
    if kind in {"mark", "dot"}:
        return Token(Kind.MARK, text, start, end)
    if kind == "operator":
        return Token(Kind.OPERATOR, text, start, end)
    if kind == "string":
        return Token(Kind.LITERAL, text, start, end, text[1:-1].replace("''", "'"))
    if kind == "number":
        return _number(text, start)
    raise _unexpected(text, start)


def _number(text: str, start: int) -> Token:
    value = parse_number(text)
    if math.isnan(value):
        raise _unexpected(text, start)
    return Token(Kind.LITERAL, text, start, start + len(text), value)


def _unexpected(text: str, start: int) -> ExpressionError:
    hints = {"'": "The string is not closed.", '"': "Strings are written in single quotes."}
    return ExpressionError(f"Unexpected symbol: '{text[:80]}'.", offset=start, hint=hints.get(text[0]))
