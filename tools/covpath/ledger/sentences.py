"""Schema errors in words a person understands. Knows the format's vocabulary, not files."""

from __future__ import annotations

import json
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from msgspec import Struct

from covpath.ledger.days import parse_day
from covpath.yamltext.nodes import Route

Sentence = tuple[str, str | None]
"""What is wrong, and what to do."""

_MEANT = {
    "acknowledged": "reason",
    "because": "reason",
    "deadline": "target",
    "due": "target",
    "expires": "target",
    "expiry": "target",
    "sprint": "target",
    "until": "target",
    "why": "reason",
    "workflow": "job",
    "link": "url",
    "path": "file",
    "end": "ends",
    "length": "days",
}
"""Words of other registries for what this format calls otherwise."""

_MISSING = {
    "job": "Add the job, such as `job: ci.yml:coverage`.",
    "decision": "Add `decision:` with larger-runner, new-backend, permanent-advisory or undecided.",
    "reason": "Add `reason:` with one sentence that says why the job does not block.",
    "target": "Add `target:` with a sprint (`sprint 24`) or a day (`2026-10-30`), or set `decision: undecided`.",
    "version": "Begin the file with `version: 1`.",
    "exceptions": "Add `exceptions:`, with `[]` where there are none.",
    "days": "Add `days:`, the length of a sprint in days; it is never guessed.",
}
_TYPES = {
    "string": "text",
    "object": "a mapping",
    "array": "a list",
    "integer": "a whole number",
    "null": "nothing",
}
_FORMS = {
    "Job": "write FILE:ID, the workflow's file name and the job's id, such as `ci.yml:coverage`.",
    "JSON pointer": "write the way to the value inside the JSON file, such as `/sprint`.",
    "Address": "write an address that begins with https://.",
    "Name": "write letters, digits, dots, dashes and underscores only.",
}


class Violation(Struct, frozen=True, kw_only=True):
    """One schema keyword that a value does not satisfy.

    ``wanted`` is the keyword's value in the schema, ``title`` and ``description`` those of
    the schema around it, ``message`` what the validator said.
    """

    keyword: str
    route: Route
    value: Any
    wanted: Any
    title: str | None
    description: str | None
    message: str

    @property
    def name(self) -> str:
        """The field in words: `` `target` ``, ``the entry`` or ``the file``."""
        names = [step for step in self.route if isinstance(step, str)]
        if names == ["exceptions"] and len(self.route) > 1:
            return "the entry"
        return f"`{names[-1]}`" if names else "the file"


def unknown_key(key: str, known: tuple[str, ...]) -> Sentence:
    """The sentence for a key that the format does not have."""
    meant = _MEANT.get(key.lower())
    close = [meant] if meant in known else get_close_matches(key.lower().replace("-", "_"), known, n=1, cutoff=0.6)
    if close:
        return f"there is no key `{key}` here.", f"Did you mean `{close[0]}`?"
    return f"there is no key `{key}` here.", f"Known are {', '.join(known)}."


def sentence(violation: Violation) -> Sentence:
    """What a violation means, and what to do."""
    tell = _TELLERS.get(violation.keyword)
    return tell(violation) if tell else (f"{violation.name}: {violation.message}.", None)


