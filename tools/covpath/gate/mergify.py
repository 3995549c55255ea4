"""The checks that Mergify's conditions name: where it merges, they are what counts.

Source: Mergify's documentation of conditions and of its configuration file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from covpath.errors import Place
from covpath.yamltext.nodes import Mapping, Node, Scalar, Sequence, deref
from covpath.yamltext.reading import Document, read
from covpath.yamltext.source import decode

MERGIFY_PATHS = (".mergify.yml", ".mergify/config.yml", ".github/mergify.yml")

_CONDITION = re.compile(
    r"(?P<negated>-|not\s+)?#?(?P<state>check-(?:success-or-neutral|success|neutral|skipped|failure|cancelled|pending|stale"
    r"|timed-out)|status-(?:success|failure|neutral))\s*(?P<operator>=|~=|!=)\s*(?P<name>.+)",
    re.DOTALL,
)
_SECTIONS = ("queue_rules", "merge_protections", "pull_request_rules")
_KEYS = frozenset({"conditions", "queue_conditions", "merge_conditions", "success_conditions", "if"})


class CheckCondition(Struct, frozen=True, kw_only=True):
    """A condition on a check. ``name`` is a regular expression where ``pattern``; ``app`` pins who reports it.

    ``rule`` is the rule's name and ``key`` the list it stands in. ``wants`` is the state asked for.
    """

    name: str
    pattern: bool
    wants: str
    negated: bool
    app: str | None
    rule: str
    key: str
    place: Place

    def names(self, check: str) -> bool:
        """Whether it speaks of a check of this name."""
        if not self.pattern:
            return self.name == check
        try:
            return re.search(self.name, check) is not None
        except re.error:
            return False


def check_conditions(path: str, data: bytes) -> tuple[CheckCondition, ...]:
    """Every condition on a check, in file order. Raises InputError with a place for what is not YAML."""
    document = read(decode(path, data), strict=False)
    root = deref(document.root) if document.root is not None else None
    if not isinstance(root, Mapping):
        return ()
    return tuple(one for section in _SECTIONS for one in _of_section(document, root.get(section)))


def _of_section(document: Document, node: Node | None) -> Iterator[CheckCondition]:
    rules = deref(node) if node is not None else None
    for item in rules.items if isinstance(rules, Sequence) else ():
        rule = deref(item)
        if isinstance(rule, Mapping):
            name = rule.get("name")
            named = deref(name) if name is not None else None
            title = named.value if isinstance(named, Scalar) else ""
            for entry in rule.entries:
                if entry.key.value in _KEYS:
                    yield from _conditions(document, entry.value, title, entry.key.value)


def _conditions(document: Document, node: Node, rule: str, key: str) -> Iterator[CheckCondition]:
    """Conditions may be nested in ``and``, ``or`` and ``not``."""
    real = deref(node)
    if isinstance(real, Sequence):
        for item in real.items:
            yield from _conditions(document, item, rule, key)
    elif isinstance(real, Mapping):
        for entry in real.entries:
            yield from _conditions(document, entry.value, rule, key)
    else:
        match = _CONDITION.fullmatch(real.value.strip())
        if match is not None:
            name = match["name"].strip().strip("\"'")
            app, _, rest = name[1:].partition("/") if name.startswith("@") else ("", "", name)
            yield CheckCondition(
                name=rest, pattern=match["operator"] == "~=", wants=match["state"],
                negated=bool(match["negated"]) or match["operator"] == "!=", app=app or None, rule=rule, key=key,
                place=document.source.place(real.start),
            )  # fmt: skip
