"""What a gate lets through and what it does not hear of, as data for findings."""

from __future__ import annotations

import pytest

from covpath.gate.aggregate import AggregateGate, GateKind, aggregate_gates
from covpath.gate.simulation.runs import Runs
from covpath.terms import Tri
from covpath.workflow.calls import link
from judging import workflow

TEMPLATE = """
on: pull_request
jobs:
  a:
    runs-on: ubuntu-latest
    steps: [{{run: make a}}]
  b:
    runs-on: ubuntu-latest
    steps: [{{run: make b}}]
  late:
    runs-on: ubuntu-latest
    steps: [{{run: make late}}]
  nightly:
    if: github.event_name == 'schedule'
    runs-on: ubuntu-latest
    steps: [{{run: make nightly}}]
  gate:
    needs: [a, b]
    {condition}
    runs-on: ubuntu-latest
    steps:
      - {step}
"""

FAILURE = "{run: exit 1, if: \"contains(needs.*.result, 'failure')\"}"
BOTH = "{run: exit 1, if: \"contains(needs.*.result, 'failure') || contains(needs.*.result, 'cancelled')\"}"
GREEN = "{uses: re-actors/alls-green@release/v1, with: {jobs: '${{ toJSON(needs) }}'}}"
ALLOWED = "{uses: re-actors/alls-green@release/v1, with: {allowed-failures: b, jobs: '${{ toJSON(needs) }}'}}"
YES, NO = Tri.TRUE, Tri.FALSE


def gates(condition: str, step: str) -> tuple[AggregateGate, ...]:
    one = workflow(TEMPLATE.format(condition=condition and f"if: {condition}", step=step))
    return aggregate_gates(Runs(link([one])), one)


# The shapes of the facts: kind, and whether a failure, a cancelled and a skipped job are let through.
SHAPES = {
    ("", GREEN): (GateKind.ACTION, YES, YES, YES),
    ("", FAILURE): (GateKind.SCRIPT, YES, YES, YES),
    ("", "{run: echo fine}"): (GateKind.NEEDS, YES, YES, YES),
    ("always()", FAILURE): (GateKind.SCRIPT, NO, YES, YES),
    ("always()", BOTH): (GateKind.SCRIPT, NO, NO, YES),
    ("always()", GREEN): (GateKind.ACTION, NO, NO, NO),
    ("failure()", "{run: exit 1}"): (GateKind.SCRIPT, NO, YES, YES),
    ("failure() || cancelled()", "{run: exit 1}"): (GateKind.SCRIPT, NO, YES, YES),
}


@pytest.mark.parametrize(("condition", "step"), SHAPES)
def test_what_a_gate_lets_through(condition: str, step: str) -> None:
    expected = SHAPES[condition, step]
    (gate,) = gates(condition, step)
    assert (gate.kind, gate.lets("failure"), gate.lets("cancelled"), gate.lets("skipped")) == expected
    assert gate.fails_open == (("a", "b") if expected[1] is YES else ())
    assert gate.place.line == (19 if condition else 17)


def test_jobs_that_run_and_are_not_needed_are_missed() -> None:
    (gate,) = gates("always()", GREEN)
    assert [str(one.job) for one in gate.misses] == ["late"]


def test_what_its_own_list_allows_is_no_hole() -> None:
    (gate,) = gates("always()", ALLOWED)
    assert gate.fails_open == ()
    assert gate.lets("failure") is Tri.FALSE
    assert {(one.job, one.result) for one in gate.passing if one.allowed} == {
        ("b", "failure"), ("b", "cancelled"), ("b", "skipped")
    }  # fmt: skip


@pytest.mark.parametrize(
    "step",
    ["{run: make package}", "{uses: actions/checkout@v5}", "{run: 'gh pr comment --body ${{ needs.a.result }}'}"],
)
def test_jobs_that_work_or_only_tell_are_no_gates(step: str) -> None:
    assert gates("always()", step) == ()


def test_a_gate_that_asks_for_a_failure_is_not_open_to_it() -> None:
    (inverse,) = gates(
        "always()", "{run: 'test ${{ needs.a.result }} = failure && test ${{ needs.b.result }} = success'}"
    )
    assert inverse.fails_open == ()
    (skipping,) = gates("failure()", "{run: 'test ${{ needs.b.result }} = success'}")
    assert skipping.fails_open == ("a",)
