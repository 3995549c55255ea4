"""What GitHub says a branch requires, asked for once, as a file that can be kept.

Two of its answers together: the rules that hold for the branch, and its classic protection. The latter is
taken from "Get a branch", which whoever may read the repository may ask; "Get branch protection" is for
administrators. Only what tells the required checks is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from covpath.errors import OutsideError
from covpath.outside.github import GitHub, Unreachable, parse_remote

_RULE = "required_status_checks"
_TOKEN = "Set GH_TOKEN to a token that may read the repository."  # noqa: S105 - what to do, no token


class BranchAnswer(Struct, frozen=True, kw_only=True):
    """GitHub's answer about the default branch of a repository (``owner/name``).

    ``checks`` are what its classic protection requires, None where nothing; ``rules`` those that require checks.
    """

    repository: str
    branch: str
    checks: Any
    rules: tuple[Any, ...]

    def to_file(self, today: str) -> bytes:
        """The answer as JSON, with the day it was asked for; the same answer gives the same bytes."""
        data = {
            "repository": self.repository,
            "branch": self.branch,
            "asked": today,
            "protection": {_RULE: self.checks},
            "rules": list(self.rules),
        }
        return (json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def ask_branch(remote: str, environment: Mapping[str, str]) -> BranchAnswer:
    """What the default branch of the repository at the address ``remote`` requires.

    Raises Unreachable where that is no GitHub, OutsideError where there is no such repository or branch for
    this token.
    """
    repository = parse_remote(remote)
    if repository is None:
        raise Unreachable("the remote is not on a GitHub.", hint="Save GitHub's answer by hand, for --required.")
    github = GitHub.of(repository, environment)
    name = f"{repository.owner}/{repository.name}"
    about = github.get(repository.path)
    if about is None:
        raise OutsideError(f"GitHub has no repository {name}, or none that it shows.", hint=_TOKEN)
    branch = str(about["default_branch"])
    quoted = quote(branch, safe="")
    found = github.get(f"{repository.path}/branches/{quoted}")
    if found is None:
        raise OutsideError(f"{name} has no branch {branch}, or none that GitHub shows.", hint=_TOKEN)
    rules = github.get_all(f"{repository.path}/rules/branches/{quoted}")
    return BranchAnswer(
        repository=name,
        branch=branch,
        checks=_classic(found.get("protection") or {}),
        rules=tuple(_kept(rule) for rule in rules if rule["type"] == _RULE),
    )


def _classic(protection: Mapping[str, Any]) -> Any:
    """The required checks of a branch's protection; None where it has none, or they are switched off."""
    checks = protection.get(_RULE)
    if not protection.get("enabled") or not checks or checks.get("enforcement_level") == "off":
        return None
    return {key: checks[key] for key in ("strict", "contexts", "checks") if key in checks}


def _kept(rule: Mapping[str, Any]) -> dict[str, Any]:
    """What tells the checks of a rule and where it stands."""
    names = ("type", "parameters", "ruleset_id", "ruleset_source", "ruleset_source_type")
    return {name: rule[name] for name in names if name in rule}
