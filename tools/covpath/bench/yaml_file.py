"""A YAML file that a packaged schema describes: its data, and the place of every value in it."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from msgspec import Struct

from covpath.errors import InputError, Place
from covpath.yamltext.nodes import Mapping, Node, Plain, Route, deref, node_at, to_plain
from covpath.yamltext.reading import read
from covpath.yamltext.source import Source, decode


class YamlFile(Struct, frozen=True, kw_only=True):
    """Data that its schema has accepted, and where it stands."""

    source: Source
    root: Node
    data: dict[str, Plain]

    def place(self, route: Route, *, key: bool = False) -> Place:
        """Where the value (or its ``key``) stands, or the nearest thing around it."""
        parent = node_at(self.root, route[:-1]) if key and route else None
        real = deref(parent) if parent is not None else None
        entry = real.find(str(route[-1])) if isinstance(real, Mapping) else None
        if entry is not None:
            return self.source.place(entry.key.start)
        while (node := node_at(self.root, route)) is None:
            route = route[:-1]
        return self.source.place(node.start)

    def error(self, message: str, route: Route, hint: str | None = None) -> InputError:
        """An error at the value's place."""
        return InputError(message, place=self.place(route), hint=hint)


def read_yaml(data: bytes, file: str, schema: str) -> YamlFile:
    """The file's data, checked by the packaged schema ``schema``; InputError with a place otherwise."""
    source = decode(file, data)
    root = read(source).root
    plain = None if root is None else to_plain(root)
    if root is None or not isinstance(plain, dict):
        raise InputError("is empty or not a mapping.", place=Place(file, 1, 1), hint=f"See `covpath schema {schema}`.")
    whole = YamlFile(source=source, root=root, data=plain)
    problem = best_match(_validator(schema).iter_errors(plain))
    if problem is not None:
        raise _error(whole, problem, schema)
    return whole


def packaged(name: str) -> bytes:
    """A file that ships with covpath, by its path under ``data``."""
    return files("covpath").joinpath("data", *name.split("/")).read_bytes()


def _error(whole: YamlFile, problem: ValidationError, schema: str) -> InputError:
    route: Route = tuple(problem.absolute_path)
    known = tuple(problem.schema.get("properties", {})) if isinstance(problem.schema, dict) else ()
    hint = f"See `covpath schema {schema}`."
    if problem.validator == "additionalProperties":
        unknown = next(str(key) for key in cast("dict[str, Plain]", problem.instance) if key not in known)
        place = whole.place((*route, unknown), key=True)
        return InputError(f"the key {unknown!r} is not known; known are {', '.join(known)}.", place=place, hint=hint)
    where = "/".join(map(str, route))
    return InputError(f"{where}{': ' if where else ''}{problem.message[:300]}.", place=whole.place(route), hint=hint)


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(packaged(f"schemas/{schema}.schema.json")))
