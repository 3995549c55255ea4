"""jq's values: how they add up and print, and the functions that need nothing but a value."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import NoReturn, TypeAlias

from covpath.workflow.shell.known.texts import HOLE, Unclear, known


class Maybe(Enum):
    """A boolean that is not known, before anybody had to know it."""

    MAYBE = "maybe"


MAYBE = Maybe.MAYBE
Json: TypeAlias = "bool | float | str | list[Json] | dict[str, Json] | Maybe | None"
Names: TypeAlias = Mapping[str, Json]

Same = Callable[["Json", "Json"], bool]
"""Whether two values are equal."""


class JqError(Exception):
    """What jq reports on standard error, with its exit status."""

    def __init__(self, status: int = 5) -> None:
        super().__init__(status)
        self.status = status


def unclear() -> NoReturn:
    """This is not followed."""
    raise Unclear


_BARE_HOLE = re.compile(rf"(?<=: ){HOLE}(?=\s*[,}}\n])")


def quoted_holes(text: str) -> str:
    """The text with each unknown member of an object written as an unknown text (an output is always one)."""
    return _BARE_HOLE.sub(f'"{HOLE}"', text)


def read_json(text: str) -> Json:
    """The value of a JSON text; what is broken because a part is not known is unclear."""
    try:
        value: Json = json.loads(quoted_holes(text), parse_int=float)
    except (ValueError, RecursionError):
        raise (Unclear() if not known(text) else JqError(2)) from None
    return value


def show(value: Json, *, compact: bool) -> str:
    """A value as jq prints it."""
    separators = (",", ":") if compact else None
    return json.dumps(_whole(value), ensure_ascii=False, indent=None if compact else 2, separators=separators)


def _whole(value: Json) -> object:
    """Numbers without a fraction as integers."""
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if value is MAYBE:
        unclear()
    return int(value) if isinstance(value, float) and value.is_integer() else value


def as_text(value: Json) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else show(value, compact=True)


def members(value: Json) -> list[Json]:
    """The members of an array or object; an error for anything else."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list):
        return value
    raise JqError


def total(left: Json, right: Json) -> Json:
    """``left + right``."""
    if left is None or right is None:
        return right if left is None else left
    if isinstance(left, dict) and isinstance(right, dict):
        return {**left, **right}
    if isinstance(left, list) and isinstance(right, list):
        return [*left, *right]
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, float) and isinstance(right, float):
        return left + right
    raise JqError


def joined(value: Json, separator: str) -> str:
    """An array's items as one text."""
    return separator.join("" if item is None else as_text(item) for item in members(value))


def _length(value: Json, same: Same) -> Json:
    del same
    if isinstance(value, (bool, Maybe)) or (isinstance(value, str) and not known(value)):
        unclear()
    if isinstance(value, float):
        return abs(value)
    return 0.0 if value is None else float(len(value))


def _unique(value: Json, same: Same) -> Json:
    kept: list[Json] = []
    for item in members(value):
        if not any(same(item, other) for other in kept):
            kept.append(item)
    return sorted(kept, key=lambda one: show(one, compact=True))


def _add(value: Json, same: Same) -> Json:
    del same
    result: Json = None
    for item in members(value):
        result = total(result, item)
    return result


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else unclear()


def _string(value: Json) -> str:
    return value if isinstance(value, str) else unclear()


def _end(value: Json, which: int) -> Json:
    items = members(value)
    return items[which] if items else None


ARITHMETIC: dict[str, Callable[[float, float], Json]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}
PLAIN: dict[str, Callable[[Json, Same], Json]] = {
    "add": _add,
    "ascii_downcase": lambda value, _: _string(value).lower(),
    "first": lambda value, _: _end(value, 0),
    "fromjson": lambda value, _: read_json(_string(value)),
    "keys": lambda value, _: [*sorted(_object(value))],
    "keys_unsorted": lambda value, _: [*_object(value)],
    "last": lambda value, _: _end(value, -1),
    "length": _length,
    "to_entries": lambda value, _: [{"key": key, "value": item} for key, item in _object(value).items()],
    "tojson": lambda value, _: show(value, compact=True),
    "tostring": lambda value, _: as_text(value),
    "unique": _unique,
}
"""Functions of one value, without arguments."""
