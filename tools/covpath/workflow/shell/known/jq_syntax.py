"""The part of jq's language that gates are written in, as a tree."""

from __future__ import annotations

import json
import re
from typing import TypeAlias

from msgspec import Struct

from covpath.workflow.shell.known.texts import Unclear


class Constant(Struct, frozen=True):
    """A literal, or a text without interpolation."""

    value: str | float | bool | None


class Identity(Struct, frozen=True):
    """``.``"""


class Name(Struct, frozen=True):
    """``$name``"""

    name: str


class Member(Struct, frozen=True):
    """``target[key]``; every member where ``key`` is None. ``quiet``: with a ``?``."""

    target: Filter
    key: Filter | None
    quiet: bool = False


class Infix(Struct, frozen=True):
    """``left operator right``, the pipe and the comma included."""

    operator: str
    left: Filter
    right: Filter


class Application(Struct, frozen=True):
    """``name(args; ...)``"""

    name: str
    args: tuple[Filter, ...]


class Listing(Struct, frozen=True):
    """``[ inner ]``"""

    inner: Filter | None


class Record(Struct, frozen=True):
    """``{key: value}``"""

    entries: tuple[tuple[Filter, Filter], ...]


class Conditional(Struct, frozen=True):
    """``if a then b else c end``"""

    condition: Filter
    then: Filter
    otherwise: Filter


class Binding(Struct, frozen=True):
    """``source as $name | body``"""

    source: Filter
    name: str
    body: Filter


class Joined(Struct, frozen=True):
    """A text with interpolations."""

    parts: tuple[Filter, ...]


Filter: TypeAlias = (
    Constant | Identity | Name | Member | Infix | Application | Listing | Record | Conditional | Binding | Joined
)

_SYMBOL = re.compile(
    r"\s*(?:#[^\n]*\n\s*)*(?:(?P<text>\"(?:[^\"\\]|\\.)*\")|(?P<number>\d+(?:\.\d+)?)|(?P<field>\.[A-Za-z_]\w*)"
    r"|(?P<name>\$?[A-Za-z_]\w*)|(?P<mark>\?//|//|==|!=|<=|>=|\.\.|[][(){}|,.:;?<>+*/%-]))",
    re.DOTALL,
)
_LEVELS = (("|",), (",",), ("//",), ("or",), ("and",), ("==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"))
_KEYWORDS = frozenset(
    {"then", "elif", "else", "end", "as", "and", "or", "if", "reduce", "foreach", "def", "try", "label"}
)


def parse_jq(text: str) -> Filter:
    """The tree of a filter. Raises Unclear for what is not part of this subset."""
    parser = _Parser(_symbols(text))
    tree = parser.level(0)
    if parser.peek():
        raise Unclear
    return tree


def _symbols(text: str) -> list[str]:
    symbols: list[str] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _SYMBOL.match(text, position)
        if match is None:
            raise Unclear
        symbols.append(match[match.lastgroup or 0])
        position = match.end()
    return symbols


