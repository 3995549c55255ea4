"""Reusable workflows: judged through those who call them, within the repository and beyond it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from covpath.gate.judge import Judge
from covpath.gate.verdict import JobVerdict
from covpath.terms import Blocks, Gate
from covpath.workflow.calls import link
from covpath.workflow.model import Workflow
from covpath.workflow.reading import read_workflow
from judging import required, workflow

CALLED = """
on:
  workflow_call:
    inputs:
      soft: {type: boolean}
      name: {type: string, default: unit}
jobs:
  test:
    name: test ${{ inputs.name }}
    runs-on: ubuntu-latest
    steps:
      - run: make test
        continue-on-error: ${{ inputs.soft }}
  lint:
    runs-on: ubuntu-latest
    steps:
      - run: make lint
"""

CALLER = """
on: {on}
jobs:
  checks:
    {name}
    {condition}
    {strategy}
    uses: ./.github/workflows/called.yml
    with: {inputs}
  gate:
    needs: checks
    if: always()
    runs-on: ubuntu-latest
    steps:
      - run: exit 1
        if: needs.checks.result != 'success'
"""


def caller(
    on: str = "pull_request", inputs: str = "{}", name: str = "", condition: str = "", strategy: str = ""
) -> Workflow:
    return workflow(
        CALLER.format(on=on, inputs=inputs, name=name, condition=condition, strategy=strategy), "caller.yml"
    )


def judged(*workflows: Workflow, names: Iterable[str] | None = None) -> dict[str, JobVerdict]:
    judge = Judge(required=required(names), links=link(workflows))
    return {str(verdict.ref): verdict for one in workflows for verdict in judge.workflow(one)}


called = workflow(CALLED, "called.yml")


def test_names_are_those_of_both_jobs() -> None:
    found = judged(called, caller())
    assert found["called.yml:test"].checks == ("checks / test unit",)
    assert found["called.yml:lint"].checks == ("checks / lint",)
    assert found["caller.yml:checks"].checks == ("checks / test unit", "checks / lint")
    named = judged(called, caller(name="name: All checks", inputs="{name: slow}"))
    assert named["called.yml:test"].checks == ("All checks / test slow",)


@pytest.mark.parametrize(
    ("inputs", "gate"),
    [
        ("{}", Gate.BLOCKING),
        ("{soft: false}", Gate.BLOCKING),
        ("{soft: true}", Gate.SILENT),
        ("{soft: '${{ true }}'}", Gate.SILENT),
        ("{soft: \"${{ github.event_name == 'pull_request' }}\"}", Gate.SILENT),
        ("{soft: \"${{ vars.SOFT == 'yes' }}\"}", Gate.UNKNOWN),
    ],
)
def test_inputs_reach_the_called_job(inputs: str, gate: Gate) -> None:
    assert judged(called, caller(inputs=inputs))["called.yml:test"].gate is gate


def test_a_failure_inside_fails_the_call_and_what_needs_it() -> None:
    found = judged(called, caller(), names=["gate"])
    assert (found["called.yml:test"].gate, found["called.yml:test"].blocks.value) == (Gate.BLOCKING, Blocks.YES)
    soft = judged(called, caller(inputs="{soft: true}"), names=["gate"])
    assert (soft["called.yml:test"].gate, soft["called.yml:test"].blocks.value) == (Gate.SILENT, Blocks.NO)
    own = judged(called, caller(), names=["checks / lint"])
    assert own["called.yml:lint"].blocks.value is Blocks.YES
    assert own["called.yml:test"].blocks.value is Blocks.NO


def test_the_call_itself_tells_of_the_jobs_inside() -> None:
    verdict = judged(called, caller(inputs="{soft: true}"))["caller.yml:checks"]
    assert (verdict.gate, verdict.partly) == (Gate.BLOCKING, True)
    assert [(reason.code, reason.place and reason.place.line) for reason in verdict.reasons] == [("reusable-call", 8)]
    assert "`test` silent, `lint` blocking" in verdict.reasons[0].message


@pytest.mark.parametrize(
    ("on", "condition", "gate"),
    [
        ("{schedule: [{cron: 0 0 * * *}]}", "", Gate.NO_SIGNAL),
        ("{push: {branches: [main]}}", "", Gate.NO_SIGNAL),
        ("pull_request", "if: github.event_name == 'push'", Gate.NO_SIGNAL),
        ("merge_group", "", Gate.BLOCKING),
        ("{push: {branches: ['release/**']}}", "", Gate.UNKNOWN),
    ],
)
def test_the_callers_events_count(on: str, condition: str, gate: Gate) -> None:
    found = judged(called, caller(on=on, condition=condition))
    assert found["called.yml:test"].gate is gate
    assert found["called.yml:test"].reasons
    assert found["caller.yml:checks"].gate is gate


def test_the_strictest_caller_counts_and_each_is_told() -> None:
    soft = workflow(CALLER.format(on="pull_request", inputs="{soft: true}", name="name: soft", condition="",
                                  strategy=""), "soft.yml")  # fmt: skip
    verdict = judged(called, caller(), soft)["called.yml:test"]
    assert (verdict.gate, verdict.partly) == (Gate.BLOCKING, True)
    assert {leg.check: leg.gate for leg in verdict.legs} == {
        "checks / test unit": Gate.BLOCKING,
        "soft / test unit": Gate.SILENT,
    }


def test_each_leg_of_a_calling_matrix_is_a_call() -> None:
    strategy = "strategy: {matrix: {soft: [true, false]}}"
    verdict = judged(called, caller(strategy=strategy, inputs="{soft: '${{ matrix.soft }}'}"))["called.yml:test"]
    assert {leg.check: leg.gate for leg in verdict.legs} == {
        "checks (true) / test unit": Gate.SILENT,
        "checks (false) / test unit": Gate.BLOCKING,
    }


def test_calls_of_calls_are_followed() -> None:
    outer = workflow("""
    on: pull_request
    jobs:
      outer:
        uses: ./.github/workflows/middle.yml
    """, "outer.yml")  # fmt: skip
    middle = workflow("""
    on: workflow_call
    jobs:
      middle:
        uses: ./.github/workflows/called.yml
        with:
          soft: true
    """, "middle.yml")  # fmt: skip
    found = judged(called, middle, outer)
    assert found["called.yml:test"].checks == ("outer / middle / test unit",)
    assert found["called.yml:test"].gate is Gate.SILENT
    assert found["outer.yml:outer"].checks == ("outer / middle / test unit", "outer / middle / lint")


def test_calls_in_a_circle_end() -> None:
    one = workflow("""
    on: [pull_request, workflow_call]
    jobs:
      one:
        uses: ./.github/workflows/two.yml
    """, "one.yml")  # fmt: skip
    two = workflow("""
    on: workflow_call
    jobs:
      two:
        uses: ./.github/workflows/one.yml
    """, "two.yml")  # fmt: skip
    assert set(judged(one, two)) == {"one.yml:one", "two.yml:two"}


def test_without_a_caller_the_gate_is_unknown_and_the_steps_are_judged() -> None:
    verdict = judged(called)["called.yml:lint"]
    assert verdict.gate is Gate.UNKNOWN
    assert [step.gate for step in verdict.steps] == [Gate.BLOCKING]
    assert verdict.reasons[0].code == "no-caller"


def test_a_file_judged_alone_is_judged_as_if_it_were_called() -> None:
    verdict = Judge(required=required(None)).workflow(called)[1]
    assert (verdict.gate, verdict.reasons[0].code) == (Gate.BLOCKING, "caller-assumed")


def test_what_is_not_at_hand_is_unknown() -> None:
    text = """
    on: pull_request
    jobs:
      far:
        uses: acme/shared/.github/workflows/test.yml@v1
      gone:
        uses: ./.github/workflows/gone.yml
    """
    found = judged(workflow(text))
    for name, line in (("far", 5), ("gone", 7)):
        verdict = found[f"ci.yml:{name}"]
        assert (verdict.gate, verdict.blocks.value) == (Gate.UNKNOWN, Blocks.UNKNOWN)
        assert verdict.checks == (f"{name} / *",)
        assert [(one.code, one.place and one.place.line) for one in verdict.reasons] == [("reusable-call", line)]


def test_another_repository_can_be_given() -> None:
    here = workflow("""
    on: pull_request
    jobs:
      far:
        uses: acme/shared/.github/workflows/test.yml@v1
        with: {soft: true}
    """)  # fmt: skip
    path = "acme/shared/.github/workflows/test.yml"
    there = read_workflow(path, CALLED.encode())
    judge = Judge(required=required(None), links=link([here], {path: there}.get))
    verdict = judge.workflow(here)[0]
    assert (verdict.gate, verdict.partly) == (Gate.BLOCKING, True)
    assert verdict.checks == ("far / test unit", "far / lint")


def test_a_call_whose_jobs_are_told_one_by_one_reports_no_check_of_its_own() -> None:
    inner = workflow("""
    on: workflow_call
    jobs:
      first:
        runs-on: ubuntu-latest
        steps:
          - run: make check
      second:
        needs: first
        runs-on: ubuntu-latest
        steps:
          - run: make test
    """, "inner.yml")  # fmt: skip
    outer = workflow("on: pull_request\njobs:\n  all:\n    uses: ./.github/workflows/inner.yml\n", "outer.yml")
    found = judged(inner, outer)
    assert found["inner.yml:first"].blocks.checks == ("all / first",)
    assert found["inner.yml:second"].on_runner_loss.blocks.checks == ("all / second",)


def test_the_shell_is_that_of_the_system_that_a_call_names() -> None:
    inner = workflow("""
    on:
      workflow_call:
        inputs:
          system: {type: string}
    jobs:
      test:
        runs-on: ${{ inputs.system }}
        steps:
          - run: make test | tee log
    """, "inner.yml")  # fmt: skip
    call = "on: pull_request\njobs:\n  all:\n    uses: ./.github/workflows/inner.yml\n    with:\n      system: "
    on_linux = judged(inner, workflow(f"{call}ubuntu-24.04\n", "outer.yml"))
    assert on_linux["inner.yml:test"].gate is Gate.SILENT
    on_windows = judged(inner, workflow(f"{call}windows-2025\n", "outer.yml"))
    assert on_windows["inner.yml:test"].gate is Gate.UNKNOWN
