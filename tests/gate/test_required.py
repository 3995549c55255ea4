"""Lists of required checks as GitHub answers with them, and what they make of a check's colour."""

from __future__ import annotations

import json

import pytest

from covpath.errors import InputError
from covpath.gate.required import UNKNOWN_REQUIRED, from_github_answer, from_settings
from covpath.terms import Blocks
from judging import judged

RULE = {
    "type": "required_status_checks",
    "parameters": {"required_status_checks": [{"context": "a"}, {"context": "b", "integration_id": 15368}]},
}
ANSWERS = {
    "rules of a branch": ([{"type": "deletion"}, RULE, {"type": "pull_request"}], {"a", "b"}),
    "no such rule": ([{"type": "deletion"}], set()),
    "two rule sets": ([RULE, {**RULE, "parameters": {"required_status_checks": [{"context": "c"}]}}], {"a", "b", "c"}),
    "ruleset": ({"enforcement": "active", "rules": [RULE]}, {"a", "b"}),
    "ruleset that only watches": ({"enforcement": "evaluate", "rules": [RULE]}, set()),
    "ruleset that is off": ({"enforcement": "disabled", "rules": [RULE]}, set()),
    "protection": (
        {"url": "x/protection", "required_status_checks": {"strict": True, "contexts": ["a"],
                                                           "checks": [{"context": "a", "app_id": None}]}},
        {"a"},
    ),
    "what was fetched": ({"protection": {"required_status_checks": {"contexts": ["c"]}}, "rules": [RULE]},
                         {"a", "b", "c"}),
    "fetched, nothing protected": ({"protection": {"required_status_checks": None}, "rules": []}, set()),
    "protection without checks": ({"url": "x/protection", "enforce_admins": {"enabled": True}}, set()),
    "its part": ({"strict": False, "contexts": [], "checks": [{"context": "caller / called", "app_id": -1}]},
                 {"caller / called"}),
}  # fmt: skip


@pytest.mark.parametrize("shape", ANSWERS)
def test_githubs_answers_are_read(shape: str) -> None:
    answer, names = ANSWERS[shape]
    found = from_github_answer("required.json", json.dumps(answer).encode())
    assert (found.known, found.names, found.authoritative) == (True, frozenset(names), True)


def test_what_was_fetched_says_when() -> None:
    rule = {**RULE, "ruleset_id": 7, "ruleset_source_type": "Organization", "ruleset_source": "acme"}
    answer = {"asked": "2026-11-25", "protection": {"required_status_checks": None}, "rules": [rule]}
    found = from_github_answer("required.json", json.dumps(answer).encode())
    assert found.source == "required.json, asked for on 2026-11-25"
    assert [(one.id, one.organization) for one in found.rulesets] == [(7, "acme")]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]x", '"a"', "{}", "[1]", '{"message": "Not Found"}', '{"protection": 1, "rules": []}', "\xff"],
)
def test_anything_else_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(InputError) as refused:
        from_github_answer("required.json", text.encode("latin-1"))
    assert refused.value.place is not None
    assert "gh api" in (refused.value.hint or "")


SETTINGS = """\
repository: {name: x}
branches:
  - name: release
    protection:
      required_status_checks: {strict: false, contexts: [slow]}
  - name: main
    protection:
      required_status_checks: {strict: true, contexts: [test], checks: [{context: caller / called}]}
      enforce_admins: null
rulesets:
  - name: all
    enforcement: active
    rules:
      - type: required_status_checks
        parameters: {required_status_checks: [{context: lint}]}
"""


def test_settings_state_an_intent() -> None:
    found = from_settings(SETTINGS.encode(), "main")
    assert found.names == {"test", "caller / called", "lint"}
    assert not found.authoritative
    assert from_settings(SETTINGS.encode()).names == {"slow", "lint"}
    assert from_settings(b"repository: {name: x}\n") == UNKNOWN_REQUIRED


def test_skipped_and_neutral_pass_and_everything_else_blocks() -> None:
    text = """
    on: pull_request
    jobs:
      first:
        runs-on: ubuntu-latest
        steps: [{run: make test}]
      skipped:
        needs: first
        runs-on: ubuntu-latest
        steps: [{run: make more}]
      never:
        if: false
        runs-on: ubuntu-latest
        steps: [{run: make never}]
    """
    # A job that is skipped because another failed passes as a required check.
    assert judged(text, ["skipped"])["first"].blocks.value is Blocks.NO
    assert judged(text, ["never"])["never"].blocks.value is Blocks.NO
    assert judged(text, ["first"])["first"].blocks.value is Blocks.YES
    assert judged(text, ["first"])["skipped"].blocks.value is Blocks.NO


NAMES = {
    # job, required names that are its check, required names that are not
    "test:": (["test"], ["Test", "CI / test", "test (1)"]),
    "test:\n    name: Unit tests": (["Unit tests"], ["test", "unit tests"]),
    "test:\n    name: ''": (["test"], []),
    "test:\n    strategy: {matrix: {os: [a, b], v: [3.10, '3.9']}}": (["test (a, 3.1)", "test (b, 3.9)"], ["test"]),
    "test:\n    name: t ${{ matrix.v }}\n    strategy: {matrix: {v: [1, 2]}}": (["t 1", "t 2"], ["t 1 (1)"]),
    "test:\n    strategy: {matrix: {v: [1], include: [{v: 1, extra: x}]}}": (["test (1)"], ["test (1, x)"]),
    "test:\n    strategy: {matrix: {include: [{v: 1, extra: x}]}}": (["test (1, x)"], []),
}


@pytest.mark.parametrize("job", NAMES)
def test_names_are_formed_as_github_forms_them(job: str) -> None:
    text = f"on: pull_request\njobs:\n  {job}\n    runs-on: x\n    steps:\n      - run: make test\n"
    fitting, others = NAMES[job]
    for name in fitting:
        assert judged(text, [name])["test"].blocks.value is Blocks.YES, name
    for name in others:
        assert judged(text, [name])["test"].blocks.value is Blocks.NO, name


def test_a_name_that_is_not_known_may_be_required() -> None:
    text = "on: pull_request\njobs: {test: {name: 't ${{ vars.NAME }}', runs-on: x, steps: [{run: make}]}}\n"
    assert judged(text, ["t x"])["test"].blocks.value is Blocks.UNKNOWN
    assert judged(text, ["other"])["test"].blocks.value is Blocks.NO
    assert judged(text)["test"].blocks.checks == ("t *",)