class _Parser:
    def __init__(self, symbols: list[str]) -> None:
        self.symbols = symbols
        self.at = 0
        self.depth = 0

    def peek(self) -> str:
        return self.symbols[self.at] if self.at < len(self.symbols) else ""

    def take(self, wanted: str | None = None) -> str:
        symbol = self.peek()
        if not symbol or (wanted is not None and symbol != wanted):
            raise Unclear
        self.at += 1
        return symbol

    def level(self, level: int) -> Filter:
        if level == 0:
            self.depth += 1
            if self.depth > 60:
                raise Unclear
        if level == len(_LEVELS):
            return self.postfix()
        left = self.level(level + 1)
        while self.peek() in _LEVELS[level]:
            operator = self.take()
            # The pipe reaches as far as it can, so that a binding in it does too.
            right = self.level(0 if operator == "|" else level + 1)
            left = Infix(operator, left, right)
        if level == 0:
            self.depth -= 1
        return left

    def postfix(self) -> Filter:
        term = self.term()
        while True:
            symbol = self.peek()
            if symbol == "[":
                self.take()
                term = self._bracket(term)
            elif symbol.startswith(".") and len(symbol) > 1 and symbol != "..":
                term = Member(term, Constant(self.take()[1:]))
            elif symbol == "." and self.at + 1 < len(self.symbols) and self.symbols[self.at + 1][:1] in {'"', "["}:
                self.take()
                term = self._dotted(term)
            elif symbol == "?":
                self.take()
                term = Member(term.target, term.key, quiet=True) if isinstance(term, Member) else term
            elif symbol == "as":
                self.take()
                name = self.take()
                self.take("|")
                return Binding(term, name, self.level(0))
            else:
                return term

    def _bracket(self, target: Filter) -> Filter:
        if self.peek() == "]":
            self.take()
            return Member(target, None)
        key = self.level(0)
        self.take("]")
        return Member(target, key)

    def _dotted(self, target: Filter) -> Filter:
        if self.peek() == "[":
            self.take()
            return self._bracket(target)
        return Member(target, _text(self.take()))

    def term(self) -> Filter:
        symbol = self.take()
        if symbol == ".":
            return self._dotted(Identity()) if self.peek()[:1] in {'"', "["} else Identity()
        if symbol.startswith(".") and symbol != "..":
            return Member(Identity(), Constant(symbol[1:]))
        if symbol.startswith('"'):
            return _text(symbol)
        if symbol[0].isdigit():
            return Constant(float(symbol))
        if symbol == "-":
            return Infix("-", Constant(0.0), self.postfix())
        if symbol == "(":
            return self._closed(")")
        if symbol == "[":
            if self.peek() == "]":
                self.take()
                return Listing(None)
            return Listing(self._closed("]"))
        if symbol == "{":
            return self._record()
        if symbol == "if":
            return self._conditional()
        return self._named(symbol)

    def _closed(self, bracket: str) -> Filter:
        inner = self.level(0)
        self.take(bracket)
        return inner

    def _named(self, symbol: str) -> Filter:
        if symbol.startswith("$"):
            return Name(symbol)
        if not symbol[0].isalpha() or symbol in _KEYWORDS:
            raise Unclear
        if symbol in {"true", "false", "null"}:
            return Constant({"true": True, "false": False, "null": None}[symbol])
        args: list[Filter] = []
        if self.peek() == "(":
            self.take()
            args.append(self.level(0))
            while self.peek() == ";":
                self.take()
                args.append(self.level(0))
            self.take(")")
        return Application(symbol, tuple(args))

    def _conditional(self) -> Filter:
        condition = self.level(0)
        self.take("then")
        then = self.level(0)
        symbol = self.take()
        if symbol == "elif":
            return Conditional(condition, then, self._conditional())
        if symbol == "end":
            return Conditional(condition, then, Identity())
        if symbol != "else":
            raise Unclear
        otherwise = self.level(0)
        self.take("end")
        return Conditional(condition, then, otherwise)

    def _key(self, symbol: str) -> Filter:
        if symbol == "(":
            return self._closed(")")
        return _text(symbol) if symbol[0] == '"' else Constant(symbol.lstrip("$"))

    def _record(self) -> Filter:
        entries: list[tuple[Filter, Filter]] = []
        while self.peek() != "}":
            symbol = self.take()
            key = self._key(symbol)
            if self.peek() == ":":
                self.take()
                value = self.level(2)
            else:
                value = Name(symbol) if symbol.startswith("$") else Member(Identity(), key)
            entries.append((key, value))
            if self.peek() == ",":
                self.take()
        self.take("}")
        return Record(tuple(entries))


def _text(symbol: str) -> Filter:
    """A text; ``\\(...)`` in it is an expression of its own."""
    parts: list[Filter] = []
    plain, position, inner = "", 1, symbol[:-1]
    while position < len(inner):
        if inner.startswith("\\(", position):
            end = _closing(inner, position + 2)
            parts += [Constant(_unescaped(plain)), parse_jq(inner[position + 2 : end])]
            plain, position = "", end + 1
        else:
            step = 2 if inner[position] == "\\" else 1
            plain += inner[position : position + step]
            position += step
    if not parts:
        return Constant(_unescaped(plain))
    return Joined((*parts, Constant(_unescaped(plain))))


def _closing(text: str, position: int) -> int:
    depth = 1
    while position < len(text):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position
        position += 1
    raise Unclear


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        raise Unclear from None
