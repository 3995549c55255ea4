"""The values of expressions, known and unknown, and what GitHub's coercions make of them.

An ``Unknown`` is a set of alternatives: known values, texts with unknown parts, or simply anything. It names
what it depends on. Whatever is computed from it is right for every value it could turn out to have.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import final

from msgspec import Struct, field

from covpath.terms import Tri, Word

MAX_ALTERNATIVES = 16
"""Beyond this many alternatives an unknown value is just anything."""


@final
class Open(Word):
    """An alternative nobody can list."""

    ANY = "anything"
    TRUTHY = "anything that counts as true"


# The kinds of values are final: ``type(value) is Unknown`` tells one as surely as ``isinstance`` does, and
# several times faster where it is another (a Struct's class is not a plain ``type``).
@final
class Pieces(Struct, frozen=True):
    """A text with something unknown between each two pieces; always at least two."""

    pieces: tuple[str, ...]

    def __str__(self) -> str:
        return "*".join(self.pieces)


_ANY_TEXT = Pieces(("", ""))


@final
class Array(Struct, frozen=True, eq=False):
    """A sequence; ``rest`` names what decides further items, none where all are listed.

    Compared by identity, as GitHub compares it. ``filtered`` marks what ``.*`` gave; the further items of such a
    sequence may stand between the others, in whatever order the members of the object have.
    """

    items: tuple[Value, ...]
    rest: frozenset[str] = frozenset()
    filtered: bool = False


@final
class Object(Struct, frozen=True, eq=False):
    """A mapping with case-insensitive keys; ``rest`` is the path of a context whose further keys are not known.

    ``texts``: every further value is a text, empty where there is none (``vars``, ``env``, outputs).
    """

    entries: Mapping[str, Value]
    rest: str | None = None
    texts: bool = False
    _folded: dict[str, Value] = field(default_factory=dict)
    """The entries by folded key; put together when the first is asked for, since most objects never are."""

    def _by_key(self) -> dict[str, Value]:
        for key, value in self.entries.items():
            self._folded.setdefault(fold(key), value)
        return self._folded

    def has(self, key: str) -> bool:
        """Whether ``key`` is certainly there."""
        return fold(key) in (self._folded or self._by_key())

    def get(self, key: str) -> Value:
        """The value at ``key``; null where the object has no such key, unknown where it may have one."""
        folded = self._folded or self._by_key()
        name = fold(key)
        if name in folded:
            return folded[name]
        if self.rest is None:
            return None
        path = f"{self.rest}.{key}"
        return unknown_text(path) if self.texts else unknown(path)


@final
class Unknown(Struct, frozen=True):
    """A value that depends on ``names`` (context paths, functions) and is one of ``among``."""

    names: frozenset[str]
    among: tuple[Alternative, ...] = (Open.ANY,)

    def __str__(self) -> str:
        return f"depends on {', '.join(sorted(self.names))}"


Scalar = bool | float | str | None
Known = Scalar | Array | Object
Alternative = Known | Pieces | Open
Value = Known | Unknown
Plain = bool | float | str | Array | Object | Unknown | Sequence["Plain"] | Mapping[str, "Plain"] | None
"""What callers may hand in: nested plain data, with unknown leaves where something is not known."""

FALSY: tuple[Scalar, ...] = (None, False, 0.0, math.nan, "")
"""Every value that counts as false."""

EITHER: tuple[Scalar, ...] = (True, False)


def unknown(*names: str) -> Unknown:
    """Anything at all, depending on ``names``."""
    return Unknown(frozenset(names))


def unknown_text(*names: str) -> Unknown:
    """Some text, depending on ``names`` (``vars``, ``env``, outputs and ``hashFiles`` are always text)."""
    return Unknown(frozenset(names), (_ANY_TEXT,))


def value_of(plain: Plain) -> Value:
    """Plain data as a value: numbers become floats, mappings and sequences are converted all the way down."""
    match plain:
        case None | bool() | str() | float() | Array() | Object() | Unknown():
            return plain
        case int():
            return float(plain)
        case Mapping():
            return Object({str(key): value_of(item) for key, item in plain.items()})
        case Sequence():
            return Array(tuple(value_of(item) for item in plain))


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """``text`` without its case, as .NET's OrdinalIgnoreCase sees it: one character at a time, never into ASCII."""
    return text.upper() if text.isascii() else "".join(map(_fold_character, text))


def _fold_character(character: str) -> str:
    upper = character.upper()
    return upper if len(upper) == 1 and (character.isascii() or not upper.isascii()) else character


def alternatives(value: Value) -> tuple[Alternative, ...]:
    """What ``value`` can be; one alternative where it is known."""
    return value.among if type(value) is Unknown else (value,)


def names_of(*values: Value) -> frozenset[str]:
    """What the values depend on, themselves (not what lies inside them)."""
    names: frozenset[str] = frozenset()
    for value in values:
        if type(value) is Unknown:
            names |= value.names
    return names


