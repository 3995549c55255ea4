from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from covpath.errors import OutsideError
from covpath.outside.github import Unreachable
from covpath.outside.protection import ask_branch
from outside.github_description import Served, github, resolved

URL = "git@github.com:octo-org/hello.world.git"
REPOSITORY = "/repos/octo-org/hello.world"
BRANCH = f"{REPOSITORY}/branches/main"
RULES = f"{REPOSITORY}/rules/branches/main"
CHECKS = {"enforcement_level": "non_admins", "contexts": ["test"], "checks": [{"context": "test", "app_id": 15368}]}
RULE = {
    "type": "required_status_checks",
    "ruleset_source_type": "Organization",
    "ruleset_source": "octo-org",
    "ruleset_id": 73,
    "parameters": {
        "strict_required_status_checks_policy": False,
        "required_status_checks": [{"context": "lint", "integration_id": 15368}],
    },
}


@pytest.fixture
def served() -> Iterator[Served]:
    with github() as server:
        yield server
        assert server.wrong == []


def surroundings(served: Served, **more: str) -> dict[str, str]:
    return {"GITHUB_API_URL": served.url, "GH_TOKEN": "secret-token", **more}


def example(path: str) -> dict[str, Any]:
    """GitHub's own example of an answer, to be changed."""
    told = resolved({"$ref": path})["value"]
    copy: dict[str, Any] = json.loads(json.dumps(told))
    return copy


def answers(served: Served, protection: dict[str, Any], rules: list[Any], branch: str = "main") -> None:
    about = example("#/components/examples/full-repository-default-response") | {"default_branch": branch}
    for one in (about, about["source"]):
        one.setdefault("language", None)  # which GitHub's example lacks
    found = example("#/components/examples/branch-get") | {"name": branch, "protection": protection}
    name = branch.replace("/", "%2F")
    served.answers["GET", REPOSITORY] = [(200, {}, about)]
    served.answers["GET", f"{REPOSITORY}/branches/{name}"] = [(200, {}, found)]
    served.answers["GET", f"{REPOSITORY}/rules/branches/{name}"] = [(200, {}, rules)]


def test_both_answers_are_kept_and_nothing_else(served: Served) -> None:
    other = {"type": "deletion", "ruleset_source_type": "Repository", "ruleset_source": "x", "ruleset_id": 1}
    answers(served, {"enabled": True, "required_status_checks": CHECKS}, [other, RULE])
    found = ask_branch(URL, surroundings(served))
    assert (found.repository, found.branch, found.rules) == ("octo-org/hello.world", "main", (RULE,))
    kept = json.loads(found.to_file("2026-11-25"))
    assert kept["asked"] == "2026-11-25"
    assert kept["protection"] == {
        "required_status_checks": {"contexts": ["test"], "checks": [{"context": "test", "app_id": 15368}]}
    }
    assert "secret-token" not in json.dumps(kept)
    assert [headers["Authorization"] for *_, headers in served.requests] == ["Bearer secret-token"] * 3


def test_a_branch_with_a_slash_is_asked_for_by_its_name(served: Served) -> None:
    answers(served, {"enabled": False}, [], branch="release/1.x")
    assert ask_branch(URL, surroundings(served)).branch == "release/1.x"


@pytest.mark.parametrize(
    "protection",
    [
        {"enabled": False, "required_status_checks": CHECKS},
        {"enabled": True, "required_status_checks": {**CHECKS, "enforcement_level": "off"}},
        {"enabled": True},
        {},
    ],
)
def test_protection_that_is_off_requires_nothing(served: Served, protection: dict[str, Any]) -> None:
    answers(served, protection, [])
    found = ask_branch(URL, surroundings(served))
    assert (found.checks, found.rules) == (None, ())


def test_what_is_public_is_asked_for_without_a_token(served: Served) -> None:
    answers(served, {"enabled": False}, [])
    ask_branch(URL, {"GITHUB_API_URL": served.url})
    assert all("Authorization" not in headers for *_, headers in served.requests)


@pytest.mark.parametrize(("path", "said"), [(REPOSITORY, "no repository octo-org/hello.world"), (BRANCH, "no branch")])
def test_what_github_does_not_show_is_told(served: Served, path: str, said: str) -> None:
    answers(served, {}, [])
    served.answers["GET", path] = [(404, {}, {"message": "Not Found"})]
    with pytest.raises(OutsideError, match=said) as told:
        ask_branch(URL, surroundings(served))
    assert "GH_TOKEN" in (told.value.hint or "")


def test_a_remote_elsewhere_is_not_asked() -> None:
    with pytest.raises(Unreachable, match="not on a GitHub"):
        ask_branch("/srv/git/remote.git", {})
    with pytest.raises(Unreachable, match="not known to be a GitHub"):
        ask_branch("https://gitlab.com/a/b", {"GH_TOKEN": "x"})
