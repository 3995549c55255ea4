"""The JSON Schema of the exceptions file, and its errors as problems with places.

The schema is the one statement of the format that editors and this reader share; what it
cannot express (an owner from two places, two entries for one job) is ``reading``'s.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from covpath.ledger.problems import Inspection
from covpath.ledger.sentences import Violation, sentence, unknown_key
from covpath.yamltext.nodes import Plain

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError


def schema_text() -> str:
    """The schema as it is shipped, for editors."""
    return files("covpath").joinpath("data", "schemas", "exceptions.schema.json").read_text(encoding="utf-8")


def inspect(data: Plain, inspection: Inspection) -> None:
    """Report all that the schema finds wrong with ``data``."""
    for error in _leaves(_validator().iter_errors(data)):
        violation = _violation(error)
        if violation.keyword == "additionalProperties":
            _report_unknown_keys(error, violation, inspection)
        else:
            message, hint = sentence(violation)
            inspection.report(message, violation.route, hint=hint)


@cache
def _validator() -> Draft202012Validator:
    # Imported here: a repository without an exceptions file has nothing to check, and this takes long to load.
    from jsonschema import Draft202012Validator, FormatChecker

    return Draft202012Validator(json.loads(schema_text()), format_checker=FormatChecker(formats=["date"]))


def _leaves(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """The errors that say something: of alternatives, those of the one that was meant.

    The one that was meant is the one whose type fits; where several or none do, the error
    about the alternatives stays.
    """
    for error in errors:
        meant = _meant_alternative(error) if error.validator == "anyOf" else None
        if meant is None:
            yield error
        else:
            yield from _leaves(meant)


def _meant_alternative(error: ValidationError) -> list[ValidationError] | None:
    alternatives: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        alternatives.setdefault(inner.schema_path[0], []).append(inner)
    meant = [each for each in alternatives.values() if not any(_is_of_other_type(inner) for inner in each)]
    return meant[0] if len(meant) == 1 else None


def _is_of_other_type(error: ValidationError) -> bool:
    """Whether an alternative is for another type of value altogether."""
    return error.validator == "type" and not error.relative_path


def _violation(error: ValidationError) -> Violation:
    around: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    return Violation(
        keyword=str(error.validator),
        route=tuple(error.absolute_path),
        value=error.instance,
        wanted=error.validator_value,
        title=around.get("title"),
        description=around.get("description"),
        message=error.message,
    )


def _report_unknown_keys(error: ValidationError, violation: Violation, inspection: Inspection) -> None:
    known = tuple(error.schema.get("properties", {})) if isinstance(error.schema, dict) else ()
    for key in violation.value:
        if key not in known:
            message, hint = unknown_key(key, known)
            inspection.report(message, violation.route, hint=hint, place=inspection.key_place(*violation.route, key))
