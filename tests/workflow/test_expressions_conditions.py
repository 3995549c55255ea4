from __future__ import annotations

import pytest

from covpath.terms import Tri
from covpath.workflow.expressions.availability import ALLOWED, Key, misplaced
from covpath.workflow.expressions.condition import (
    Pitfall,
    condition,
    condition_value,
    evaluate_condition,
    uses_status_function,
)
from covpath.workflow.expressions.contexts import CANCELLED, FAILED, SUCCEEDED, Contexts
from covpath.workflow.expressions.parse import parse
from covpath.workflow.expressions.references import references
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Unknown
from oracles.github import schema_contexts

KNOWN = Contexts.of({"github": {"ref": "refs/heads/main", "event_name": "push"}, "needs": {"a": {"result": "failure"}}})


@pytest.mark.parametrize(
    ("text", "succeeded", "failed", "cancelled"),
    [
        (None, True, False, False),
        ("", True, False, False),
        ("  ", True, False, False),
        ("true", True, False, False),
        ("false", False, False, False),
        ("always()", True, True, True),
        ("ALWAYS()", True, True, True),
        ("${{ always() }}", True, True, True),
        ("success()", True, False, False),
        ("failure()", False, True, False),
        ("cancelled()", False, False, True),
        ("!cancelled()", True, True, False),
        ("success() || failure()", True, True, False),
        ("github.event_name == 'push'", True, False, False),
        ("github.event_name == 'push' && always()", True, True, True),
        ("github.event_name == 'release' && always()", False, False, False),
        # a gate that asks for failure but not for always() is skipped, which counts as passed
        ("contains(needs.*.result, 'failure')", True, False, False),
        ("!contains(needs.*.result, 'failure')", False, False, False),
        ("always() && contains(needs.*.result, 'failure')", True, True, True),
        # a status function anywhere counts, also inside another call
        ("contains(format('{0}', failure()), 'true')", False, True, False),
        # texts are true
        ("'always()'", True, False, False),
        ("${{ 'always()' }}", True, True, True),
        ("${{ github.ref }} == 'nope'", True, False, False),
        ("${{ false }}\n", True, False, False),
        ("${{ always() }} && false", True, True, True),
        ("${{ '' }}", True, False, False),
    ],
)
def test_condition_per_status(text: str | None, succeeded: bool, failed: bool, cancelled: bool) -> None:
    found = condition(text)
    outcomes = [evaluate_condition(found, KNOWN.with_status(status)) for status in (SUCCEEDED, FAILED, CANCELLED)]
    assert outcomes == [Tri.of(succeeded), Tri.of(failed), Tri.of(cancelled)]


@pytest.mark.parametrize(
    ("text", "pitfall", "implicit"),
    [
        ("always()", None, False),
        ("github.ref", None, True),
        ("''", None, True),
        ("'always()'", Pitfall.QUOTED, True),
        ("${{ github.ref }} == 'x'", Pitfall.TEXT_AROUND, True),
        ("${{ always() }} && x", Pitfall.TEXT_AROUND, False),
        ("${{ github.ref == 'x' }}\n", Pitfall.WHITE_SPACE_AROUND, True),
        ("!${{ github.ref }}", Pitfall.TEXT_AROUND, True),
        ("${{ github.ref == 'x' }}", None, True),
    ],
)
def test_pitfalls(text: str, pitfall: Pitfall | None, implicit: bool) -> None:
    found = condition(text)
    assert found.pitfall is pitfall
    assert found.implicit_success is implicit
    assert pitfall is None or evaluate_condition(found, Contexts.of(status=SUCCEEDED)) is Tri.TRUE


def test_what_is_unknown_is_named() -> None:
    value = condition_value(condition("github.ref == 'x'"), Contexts.of(status=SUCCEEDED))
    assert isinstance(value, Unknown)
    assert value.names == {"github.ref"}
    unknown_status = condition_value(condition("true"), Contexts.of({}))
    assert isinstance(unknown_status, Unknown)
    assert unknown_status.names == {"success()"}


@pytest.mark.parametrize("text", ["a &&", "${{ a", "${{ }}", "a == b ${{ x y }}", "foo()"])
def test_broken_conditions_are_errors(text: str) -> None:
    with pytest.raises(ExpressionError):
        condition(text)


