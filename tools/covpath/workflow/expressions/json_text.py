"""``toJSON``, which pretty-prints, and ``fromJSON``, which is strict."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NoReturn

from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Array, Object, Unknown, Value, concat, text_of, unknown_text, value_of

MAX_DEPTH = 100
"""Levels of arrays and objects that ``fromJSON`` reads (``JsonParser.MaxDepth``)."""


def written(value: Value) -> str | Unknown:
    """``value`` as ``toJSON`` writes it: two spaces a level, ``"key": value``, empty ones as ``[]`` and ``{}``."""
    return concat(tuple(_parts(value, 0)))


def _parts(value: Value, level: int) -> Iterator[Value]:
    match value:
        case Unknown():
            yield unknown_text(*value.names)
        case Array(items=items, rest=rest):
            yield from _collection("[]", [("", item) for item in items], rest, level)
        case Object(entries=entries, rest=path):
            keyed = [(f"{json.dumps(key, ensure_ascii=False)}: ", item) for key, item in entries.items()]
            yield from _collection("{}", keyed, frozenset() if path is None else frozenset({path}), level)
        case str():
            yield json.dumps(value, ensure_ascii=False)
        case None:
            yield "null"
        case _:
            yield text_of(value)


def _collection(brackets: str, members: list[tuple[str, Value]], rest: frozenset[str], level: int) -> Iterator[Value]:
    if rest:
        yield brackets[0]
        yield unknown_text(*rest)
        yield brackets[1]
    elif not members:
        yield brackets
    else:
        for number, (key, item) in enumerate(members):
            yield f"{',' if number else brackets[0]}\n{'  ' * (level + 1)}{key}"
            yield from _parts(item, level + 1)
        yield f"\n{'  ' * level}{brackets[1]}"


def read(text: str) -> Value:
    """The value ``fromJSON`` makes of ``text``. Raises ExpressionError for anything but strict JSON."""
    try:
        if _depth(text) > MAX_DEPTH:
            raise ValueError(text)
        return value_of(json.loads(text, parse_int=float, parse_constant=_no_constant, object_pairs_hook=_first_wins))
    except (ValueError, RecursionError) as error:
        raise ExpressionError(f"fromJSON was given something that is not JSON: '{text[:40]}'.") from error


def _depth(text: str) -> int:
    """How deeply brackets are nested at most; those inside texts count too, which only errs on the safe side."""
    deepest = level = 0
    for character in text:
        if character in "[{":
            level += 1
            deepest = max(deepest, level)
        elif character in "]}":
            level -= 1
    return deepest


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _first_wins(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Of keys that differ only in case GitHub keeps the first; of equal keys too."""
    found: dict[str, object] = {}
    for key, value in pairs:
        found.setdefault(key, value)
    return found