def _shown(value: Any) -> str:
    """A value as it would be written, short enough for a sentence."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"{str(value).lower()}, which YAML reads as a truth value"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "a mapping"


def _required(violation: Violation) -> Sentence:
    missing = [key for key in violation.wanted if key not in violation.value]
    decision = violation.value.get("decision")
    hint = " ".join(_MISSING[key] for key in missing if key in _MISSING) or None
    if missing == ["target"] and isinstance(decision, str):
        return f"the decision {decision} needs a `target`.", hint
    return f"{violation.name} lacks {' and '.join(f'`{key}`' for key in missing)}.", hint


def _type(violation: Violation) -> Sentence:
    allowed = violation.wanted if isinstance(violation.wanted, list) else [violation.wanted]
    wanted = " or ".join(_TYPES[kind] for kind in allowed)
    hint = None
    if violation.title == "Target" and isinstance(violation.value, int):
        hint = f"Write `sprint {violation.value}` or a day such as `2026-10-30`."
    elif "string" in allowed and isinstance(violation.value, (bool, int, float)):
        hint = "Put it in quotes if it is meant as text."
    return f"{violation.name} must be {wanted}, not {_kind(violation.value)}.", hint


def _any_of(violation: Violation) -> Sentence:
    if violation.title == "Target":
        return _not_a_target(violation.value)
    if violation.name == "the entry":
        return "a permanent decision needs a `review`.", (
            "Add `review:` with the sprint or the day on which somebody looks at it again."
        )
    return f"{violation.name} cannot be {_kind(violation.value)}.", violation.description


def _not_a_target(text: str) -> Sentence:
    if text[:4].isdigit() and "-" in text:
        try:
            parse_day(text)
        except ValueError as wrong:
            return str(wrong), None
    return (
        f"`{_shown(text)}` is neither a sprint nor a day.",
        "Write `sprint 24` or a day such as `2026-10-30`.",
    )


def _enum(violation: Violation) -> Sentence:
    allowed = [str(value) for value in violation.wanted]
    close = get_close_matches(str(violation.value), allowed, n=1, cutoff=0.6)
    hint = f"Did you mean `{close[0]}`?" if close else f"Possible are {', '.join(allowed)}."
    if violation.name == "`decision`" and not close:
        hint = f"Possible are {', '.join(allowed)}; having seen a failure is none of them."
    return f"{violation.name} cannot be `{_shown(violation.value)}`.", hint


def _pattern(violation: Violation) -> Sentence:
    if not str(violation.value).strip():
        return f"{violation.name} is empty.", None
    form = _FORMS.get(violation.title or "")
    return f"{violation.name} cannot be `{_shown(violation.value)}`" + (f": {form}" if form else "."), None


def _format(violation: Violation) -> Sentence:
    try:
        parse_day(str(violation.value))
    except ValueError as wrong:
        return str(wrong), None
    return violation.message, None


def _one_of(violation: Violation) -> Sentence:
    return (
        f"{violation.name} must have exactly one of `url`, `file` and `text`.",
        "It says where the evidence is to be found.",
    )


def _min_items(violation: Violation) -> Sentence:
    return f"{violation.name} is an empty list.", "Leave the key out, or name at least one."


def _unique_items(violation: Violation) -> Sentence:
    twice = next(item for index, item in enumerate(violation.value) if item in violation.value[:index])
    return f"{violation.name} names `{_shown(twice)}` twice.", "Remove one of the two."


def _minimum(violation: Violation) -> Sentence:
    return f"{violation.name} must be at least {violation.wanted}, not {violation.value}.", None


def _maximum(violation: Violation) -> Sentence:
    return f"{violation.name} must be at most {violation.wanted}, not {violation.value}.", None


def _const(violation: Violation) -> Sentence:
    if violation.value == str(violation.wanted):
        return f"{violation.name} must be the number {violation.wanted}, not text.", "Remove the quotes."
    return (
        f"{violation.name} must be {violation.wanted}, not {_shown(violation.value)}.",
        "A newer format needs a newer covpath.",
    )


def _min_properties(violation: Violation) -> Sentence:
    return f"{violation.name} is empty.", "Leave the key out, or name what will be changed."


def _dependent_required(violation: Violation) -> Sentence:
    key, needed = next((key, needed) for key, needed in violation.wanted.items() if key in violation.value)
    return f"`{key}` has a meaning only beside `{needed[0]}`.", None


_TELLERS: dict[str, Callable[[Violation], Sentence]] = {
    "required": _required,
    "type": _type,
    "anyOf": _any_of,
    "enum": _enum,
    "pattern": _pattern,
    "format": _format,
    "oneOf": _one_of,
    "minItems": _min_items,
    "uniqueItems": _unique_items,
    "minimum": _minimum,
    "maximum": _maximum,
    "const": _const,
    "minProperties": _min_properties,
    "dependentRequired": _dependent_required,
}