def one_of(names: Iterable[str], found: Iterable[Alternative]) -> Value:
    """The value that is one of ``found``: known where only one known value is left."""
    distinct = {_key(alternative): alternative for alternative in found}
    if len(distinct) == 1:
        only = next(iter(distinct.values()))
        if type(only) is not Pieces and type(only) is not Open:
            return only
    among = tuple(distinct.values())
    if len(among) > MAX_ALTERNATIVES or Open.ANY in distinct.values():
        truthy = all(truth(alternative) is Tri.TRUE for alternative in among)
        among = (Open.TRUTHY if truthy else Open.ANY,)
    return Unknown(frozenset(names), among)


def _key(alternative: Alternative) -> object:
    kind = type(alternative)
    if kind is Array or kind is Object:
        return id(alternative)
    return kind, repr(alternative) if kind is float else alternative


def from_tri(tri: Tri, names: Iterable[str]) -> Value:
    """A boolean, or one of both."""
    return Unknown(frozenset(names), EITHER) if tri is Tri.UNKNOWN else tri is Tri.TRUE


def agreed(tris: Iterable[Tri]) -> Tri:
    """What all of ``tris`` say; unknown where they differ."""
    distinct = set(tris)
    return distinct.pop() if len(distinct) == 1 else Tri.UNKNOWN


def truth(alternative: Alternative) -> Tri:
    """Whether one alternative counts as true."""
    if alternative is None or isinstance(alternative, (bool, str)):
        return Tri.TRUE if alternative else Tri.FALSE
    if isinstance(alternative, float):
        return Tri.of(alternative != 0 and not math.isnan(alternative))
    if type(alternative) is Pieces:
        return Tri.TRUE if any(alternative.pieces) else Tri.UNKNOWN
    return Tri.UNKNOWN if alternative is Open.ANY else Tri.TRUE


def truthy(value: Value) -> Tri:
    """Whether ``value`` counts as true: null, false, 0, NaN and the empty text do not."""
    return agreed(map(truth, value.among)) if type(value) is Unknown else truth(value)


def number_of(known: Known) -> float:
    """A known value as a number, NaN where it is none."""
    if isinstance(known, (bool, float)):
        return float(known)
    if known is None:
        return 0.0
    if not isinstance(known, str):
        return math.nan
    # Imported here: a small file compares no text with a number.
    from covpath.workflow.expressions.lex import parse_number

    return parse_number(known)


def show_number(number: float) -> str:
    """A number as GitHub writes it: 15 significant digits (.NET's ``G15``), so 3.10 is ``3.1``."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    mantissa, exponent = f"{number:.14e}".split("e")
    if -5 < int(exponent) < 15:
        text = f"{number:.{14 - int(exponent)}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    sign = "-" if exponent.startswith("-") else "+"
    return f"{mantissa.rstrip('0').rstrip('.')}E{sign}{exponent.lstrip('+-').zfill(2)}"


def text_of(known: Known) -> str:
    """A known value as text; arrays and objects only say that they are one."""
    if isinstance(known, str):
        return known
    if known is None:
        return ""
    if isinstance(known, bool):
        return "true" if known else "false"
    if isinstance(known, float):
        return show_number(known)
    return "Array" if type(known) is Array else "Object"


def texts(value: Value) -> tuple[str | Pieces, ...]:
    """Every text ``value`` could be written as."""
    return tuple(map(form_of, value.among)) if type(value) is Unknown else (text_of(value),)


def form_of(alternative: Alternative) -> str | Pieces:
    """What one alternative could be written as."""
    if type(alternative) is Pieces:
        return alternative
    return _ANY_TEXT if type(alternative) is Open else text_of(alternative)


def as_text(value: Value) -> str | Unknown:
    """``value`` turned into text; still unknown where it is."""
    return value if isinstance(value, str) else concat((value,))


def concat(parts: Sequence[Value]) -> str | Unknown:
    """The texts of ``parts``, one after the other."""
    known: list[str] = []
    for part in parts:
        if type(part) is Unknown:
            break
        known.append(part if isinstance(part, str) else text_of(part))
    else:
        return "".join(known)
    options = [texts(part) for part in parts]
    if math.prod(map(len, options)) > MAX_ALTERNATIVES:
        options = [choice if len(choice) == 1 else (_ANY_TEXT,) for choice in options]
    joined = one_of(names_of(*parts), (_glue(choice) for choice in product(*options)))
    assert isinstance(joined, (str, Unknown)), "texts were joined"
    return joined


def _glue(parts: Iterable[str | Pieces]) -> str | Pieces:
    pieces = [""]
    for part in parts:
        if isinstance(part, str):
            pieces[-1] += part
        else:
            pieces[-1] += part.pieces[0]
            pieces.extend(part.pieces[1:])
    middle = [piece for piece in pieces[1:-1] if piece]
    return pieces[0] if len(pieces) == 1 else Pieces((pieces[0], *middle, pieces[-1]))


def pattern(value: Value) -> str:
    """``value`` as text with ``*`` for what is not known, such as ``test (*, ubuntu-latest)``."""
    found = {str(text) for text in texts(value)}
    return found.pop() if len(found) == 1 else "*"
