"""Records to JSON data and back. What comes back has passed the packaged schema first."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from covpath.errors import InputError, Place

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

Record = TypeVar("Record")
Route = tuple[str | int, ...]
"""Keys and indexes from a document's root to a value."""


def to_data(record: Any) -> Any:
    """Plain data that ``json`` writes: records as dictionaries, enums by value, tuples as they are."""
    return msgspec.to_builtins(record)


def from_data(kind: type[Record], data: Any, schema: str, place: Callable[[Route], Place]) -> Record:
    """A record of ``kind`` from data that satisfies definition ``schema`` of the evidence schema.

    Raises InputError with the route to what does not fit; ``place`` finds it in the file.
    """
    # Imported here: it takes as long to load as all else that an audit without evidence needs.
    from jsonschema.exceptions import best_match

    problem = best_match(_validator(schema).iter_errors(data))
    if problem is not None:
        route = tuple(problem.absolute_path)
        raise InputError(
            f"{'/'.join(map(str, route)) or 'the document'}: {problem.message[:300]}.",
            place=place(route),
            hint="See `covpath schema evidence`.",
        )
    return msgspec.convert(data, kind)


def place_in_json(text: str, route: Route, file: str) -> Place:
    """Line and column of the value at ``route`` in a JSON text that has one."""
    decode = json.JSONDecoder().raw_decode
    at = _after_blanks(text, 0)
    for step in route:
        in_object = text[at] == "{"
        at = _after_blanks(text, at + 1)
        index = 0
        while text[at] not in "]}":
            name: str | int = index
            if in_object:
                name, at = decode(text, at)
                at = _after_blanks(text, _after_blanks(text, at) + 1)  # past the colon
            if name == step:
                break
            _, at = decode(text, at)
            at = _after_blanks(text, at)
            at = _after_blanks(text, at + 1) if text[at] == "," else at
            index += 1
    return Place(file, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


def _after_blanks(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


@cache
def _validator(definition: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    text = (files("covpath") / "data" / "schemas" / "evidence.schema.json").read_text("utf-8")
    return Draft202012Validator({"$defs": json.loads(text)["$defs"], "$ref": f"#/$defs/{definition}"})
