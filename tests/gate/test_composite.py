"""Composite actions kept in the repository: what a failure inside of them makes of the step."""

from __future__ import annotations

import textwrap

import pytest

from covpath.errors import InputError
from covpath.gate.judge import Judge
from covpath.gate.verdict import JobVerdict
from covpath.terms import Gate
from covpath.workflow.calls import link
from covpath.workflow.local_action import action_inputs, action_paths, read_action
from covpath.workflow.model import Workflow
from judging import required, workflow

CALLER = """
on: pull_request
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: ./.github/actions/measure
        {flag}
        with:
          soft: '{soft}'
"""

ACTION = """
name: measure
inputs:
  soft:
    default: 'no'
runs:
  using: composite
  steps:
    - run: pip install x
      shell: bash
    - run: {script}
      shell: {shell}
      {flag}
"""


def judged(action: str, flag: str = "", soft: str = "no", text: str = CALLER) -> JobVerdict:
    def actions(uses: str) -> Workflow | None:
        return read_action(f"{uses[2:]}/action.yml", textwrap.dedent(action).encode())

    one = workflow(text.format(flag=flag, soft=soft))
    return Judge(required=required(None), links=link([one], actions=actions)).workflow(one)[0]


def action(script: str = "pytest --cov", flag: str = "", shell: str = "bash") -> str:
    return ACTION.format(script=script, flag=flag, shell=shell)


@pytest.mark.parametrize(
    ("inner", "outer", "gate"),
    [
        ("", "", Gate.BLOCKING),
        ("continue-on-error: true", "", Gate.SILENT),
        ("continue-on-error: false", "", Gate.BLOCKING),
        ("", "continue-on-error: true", Gate.SILENT),
        ("continue-on-error: ${{ inputs.soft == 'yes' }}", "", Gate.BLOCKING),
        ("continue-on-error: ${{ inputs.soft }}", "", Gate.BLOCKING),  # all inputs of an action are texts
        ("continue-on-error: ${{ env.SOFT == 'yes' }}", "", Gate.UNKNOWN),
    ],
)
def test_flags_inside_and_outside(inner: str, outer: str, gate: Gate) -> None:
    verdict = judged(action(flag=inner), outer)
    assert (verdict.gate, verdict.coverage, verdict.measuring) == (gate, True, 1)


def test_inputs_reach_the_steps_inside() -> None:
    inside = action(flag="continue-on-error: ${{ inputs.soft == 'yes' }}")
    assert judged(inside, soft="yes").gate is Gate.SILENT
    assert judged(inside, soft="${{ vars.SOFT }}").gate is Gate.UNKNOWN


@pytest.mark.parametrize(
    ("script", "shell", "gate"),
    [
        ("pytest --cov || true", "bash", Gate.SILENT),
        ("pytest --cov | tee log", "bash", Gate.BLOCKING),
        ("pytest --cov | tee log", "sh", Gate.SILENT),
        ("pytest --cov", "python", Gate.UNKNOWN),
    ],
)
def test_masks_in_the_scripts_inside(script: str, shell: str, gate: Gate) -> None:
    assert judged(action(script, shell=shell)).gate is gate


def test_the_reason_stands_in_the_actions_file() -> None:
    verdict = judged(action(flag="continue-on-error: true"))
    reason = next(one for one in verdict.reasons if one.code == "step-continue-on-error")
    assert reason.place is not None
    assert (reason.place.file, reason.place.line) == (".github/actions/measure/action.yml", 13)


def test_a_later_step_inside_can_still_fail_it_or_show_it() -> None:
    again = """
    runs:
      using: composite
      steps:
        - run: pytest --cov
          id: tests
          shell: bash
          continue-on-error: true
        - run: {then}
          shell: bash
          if: steps.tests.outcome == 'failure'
    """
    assert judged(again.format(then="exit 1")).gate is Gate.BLOCKING
    assert judged(again.format(then="echo ::warning::no")).gate is Gate.ADVISORY


def test_actions_within_actions() -> None:
    outer = """
    runs:
      using: composite
      steps:
        - uses: ./.github/actions/inner
    """
    inner = action(flag="continue-on-error: true")

    def actions(uses: str) -> Workflow | None:
        text = inner if uses.endswith("inner") else outer
        return read_action(f"{uses[2:]}/action.yml", textwrap.dedent(text).encode())

    one = workflow(CALLER.format(flag="", soft="no"))
    verdict = Judge(required=required(None), links=link([one], actions=actions)).workflow(one)[0]
    assert (verdict.gate, verdict.coverage) == (Gate.SILENT, True)

    def circle(uses: str) -> Workflow | None:
        return read_action("x/action.yml", textwrap.dedent(outer.replace("inner", "measure")).encode())

    assert Judge(required=required(None), links=link([one], actions=circle)).workflow(one)[0].gate is Gate.BLOCKING


def test_an_action_that_works_is_what_the_job_is_judged_by() -> None:
    text = """
    on: pull_request
    jobs:
      job:
        runs-on: ubuntu-latest
        steps:
          - run: npm ci
          - uses: ./.github/actions/tests
            {flag}
    """
    verdict = judged(action("make test || true"), text=text)
    assert (verdict.gate, verdict.measuring) == (Gate.SILENT, 1)


def test_an_action_that_runs_a_program_fails_as_it_likes() -> None:
    node = "runs:\n  using: node24\n  main: index.js\n"
    verdict = judged(node)
    assert [step.gate for step in verdict.steps] == [Gate.BLOCKING, Gate.BLOCKING]


def test_without_the_file_nothing_is_claimed_of_its_inside() -> None:
    one = workflow(CALLER.format(flag="", soft="no"))
    verdict = Judge(required=required(None), links=link([one])).workflow(one)[0]
    assert (verdict.gate, verdict.coverage) == (Gate.BLOCKING, False)


def test_where_the_file_lies() -> None:
    assert action_paths("./.github/actions/x") == (".github/actions/x/action.yml", ".github/actions/x/action.yaml")
    assert action_paths("./") == ("action.yml", "action.yaml")
    assert action_paths("./../x") == action_paths("acme/x@v1") == action_paths("./${{ matrix.x }}") == ()


def test_what_is_no_action_is_refused_with_its_place() -> None:
    for text in ("", "name: x\n", "runs: 1\n", "- 1\n", "runs: {using: composite, steps: 1}\n"):
        with pytest.raises(InputError) as refused:
            read_action("action.yml", text.encode())
        assert refused.value.place is not None
    assert action_inputs(read_action("action.yml", textwrap.dedent(action()).encode())) == {"soft": "no"}  # type: ignore[arg-type]


def test_beside_an_action_of_the_repository_too_a_step_that_only_cleans_up_is_not_judged() -> None:
    text = """
on: pull_request
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - uses: ./.github/actions/prepare
      - run: make lint
      - if: always()
        run: tool-cache --stats || true
"""
    prepare = "name: prepare\nruns:\n  using: composite\n  steps:\n    - run: pip install x\n      shell: bash\n"
    verdict = judged(prepare, text=text)
    assert (verdict.measuring, verdict.gate) == (1, Gate.BLOCKING)
