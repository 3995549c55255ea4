"""Steps that run beside others: in the background, and in groups."""

from __future__ import annotations

import textwrap

import pytest

from covpath.gate.verdict import JobVerdict
from covpath.terms import Gate
from judging import judged


def judged_steps(steps: str) -> JobVerdict:
    text = "on: pull_request\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n"
    return judged(text + textwrap.indent(textwrap.dedent(steps).strip("\n"), "      "))["job"]


def test_a_step_in_the_background_counts_where_the_job_waits_for_it() -> None:
    verdict = judged_steps("""
    - run: ./server
      background: true
      id: server
    - run: make test
      background: true
      id: tests
    - run: make lint
      background: true
    - run: make docs
    - wait: server
      continue-on-error: true
    - wait: [tests]
    """)
    gates = [step.gate for step in verdict.steps]
    assert gates == [Gate.SILENT, Gate.BLOCKING, Gate.BLOCKING, Gate.BLOCKING, Gate.SILENT, Gate.BLOCKING]
    told = [
        [(reason.code, reason.place and reason.place.line) for reason in step.reasons] for step in verdict.steps[:3]
    ]
    assert told == [
        [("step-background", 15), ("step-continue-on-error", 16), ("check-green", 6)],
        [("step-background", 17), ("run-fails", 9)],
        [("step-background", 12), ("run-fails", 12)],
    ]


@pytest.mark.parametrize(
    ("waits", "expected"),
    [
        ("wait-all:", Gate.BLOCKING),
        ("wait-all: false", Gate.BLOCKING),
        ("{wait-all: true, continue-on-error: true}", Gate.SILENT),
        ("{wait: other, continue-on-error: true}", Gate.BLOCKING),
        ("cancel: tests", Gate.UNKNOWN),
        ("cancel: other", Gate.BLOCKING),
    ],
)
def test_what_waits_for_a_step_in_the_background_decides(waits: str, expected: Gate) -> None:
    verdict = judged_steps(f"""
    - run: make test
      background: true
      id: tests
    - {waits}
    """)
    assert verdict.steps[0].gate is expected


def test_a_later_step_does_not_see_what_is_still_running() -> None:
    verdict = judged_steps("""
    - run: make test
      background: true
      id: tests
    - run: make lint
    - wait: tests
    - run: echo "::error::failed"
      if: failure()
    """)
    assert [step.gate for step in verdict.steps[:2]] == [Gate.BLOCKING, Gate.BLOCKING]
    assert verdict.gate is Gate.BLOCKING


@pytest.mark.parametrize(
    ("first", "second", "expected", "line"),
    [
        ("run: make one", "run: make two", Gate.BLOCKING, 8),
        ("run: make one", "{run: make two, continue-on-error: true}", Gate.BLOCKING, 8),
        ("{run: make one, continue-on-error: true}", "run: make two || true", Gate.SILENT, 8),
        ("{run: make one, continue-on-error: true}", "run: make two", Gate.BLOCKING, 9),
        ("run: make one", "{run: make two, background: true}", Gate.UNKNOWN, 7),
        ("run: make one", "parallel: [{run: make two}]", Gate.UNKNOWN, 7),
    ],
)
def test_a_group_of_steps_is_judged_by_the_one_whose_failure_does_most(
    first: str, second: str, expected: Gate, line: int
) -> None:
    verdict = judged_steps(f"""
    - run: npm ci
    - parallel:
        - {first}
        - {second}
    """)
    assert (verdict.gate, verdict.measuring) == (expected, 1)
    assert verdict.reasons[0].place is not None
    assert verdict.reasons[0].place.line == line


def test_the_steps_of_a_group_do_not_see_each_other() -> None:
    verdict = judged_steps("""
    - parallel:
        - run: make one
          continue-on-error: true
          id: one
        - run: exit 1
          if: steps.one.outcome == 'failure'
    - run: exit 1
      if: steps.one.outcome == 'failure'
    """)
    assert verdict.gate is Gate.BLOCKING
    assert verdict.steps[1].gate is Gate.NO_SIGNAL


def test_a_measurement_in_a_group_is_what_the_job_is_judged_by() -> None:
    verdict = judged_steps("""
    - parallel:
        - run: pytest --cov || true
        - run: make lint
    """)
    assert (verdict.gate, verdict.partly, verdict.coverage) == (Gate.SILENT, True, True)
    assert [(reason.code, reason.place and reason.place.line) for reason in verdict.reasons] == [
        ("shell-mask-or-list", 7),
        ("check-green", 7),
        ("step-beside-blocks", 8),
    ]
    alone = judged_steps("""
    - parallel:
        - run: pytest --cov
        - run: make lint || true
    """)
    assert (alone.gate, alone.partly) == (Gate.BLOCKING, False)
