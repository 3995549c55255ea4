"""Which events let a job's check count, and what the answer is where they do not."""

from __future__ import annotations

import pytest

from covpath.terms import Blocks, Gate, Tri
from judging import judged

TEMPLATE = """\
on:
  {on}
jobs:
  job:
    runs-on: ubuntu-latest
    {condition}
    steps:
      - run: make test
"""

EVENTS = {
    "pull_request:": Gate.BLOCKING,
    "pull_request_target:": Gate.BLOCKING,
    "pull_request:\n    paths: ['src/**']": Gate.BLOCKING,
    "pull_request:\n    branches: [main]": Gate.BLOCKING,
    "pull_request:\n    types: [opened]": Gate.BLOCKING,
    "pull_request:\n    types: [labeled]": Gate.BLOCKING,
    "pull_request:\n    types: [closed]": Gate.NO_SIGNAL,
    "push:": Gate.BLOCKING,
    "push:\n    branches: ['**']": Gate.BLOCKING,
    "push:\n    branches-ignore: [main]": Gate.BLOCKING,
    "push:\n    branches: [main]": Gate.NO_SIGNAL,
    "push:\n    branches: [main, 'release/**']": Gate.UNKNOWN,
    "push:\n    tags: ['v*']": Gate.NO_SIGNAL,
    "merge_group:": Gate.BLOCKING,
    "schedule:\n    - cron: '0 0 * * *'": Gate.NO_SIGNAL,
    "workflow_dispatch:": Gate.NO_SIGNAL,
    "issue_comment:": Gate.NO_SIGNAL,
    "issues:": Gate.NO_SIGNAL,
    "release:": Gate.NO_SIGNAL,
    "workflow_run:\n    workflows: [ci]": Gate.NO_SIGNAL,
    "pull_request_review:": Gate.UNKNOWN,
    "workflow_dispatch:\n  push:\n    branches: [main]": Gate.NO_SIGNAL,
    "schedule:\n    - cron: '0 0 * * *'\n  pull_request:": Gate.BLOCKING,
}


@pytest.mark.parametrize("on", EVENTS)
def test_the_events_decide_whether_there_is_a_gate(on: str) -> None:
    verdict = judged(TEMPLATE.format(on=on, condition=""))["job"]
    assert verdict.gate is EVENTS[on]
    if verdict.gate in (Gate.NO_SIGNAL, Gate.UNKNOWN):
        assert verdict.reasons
        assert verdict.reasons[0].place is not None


@pytest.mark.parametrize("on", [on for on, gate in EVENTS.items() if gate is Gate.NO_SIGNAL])
def test_what_never_runs_for_a_pull_request_blocks_nothing(on: str) -> None:
    verdict = judged(TEMPLATE.format(on=on, condition=""), ["job"])["job"]
    assert verdict.blocks.value is Blocks.NO
    assert (verdict.on_runner_loss.check_red, verdict.on_runner_loss.blocks.value) == (Tri.FALSE, Blocks.NO)
    assert {step.gate for step in verdict.steps} == {Gate.NO_SIGNAL}


