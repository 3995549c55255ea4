from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

from covpath.ledger.model import ENTRY_FIELDS, Accepted
from covpath.ledger.schema import schema_text
from covpath.terms import Decision, EvidenceKind

SCHEMA: dict[str, Any] = json.loads(schema_text())


def fields(schema: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Every field a file may have, by the way to it in the schema."""
    if isinstance(schema, dict):
        for key, inner in schema.items():
            properties = inner if key == "properties" and isinstance(inner, dict) else {}
            if "/if" not in where and "/then" not in where and "/else" not in where:
                yield from ((f"{where}/{name}", field) for name, field in properties.items())
            yield from fields(inner, f"{where}/{key}")
    elif isinstance(schema, list):
        for index, inner in enumerate(schema):
            yield from fields(inner, f"{where}/{index}")


def test_it_is_a_schema_of_its_draft() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMA)


def test_every_field_has_a_title_and_a_description() -> None:
    found = dict(fields(SCHEMA))
    assert "/$defs/entry/target" in found
    assert [way for way, field in found.items() if not (field.get("title") and field.get("description"))] == []


def test_every_definition_has_a_title_and_a_description() -> None:
    assert [name for name, part in SCHEMA["$defs"].items() if not (part.get("title") and part.get("description"))] == []


def test_the_schema_and_the_model_have_the_same_words() -> None:
    entry = SCHEMA["$defs"]["entry"]["properties"]
    assert tuple(entry) == ENTRY_FIELDS
    assert entry["decision"]["enum"] == [decision.value for decision in Decision]
    assert SCHEMA["$defs"]["accepted"]["enum"] == [accepted.value for accepted in Accepted]
    kinds = SCHEMA["$defs"]["evidenceRecord"]["properties"]["kind"]["enum"]
    assert kinds == [kind.value for kind in EvidenceKind]


def test_unknown_keys_are_errors_wherever_keys_are_listed() -> None:
    def closed(part: Any) -> Iterator[bool]:
        if isinstance(part, dict):
            if part.get("type") == "object":
                yield part.get("additionalProperties") is False
            for inner in part.values():
                yield from closed(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from closed(inner)

    assert all(closed(SCHEMA))
