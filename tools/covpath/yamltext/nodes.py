"""The tree of a YAML file with exact spans; every scalar knows where it came from.

Offsets are character offsets into ``Source.text``. ``start``/``end`` enclose a node's own
text, without its anchor and tag (``outer_start`` includes them) and, for block scalars and
block collections, without the blank lines and comments that follow.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TypeAlias, final

from msgspec import Struct

from covpath.patterns import regex

Route: TypeAlias = tuple[str | int, ...]
"""The way from a document's root to a node: mapping keys and sequence indexes."""

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
"""A node's data without places."""

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INT = regex(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = regex(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = {
    sign + word: value
    for sign, value in (("", math.inf), ("+", math.inf), ("-", -math.inf))
    for word in (".inf", ".Inf", ".INF")
} | dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan)
_LONGEST_INT = 300
"""Digits of a number that still fits a double, which is what GitHub makes of any number."""
_STR_TAGS = ("tag:yaml.org,2002:str", "!")


# The kinds of nodes are final: ``type(node) is Scalar`` tells one as surely as ``isinstance`` does, and
# several times faster where it is another (a Struct's class is not a plain ``type``). None is ever part of
# a cycle (an anchor inside what it names is refused): the garbage collector need not know those that are many.
@final
class Scalar(Struct, eq=False, gc=False):
    """A scalar. ``style`` is ``''`` (plain), ``'``, ``"``, ``|`` or ``>``; ``value`` its text."""

    value: str
    style: str
    start: int
    end: int
    outer_start: int
    anchor: str | None = None
    tag: str | None = None

    def data(self) -> str | int | float | bool | None:
        """The value by the YAML 1.2 core schema (``on``, ``yes`` and ``1:30`` are strings)."""
        if self.tag is None:
            return self.value if self.style else resolve_plain(self.value)
        return self.value if self.tag in _STR_TAGS else resolve_plain(self.value)

    def is_null(self) -> bool:
        """Whether its ``data()`` is None."""
        return self.value in _NULL and self.data() is None


@final
class Alias(Struct, eq=False, gc=False):
    """A use of an anchor; ``target`` is the anchored node itself."""

    name: str
    target: Scalar | Sequence | Mapping
    start: int
    end: int

    @property
    def outer_start(self) -> int:
        """An alias has neither anchor nor tag of its own."""
        return self.start


@final
class Sequence(Struct, eq=False):
    """A list."""

    items: list[Node]
    flow: bool
    start: int
    end: int
    outer_start: int
    anchor: str | None = None
    tag: str | None = None


class Entry(Struct, eq=False, gc=False):
    """One key and its value."""

    key: Scalar
    value: Node


@final
class Mapping(Struct, eq=False):
    """A mapping in source order. Keys are scalars; ``find`` compares their text exactly."""

    entries: list[Entry]
    flow: bool
    start: int
    end: int
    outer_start: int
    anchor: str | None = None
    tag: str | None = None

    def find(self, key: str) -> Entry | None:
        """The entry of a key, or None."""
        for entry in self.entries:
            if entry.key.value == key:
                return entry
        return None

    def get(self, key: str) -> Node | None:
        """The value of a key as written (an Alias stays one), or None."""
        entry = self.find(key)
        return None if entry is None else entry.value


Node: TypeAlias = Scalar | Sequence | Mapping | Alias


def deref(node: Node) -> Scalar | Sequence | Mapping:
    """The node itself, or what an alias stands for."""
    return node.target if type(node) is Alias else node


def resolve_plain(text: str) -> str | int | float | bool | None:
    """A plain scalar's value by the YAML 1.2 core schema, as GitHub reads it."""
    if text in _NULL:
        return None
    first = text[0]
    if first in "tTfF":
        return True if text in _TRUE else False if text in _FALSE else text
    if not (first.isdigit() or first in "+-."):
        return text
    if text.isdecimal() and text.isascii():
        return int(text) if len(text) <= _LONGEST_INT else float(text)
    if first in "+-." and not text[1:2].isdigit() and text[1:2] != ".":
        return _SPECIAL.get(text, text)  # a path, an option
    if _INT.fullmatch(text):
        if text[:2] in ("0o", "0x"):
            return int(text[2:], 8 if text[1] == "o" else 16)
        return int(text) if len(text) <= _LONGEST_INT else float(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return _SPECIAL.get(text, text)


def to_plain(node: Node) -> Plain:
    """A node's data. Aliased parts are repeated; ``reading`` bounds how large that can get."""
    real = deref(node)
    if type(real) is Scalar:
        return real.data()
    if type(real) is Sequence:
        return [to_plain(item) for item in real.items]
    return {entry.key.value: to_plain(entry.value) for entry in real.entries}


def walk(node: Node, route: Route = ()) -> Iterator[tuple[Route, Node]]:
    """Every node written in the file, with its route; aliases are yielded, not entered."""
    yield route, node
    if isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from walk(item, (*route, index))
    elif isinstance(node, Mapping):
        for entry in node.entries:
            yield from walk(entry.value, (*route, entry.key.value))


def node_at(root: Node, route: Route) -> Node | None:
    """The node at a route, looking through aliases on the way (not at the end), or None."""
    node: Node | None = root
    for step in route:
        real = deref(node) if node is not None else None
        if isinstance(real, Mapping) and isinstance(step, str):
            node = real.get(step)
        elif isinstance(real, Sequence) and isinstance(step, int) and -len(real.items) <= step < len(real.items):
            node = real.items[step]
        else:
            return None
    return node


def same(one: Plain, other: Plain) -> bool:
    """Whether two data are equal in value and type (``1``, ``1.0``, ``true`` and ``"1"`` all differ)."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if type(one) is not type(other):
        return False
    return one == other or (one != one and other != other)  # not-a-number equals itself here