CONDITIONS = {
    # a job's condition under `on: [pull_request, push]`
    "github.event_name == 'pull_request'": Gate.BLOCKING,
    "github.event_name == 'push'": Gate.BLOCKING,
    "github.event_name == 'schedule'": Gate.NO_SIGNAL,
    "github.event_name == 'schedule' || github.event_name == 'workflow_dispatch'": Gate.NO_SIGNAL,
    "github.event_name != 'pull_request'": Gate.BLOCKING,  # the push of the same commit
    "false": Gate.NO_SIGNAL,
    "${{ false }}": Gate.NO_SIGNAL,
    "github.repository == 'acme/tool'": Gate.BLOCKING,
    "!github.event.pull_request.draft": Gate.BLOCKING,
    "contains(github.event.pull_request.labels.*.name, 'run')": Gate.BLOCKING,
    "github.event.inputs.all == 'true'": Gate.NO_SIGNAL,
    "inputs.all": Gate.NO_SIGNAL,
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_job_that_may_run_is_judged_where_it_runs(condition: str) -> None:
    on = "pull_request:\n  push:\n  schedule:\n    - cron: '0 0 * * *'\n  workflow_dispatch:\n    inputs:\n      all:"
    verdict = judged(TEMPLATE.format(on=on, condition=f'if: "{condition}"'))["job"]
    assert verdict.gate is CONDITIONS[condition]
    if verdict.gate is Gate.NO_SIGNAL:
        assert [(reason.code, reason.place and reason.place.line) for reason in verdict.reasons] == [
            ("job-skipped", 12)
        ]


REFS = {
    # a job's condition on what differs between the events
    ("pull_request:", "github.ref == 'refs/heads/main'"): Gate.NO_SIGNAL,
    ("pull_request:", "github.ref != 'refs/heads/main'"): Gate.BLOCKING,
    ("pull_request:", "startsWith(github.ref, 'refs/tags/')"): Gate.NO_SIGNAL,
    ("pull_request:", "github.event.pull_request.merged"): Gate.NO_SIGNAL,
    ("pull_request:", "github.event.action == 'closed'"): Gate.NO_SIGNAL,
    ("pull_request:", "github.head_ref != ''"): Gate.BLOCKING,
    ("push:", "startsWith(github.ref, 'refs/tags/')"): Gate.NO_SIGNAL,
    ("push:", "github.ref == 'refs/heads/main'"): Gate.BLOCKING,
    ("merge_group:", "github.event_name == 'merge_group'"): Gate.BLOCKING,
    ("merge_group:", "github.event_name != 'merge_group'"): Gate.NO_SIGNAL,
}


@pytest.mark.parametrize(("on", "condition"), REFS)
def test_refs_are_those_of_the_event(on: str, condition: str) -> None:
    verdict = judged(TEMPLATE.format(on=on, condition=f'if: "{condition}"'))["job"]
    assert verdict.gate is REFS[on, condition]


def test_where_the_event_decides_the_stricter_one_counts_and_both_are_told() -> None:
    text = """
    on: [pull_request, merge_group]
    jobs:
      job:
        runs-on: ubuntu-latest
        steps:
          - run: make test
            continue-on-error: ${{ github.event_name == 'pull_request' }}
    """
    verdict = judged(text)["job"]
    assert (verdict.gate, verdict.partly) == (Gate.BLOCKING, True)
    assert "step-continue-on-error" in {reason.code for reason in verdict.reasons}


def test_a_step_that_never_runs_for_a_pull_request_is_not_what_the_job_is_judged_by() -> None:
    text = """
    on: [pull_request, push]
    jobs:
      job:
        runs-on: ubuntu-latest
        steps:
          - run: make test
          - run: make publish
            if: github.event_name == 'release'
    """
    verdict = judged(text)["job"]
    assert (verdict.gate, verdict.measuring) == (Gate.BLOCKING, 0)
    assert [step.gate for step in verdict.steps] == [Gate.BLOCKING, Gate.NO_SIGNAL]


def test_legs_are_judged_by_the_step_that_runs_in_them() -> None:
    text = """
    on: pull_request
    jobs:
      job:
        runs-on: ${{ matrix.os }}
        strategy:
          matrix:
            os: [ubuntu-latest, macos-latest]
        steps:
          - run: make strict
            if: matrix.os == 'ubuntu-latest'
          - run: make lenient
            if: matrix.os == 'macos-latest'
            continue-on-error: true
    """
    verdict = judged(text)["job"]
    assert {leg.check: leg.gate for leg in verdict.legs} == {
        "job (ubuntu-latest)": Gate.BLOCKING,
        "job (macos-latest)": Gate.SILENT,
    }


def test_dependants_of_a_skipped_job_are_skipped_as_well() -> None:
    text = """
    on: pull_request
    jobs:
      nightly:
        if: github.event_name == 'schedule'
        runs-on: ubuntu-latest
        steps: [{run: make nightly}]
      after:
        needs: nightly
        runs-on: ubuntu-latest
        steps: [{run: make report}]
      always:
        needs: nightly
        if: always()
        runs-on: ubuntu-latest
        steps: [{run: make always}]
    """
    found = judged(text)
    assert {job: verdict.gate for job, verdict in found.items()} == {
        "nightly": Gate.NO_SIGNAL,
        "after": Gate.NO_SIGNAL,
        "always": Gate.BLOCKING,
    }