def test_references_of_a_condition_have_places() -> None:
    text = "${{ env.A }} == ${{ env.B }}"
    assert [text[one.start : one.end] for one in references(condition(text).expression)] == ["env.A", "env.B"]


def test_uses_status_function() -> None:
    assert uses_status_function(parse("a && !Failure()"))
    assert not uses_status_function(parse("a == 'failure()' && steps.x.outcome"))


@pytest.mark.parametrize(
    ("text", "key", "names"),
    [
        ("matrix.experimental", Key.JOB_CONTINUE_ON_ERROR, []),
        ("env.X == 'true'", Key.JOB_CONTINUE_ON_ERROR, ["env"]),
        ("always()", Key.JOB_CONTINUE_ON_ERROR, ["always"]),
        ("hashFiles('x') != ''", Key.JOB_CONTINUE_ON_ERROR, ["hashFiles"]),
        ("env.X == 'true' && secrets.Y && hashFiles('x')", Key.STEP_CONTINUE_ON_ERROR, []),
        ("failure()", Key.STEP_CONTINUE_ON_ERROR, ["failure"]),
        ("matrix.x && env.Y && secrets.Z", Key.JOB_IF, ["matrix", "env", "secrets"]),
        ("always() && needs.a.result", Key.JOB_IF, []),
        ("secrets.Z || hashFiles('x')", Key.STEP_IF, ["secrets"]),
        ("needs.a.result", Key.COMPOSITE_STEP_CONTINUE_ON_ERROR, ["needs"]),
        ("contains(nothing.x, toJSON(Github))", Key.STEP_RUN, ["nothing"]),
    ],
)
def test_what_a_place_does_not_allow(text: str, key: Key, names: list[str]) -> None:
    assert [one.name for one in misplaced([parse(text)], key)] == names


SCHEMA_NAMES = {
    Key.RUN_NAME: "run-name",
    Key.WORKFLOW_CONCURRENCY: "workflow-concurrency",
    Key.WORKFLOW_ENV: "workflow-env",
    Key.CALL_INPUT_DEFAULT: "workflow-call-input-default",
    Key.CALL_OUTPUT: "workflow-output-context",
    Key.JOB_IF: "job-if",
    Key.JOB_NAME: "string-strategy-context",
    Key.JOB_CONTINUE_ON_ERROR: "boolean-strategy-context",
    Key.JOB_TIMEOUT: "number-strategy-context",
    Key.JOB_RUNS_ON: "runs-on",
    Key.JOB_STRATEGY: "strategy",
    Key.JOB_ENV: "job-env",
    Key.JOB_ENVIRONMENT: "job-environment",
    Key.JOB_CONCURRENCY: "job-concurrency",
    Key.JOB_CONTAINER: "container",
    Key.JOB_SERVICES: "services",
    Key.JOB_OUTPUTS: "string-steps-context",
    Key.JOB_DEFAULTS_RUN: "job-defaults-run",
    Key.JOB_WITH: "scalar-needs-context",
    Key.JOB_SECRETS: "scalar-needs-context-with-secrets",
    Key.STEP_IF: "step-if",
    Key.STEP_NAME: "step-name",
    Key.STEP_CONTINUE_ON_ERROR: "step-continue-on-error",
    Key.STEP_TIMEOUT: "step-timeout-minutes",
    Key.STEP_ENV: "step-env",
    Key.STEP_RUN: "string-steps-context",
    Key.STEP_WITH: "step-with",
    Key.STEP_WORKING_DIRECTORY: "string-steps-context",
}


def test_the_table_is_githubs_schema() -> None:
    assert set(SCHEMA_NAMES) == set(Key) - {Key.COMPOSITE_STEP_CONTINUE_ON_ERROR}  # that one is in the action schema
    schema = schema_contexts()
    for key, name in SCHEMA_NAMES.items():
        allowed = ALLOWED[key]
        assert allowed.contexts == {one for one in schema[name] if "(" not in one}, key
        assert allowed.functions == {one.split("(")[0].lower() for one in schema[name] if "(" in one}, key
