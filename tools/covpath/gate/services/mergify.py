"""What Mergify's settings ask of checks before it merges: each way it merges, with its conditions.

Source: Mergify's documentation and the schema of its configuration file, 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from itertools import islice

from msgspec import Struct

from covpath.errors import InputError, Place
from covpath.gate.services.loose_yaml import entries, is_null, items, text_of, truth, value_of
from covpath.patterns import regex
from covpath.terms import Tri
from covpath.yamltext.nodes import Entry, Node, Scalar, Sequence, deref
from covpath.yamltext.nodes import Mapping as MappingNode
from covpath.yamltext.reading import Document, read
from covpath.yamltext.source import decode

PROTECTIONS = "Mergify Merge Protections"
"""The check that Mergify reports about ``merge_protections``."""

_CONDITION = regex(
    r"(?P<negated>-)?\s*(?P<count>#)?\s*(?P<state>(?:check|status)-[a-z-]+)"
    r"(?:\s*(?P<operator>~=|\*=|!=|>=|<=|[=:≠≥≤<>])\s*(?P<value>.*))?",
    re.DOTALL,
)
_QUEUE_KEYS = ("queue_conditions", "merge_conditions", "conditions")


class Kind(Enum):
    """What a condition is."""

    AND = "and"
    OR = "or"
    NOT = "not"
    CHECK = "check"
    OTHER = "other"
    """About something other than checks: whether it holds is not known."""


class CheckCondition(Struct, frozen=True, kw_only=True):
    """A condition on a check: ``state operator name``, such as ``check-success = tests``.

    ``counted``: it is about how many checks are in that state, and ``name`` is the number. ``app`` pins who
    reports the check.
    """

    state: str
    operator: str
    name: str
    negated: bool
    counted: bool
    app: str | None
    key: str
    place: Place

    def __str__(self) -> str:
        app = f"@{self.app}/" if self.app is not None else ""
        mark = f"{'-' if self.negated else ''}{'#' if self.counted else ''}"
        return f"{mark}{self.state}{self.operator}{app}{self.name}"

    @property
    def is_plain(self) -> bool:
        """Whether it names one check, letter for letter."""
        return not self.counted and self.operator == "="

    @property
    def wants_success(self) -> bool:
        """Whether it holds only when that one check is green."""
        return self.is_plain and not self.negated and self.state in ("check-success", "check-success-or-neutral")

    def names(self, check: str) -> Tri:
        """Whether it speaks of a check of this name; not known of a pattern that could take for ever to try."""
        if self.counted or not self.operator:
            return Tri.FALSE
        if self.operator == "~=":
            return _fits(self.name, check)
        if self.operator == "*=":
            from fnmatch import fnmatchcase

            return Tri.of(fnmatchcase(check, self.name))
        return Tri.of(self.name == check)


_MOST_CHARACTERS, _MOST_REPEATS = 200, 3
_REPEATS = regex(r"[*+?{]")
_REPEATS_A_GROUP = regex(r"\)[*+?{]")


def _fits(pattern: str, check: str) -> Tri:
    """Whether a pattern of Mergify's, which are Python's, is found in a name."""
    if (
        len(pattern) > _MOST_CHARACTERS
        or len(_REPEATS.findall(pattern)) > _MOST_REPEATS
        or _REPEATS_A_GROUP.search(pattern)
    ):
        return Tri.UNKNOWN
    try:
        return Tri.of(re.search(pattern, check[:_MOST_CHARACTERS]) is not None)
    except re.error:
        return Tri.UNKNOWN


class Condition(Struct, frozen=True, kw_only=True):
    """Conditions joined; ``check`` is the one of a leaf that is about a check."""

    kind: Kind
    parts: tuple[Condition, ...] = ()
    check: CheckCondition | None = None

    def checks(self) -> Iterator[CheckCondition]:
        """Every condition on a check inside, in file order."""
        if self.check is not None:
            yield self.check
        for part in self.parts:
            yield from part.checks()

    def needed(self) -> Iterator[CheckCondition]:
        """Those without which the whole cannot hold."""
        if self.check is not None:
            yield self.check
        elif self.kind is Kind.AND or (len(self.parts) == 1 and self.kind is Kind.OR):
            for part in self.parts:
                yield from part.needed()


class WayKind(Enum):
    """How a pull request comes to be merged."""

    QUEUE = "queue"
    """Through a queue, by its own conditions."""
    RULE = "rule"
    """A rule for pull requests merges it, or puts it into a queue."""
    AUTOMATIC = "automatic"
    """As soon as all merge protections hold."""
    PROTECTION = "protection"
    """No way to merge: a condition for the check that Mergify reports about its merge protections."""


class Way(Struct, frozen=True, kw_only=True):
    """One way, and what has to hold for it; for a protection, ``applies`` says when it counts at all."""

    kind: WayKind
    name: str
    condition: Condition
    place: Place
    applies: Condition = Condition(kind=Kind.AND)

    def __str__(self) -> str:
        what = {WayKind.QUEUE: "the queue", WayKind.RULE: "the rule", WayKind.PROTECTION: "the merge protection"}
        return f"{what[self.kind]} `{self.name}`" if self.kind in what else "auto-merge"


class Mergify(Struct, frozen=True, kw_only=True):
    """What a settings file says; ``extends`` where it takes over settings that are not at hand."""

    path: str
    ways: tuple[Way, ...]
    protections: tuple[Way, ...] = ()
    extends: Place | None = None
    readable: bool = True


def unreadable(path: str) -> Mergify:
    """What is known where the settings cannot be read: nothing."""
    return Mergify(path=path, ways=(), readable=False)


def read_mergify(path: str, data: bytes) -> Mergify:
    """Everything a settings file asks of checks. Raises InputError with a place for what is not YAML."""
    document = read(decode(path, data), strict=False)
    root = entries(document.root)
    queues = tuple(_queues(document, root))
    extends = root.get("extends")
    settings = entries(value_of(root, "merge_protections_settings"))
    protections = tuple(_protections(document, root))
    ways = (*queues, *_rules(document, root, queues), *_automatic(document, settings, protections))
    _expect_few(document, (*ways, *protections))
    reported = text_of(value_of(settings, "reporting_method")) != "deployments"
    return Mergify(
        path=path,
        ways=ways,
        protections=protections if reported else (),
        extends=document.source.place(extends.value.start) if extends is not None and text_of(extends.value) else None,
    )


MOST_CONDITIONS = 1_000
"""Conditions on checks in one file; real ones have dozens."""


def _expect_few(document: Document, ways: Iterable[Way]) -> None:
    """Raise InputError where so much is asked that each job would take long to judge."""
    asked = (one for way in ways for one in way.condition.checks())
    if sum(1 for _ in islice(asked, MOST_CONDITIONS + 1)) > MOST_CONDITIONS:
        raise InputError(
            f"asks for more than {MOST_CONDITIONS:,} checks.", place=document.source.place(0), hint="Ask for fewer."
        )


def _queues(document: Document, root: Mapping[str, Entry]) -> Iterator[Way]:
    defaults = entries(value_of(entries(value_of(root, "defaults")), "queue_rule"))
    for rule, node in _named(root, "queue_rules"):
        asked = [key for key in _QUEUE_KEYS if key in rule or key in defaults]
        parts = [_condition(document, (rule.get(key) or defaults[key]).value, key) for key in asked]
        yield _way(document, WayKind.QUEUE, rule, node, parts)


def _rules(document: Document, root: Mapping[str, Entry], queues: tuple[Way, ...]) -> Iterator[Way]:
    """The rules that merge or queue, each with the conditions of the queue it uses."""
    for rule, node in _named(root, "pull_request_rules"):
        actions = entries(value_of(rule, "actions"))
        switched_off = "disabled" in rule and not is_null(value_of(rule, "disabled"))
        if switched_off or not ("merge" in actions or "queue" in actions):
            continue
        parts = [_condition(document, value_of(rule, "conditions"), "conditions")]
        if "merge" not in actions:
            queue = text_of(value_of(entries(value_of(actions, "queue")), "name"))
            parts += [one.condition for one in queues if one.name == queue or (queue is None and len(queues) == 1)]
        yield _way(document, WayKind.RULE, rule, node, parts)


def _automatic(document: Document, settings: Mapping[str, Entry], protections: tuple[Way, ...]) -> Iterator[Way]:
    entry = settings.get("auto_merge_conditions") or settings.get("auto_merge")
    if entry is None or is_null(entry.value) or truth(entry.value) is Tri.FALSE:
        return
    asked = [_condition(document, entry.value, entry.key.value)] if items(entry.value) else []
    hold = [
        Condition(kind=Kind.OR, parts=(Condition(kind=Kind.NOT, parts=(one.applies,)), one.condition))
        if one.applies.parts
        else one.condition
        for one in protections
    ]
    condition = Condition(kind=Kind.AND, parts=(*asked, *hold))
    place = document.source.place(entry.key.start)
    yield Way(kind=WayKind.AUTOMATIC, name=entry.key.value, condition=condition, place=place)


def _protections(document: Document, root: Mapping[str, Entry]) -> Iterator[Way]:
    for rule, node in _named(root, "merge_protections"):
        parts = [_condition(document, value_of(rule, "success_conditions"), "success_conditions")]
        applies = _condition(document, value_of(rule, "if"), "if")
        yield _way(document, WayKind.PROTECTION, rule, node, parts, applies)


def _named(root: Mapping[str, Entry], section: str) -> Iterator[tuple[dict[str, Entry], Node]]:
    for item in items(value_of(root, section)):
        if rule := entries(item):
            yield rule, item


_ALWAYS = Condition(kind=Kind.AND)


def _way(
    document: Document,
    kind: WayKind,
    rule: Mapping[str, Entry],
    node: Node,
    parts: Iterable[Condition],
    applies: Condition = _ALWAYS,
) -> Way:
    name = rule.get("name")
    return Way(
        kind=kind,
        name=text_of(name.value) or "" if name is not None else "",
        condition=Condition(kind=Kind.AND, parts=tuple(parts)),
        place=document.source.place(name.key.start if name is not None else node.start),
        applies=applies,
    )


def _condition(document: Document, node: Node | None, key: str) -> Condition:
    """Conditions of a list hold together; ``and``, ``or`` and ``not`` nest."""
    real = deref(node) if node is not None else None
    if isinstance(real, Sequence):
        return Condition(kind=Kind.AND, parts=tuple(_condition(document, item, key) for item in real.items))
    if isinstance(real, MappingNode):
        return Condition(kind=Kind.AND, parts=tuple(_joined(document, entry, key) for entry in entries(real).values()))
    if isinstance(real, Scalar) and not is_null(real):
        return _leaf(document, real, key)
    return _ALWAYS


def _joined(document: Document, entry: Entry, key: str) -> Condition:
    inner = _condition(document, entry.value, key)
    if entry.key.value == "and":
        return inner
    if entry.key.value == "or":
        return Condition(kind=Kind.OR, parts=inner.parts)
    if entry.key.value == "not":
        return Condition(kind=Kind.NOT, parts=(inner,))
    return Condition(kind=Kind.OTHER)


def _leaf(document: Document, scalar: Scalar, key: str) -> Condition:
    match = _CONDITION.fullmatch(scalar.value.strip())
    if match is None:
        return Condition(kind=Kind.OTHER)
    name = _unquoted((match["value"] or "").strip())
    app, _, rest = name[1:].partition("/") if name.startswith("@") and not match["count"] else ("", "", name)
    operator = {":": "=", "≠": "!=", "≥": ">=", "≤": "<="}.get(match["operator"], match["operator"] or "")
    check = CheckCondition(
        state=match["state"].replace("status-", "check-", 1), operator=operator, name=rest,
        negated=bool(match["negated"]), counted=bool(match["count"]), app=app or None, key=key,
        place=document.source.place(scalar.start),
    )  # fmt: skip
    return Condition(kind=Kind.CHECK, check=check)


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
