"""Which checks a branch requires, from what can be read offline. Nothing is assumed.

Sources: GitHub's answer saved as a file (branch protection, or the rules of a branch), the
``.github/settings.yml`` of the repository-settings app, or the exceptions file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from covpath.errors import InputError, Place
from covpath.terms import CheckName, Tri
from covpath.yamltext.nodes import to_plain
from covpath.yamltext.reading import read
from covpath.yamltext.source import decode

if TYPE_CHECKING:
    from covpath.gate.services.codecov_status import Codecov
    from covpath.gate.services.mergify import Mergify

SETTINGS_PATH = ".github/settings.yml"

_CODECOV_NAMES = (".codecov.yaml", ".codecov.yml", "codecov.yaml", "codecov.yml")
CODECOV_PATHS = (
    *_CODECOV_NAMES,
    *(f".github/{name}" for name in _CODECOV_NAMES),
    *(f"dev/{name}" for name in _CODECOV_NAMES),
)
"""Where Codecov looks for its settings: it reads the first of a folder's files, the root's before others'."""

MERGIFY_PATHS = (
    *(".mergify.yml", ".mergify.yaml", ".mergify/config.yml", ".mergify/config.yaml"),
    *(".github/mergify.yml", ".github/mergify.yaml"),
)
"""Where Mergify looks for its settings: it reads the first it finds."""


class Ruleset(Struct, frozen=True, kw_only=True):
    """A ruleset that requires checks; ``organization`` where it is not the repository's own."""

    id: int
    checks: frozenset[str]
    organization: str | None = None


class RequiredChecks(Struct, frozen=True, kw_only=True):
    """The names branch protection asks for, and who says so.

    ``known`` is False where nothing was found: then ``names`` is empty and means nothing.
    ``authoritative`` is False for copies that state an intent (settings in the repository).
    ``rulesets`` are those the names come from, where they come from rulesets. ``codecov`` and ``mergify``
    are the settings of those services, where the repository has a file of theirs.
    """

    known: bool
    names: frozenset[CheckName]
    source: str
    authoritative: bool = True
    rulesets: tuple[Ruleset, ...] = ()
    codecov: Codecov | None = None
    mergify: Mergify | None = None

    def asks_for(self, name: str) -> Tri:
        """The same three-valued: not known where no list is."""
        return Tri.of(self.requires(name)) if self.known else Tri.UNKNOWN

    def requires(self, name: str) -> bool:
        """Whether a check of exactly this name is on the list."""
        return CheckName(name) in self.names


UNKNOWN_REQUIRED = RequiredChecks(known=False, names=frozenset(), source="not known")


def from_names(names: Iterable[str], source: str, *, authoritative: bool = True) -> RequiredChecks:
    """A list given by hand, or by the exceptions file."""
    return RequiredChecks(
        known=True, names=frozenset(CheckName(name) for name in names), source=source, authoritative=authoritative
    )


def from_github_answer(path: str, data: bytes) -> RequiredChecks:
    """GitHub's answer about a branch, as saved from its API.

    Taken are ``GET /repos/{o}/{r}/rules/branches/{b}`` (a list of rules), a ruleset,
    ``GET .../branches/{b}/protection`` and its ``required_status_checks`` part, and what
    ``status --fetch-required`` has saved (rules and protection together). Raises InputError for
    anything else.
    """
    # Imported here: mostly nobody has saved one.
    import json

    try:
        answer = json.loads(data)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise InputError(
            f"is not JSON: {error}.", place=Place(path, line, getattr(error, "colno", 1)), hint=_HOW
        ) from None
    names = _names(answer)
    if names is None:
        raise InputError("is not GitHub's answer about required checks.", place=Place(path, 1, 1), hint=_HOW)
    asked = answer.get("asked") if isinstance(answer, dict) else None
    source = f"{path}, asked for on {asked}" if isinstance(asked, str) else path
    return replace(from_names(names, source), rulesets=tuple(_rulesets(answer)))


_HOW = (
    "Save one with: covpath status --fetch-required FILE, or by hand: "
    "gh api repos/OWNER/NAME/rules/branches/BRANCH > required.json (or repos/OWNER/NAME/branches/BRANCH/protection)."
)


def _names(answer: Any) -> list[str] | None:
    """Check names in any of the shapes GitHub answers with; None for another shape."""
    if isinstance(answer, list):
        return _rule_names(answer) if all(isinstance(rule, dict) and "type" in rule for rule in answer) else None
    if not isinstance(answer, dict):
        return None
    if _is_fetched(answer):
        both = [_names(answer["protection"]), _names(answer["rules"])]
        return None if None in both else list(dict.fromkeys(name for names in both for name in names or ()))
    if isinstance(answer.get("rules"), list):  # a ruleset; one that is only evaluated requires nothing
        return _rule_names(answer["rules"]) if answer.get("enforcement", "active") == "active" else []
    if "required_status_checks" in answer:
        inner = answer["required_status_checks"]
        return [] if inner is None else _names(inner)
    if "contexts" in answer or "checks" in answer:
        contexts = [name for name in answer.get("contexts") or [] if isinstance(name, str)]
        checks = [check.get("context") for check in answer.get("checks") or [] if isinstance(check, dict)]
        return list(dict.fromkeys([*contexts, *(name for name in checks if isinstance(name, str))]))
    if "url" in answer and "protection" in str(answer["url"]):  # protected, but without required checks
        return []
    return None


def _is_fetched(answer: Any) -> bool:
    """Whether it is what we saved: both of GitHub's answers about a branch."""
    return isinstance(answer, dict) and "protection" in answer and isinstance(answer.get("rules"), list)


def _rule_names(rules: list[Any]) -> list[str]:
    names: list[str] = []
    for rule in rules:
        if isinstance(rule, dict) and rule.get("type") == "required_status_checks":
            parameters = rule.get("parameters") or {}
            for check in parameters.get("required_status_checks") or []:
                if isinstance(check, dict) and isinstance(check.get("context"), str):
                    names += [check["context"]]
    return names


def _rulesets(answer: Any) -> Iterator[Ruleset]:
    """The rulesets an answer about rules names; none in one about branch protection."""
    found: dict[tuple[int, str | None], set[str]] = {}
    answer = answer["rules"] if _is_fetched(answer) else answer
    if isinstance(answer, list):
        rules = [(rule, rule, "ruleset_id", "ruleset_source") for rule in answer]
    elif isinstance(answer, dict) and isinstance(answer.get("rules"), list):
        rules = [(rule, answer, "id", "source") for rule in answer["rules"] if isinstance(rule, dict)]
    else:
        return
    for rule, told, number, source in rules:
        if rule.get("type") == "required_status_checks" and isinstance(told.get(number), int):
            owner = told.get(source) if told.get(f"{source}_type") == "Organization" else None
            key = (told[number], owner if isinstance(owner, str) else None)
            found.setdefault(key, set()).update(_rule_names([rule]))
    for (number_, owner), checks in found.items():
        yield Ruleset(id=number_, checks=frozenset(checks), organization=owner)


def from_settings(data: bytes, branch: str | None = None) -> RequiredChecks:
    """``.github/settings.yml``: what the repository-settings app would apply.

    ``branch`` picks a branch's protection; without it the first protected branch counts. The
    file states an intent, live settings may differ.
    """
    document = read(decode(SETTINGS_PATH, data), strict=False)
    plain = to_plain(document.root) if document.root is not None else None
    names: list[str] = []
    found = False
    if isinstance(plain, dict):
        for entry in _mappings(plain.get("branches")):
            protection = entry.get("protection")
            if (branch is None or entry.get("name") == branch) and isinstance(protection, dict):
                listed = _names(protection)
                if listed is not None and not found:
                    names, found = listed, True
        for ruleset in _mappings(plain.get("rulesets")):
            listed = _names(ruleset)
            if listed:
                names, found = [*names, *listed], True
    return from_names(names, SETTINGS_PATH, authoritative=False) if found else UNKNOWN_REQUIRED


def _mappings(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
