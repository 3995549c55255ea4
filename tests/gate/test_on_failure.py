"""Jobs and steps with nothing to do while all is well: gates that only ever fail, and jobs that only tell of it."""

from __future__ import annotations

import pytest

from covpath.terms import Blocks, Gate, Tri
from judging import judged

TEMPLATE = """\
on: {on}
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: make test
  gate:
    needs: test
    if: {condition}
    runs-on: ubuntu-latest
    {key}
    steps:
      - {step}
"""
FAILS = "run: exit 1"


def gate(condition: str, step: str = FAILS, *, on: str = "pull_request", key: str = "timeout-minutes: 1") -> str:
    return TEMPLATE.format(condition=condition, step=step, on=on, key=key)


ASKS = "if: contains(needs.*.result, 'failure')\n        run: exit 1"

NO_GATES = {
    "never for a pull request": (gate("failure()", on="schedule"), "no-signal"),
    "in no event that counts": (gate("failure() && github.event_name == 'push'"), "job-skipped"),
    "tells somebody": (gate("failure()", "uses: some/notify@v1"), "only-on-failure"),
    "fails, and is let off": (gate("failure()", f"{FAILS}\n        continue-on-error: true"), "only-on-failure"),
    "of a job that is let off": (
        gate("always()", ASKS).replace("  test:\n", "  test:\n    continue-on-error: true\n"), "step-skipped"
    ),
    "waits for what is never so": (gate("always()", "if: needs.test.result == 'unheard'\n        run: exit 1"),
                                   "step-skipped"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), NO_GATES.values(), ids=NO_GATES)
def test_no_gate(text: str, code: str) -> None:
    found = judged(text)["gate"]
    assert found.gate is Gate.NO_SIGNAL
    assert code in [reason.code for reason in found.reasons]


GATES = {
    "a condition of the job": (gate("failure()"), Gate.BLOCKING),
    "a condition of the step": (gate("always()", ASKS), Gate.BLOCKING),
    "let off": (gate("failure()", key="continue-on-error: true"), Gate.ADVISORY),
    "of a script's own": (gate("failure()", "run: |\n          echo no\n          exit 1"), Gate.BLOCKING),
    "perhaps": (
        gate("always()", "if: failure() || needs.test.result != github.ref\n        run: exit 1"),
        Gate.BLOCKING,
    ),
}


@pytest.mark.parametrize(("text", "expected"), GATES.values(), ids=GATES)
def test_a_gate(text: str, expected: Gate) -> None:
    assert judged(text)["gate"].gate is expected


def test_a_required_gate_blocks_and_says_for_whom() -> None:
    found = judged(gate("failure()"), ["gate"])["gate"]
    assert (found.blocks.value, found.on_runner_loss.check_red) == (Blocks.YES, Tri.TRUE)
    assert found.reasons[0].code == "gate-reacts"
    assert found.reasons[0].message == "a gate: it turns red once `test` failed"
    assert not {"job-skipped", "step-skipped"} & {reason.code for reason in found.reasons}


def test_a_gate_may_tell_of_a_failure_before_it_fails() -> None:
    telling = "if: github.ref == 'refs/heads/main' && contains(needs.*.result, 'failure')\n        uses: some/notify@v1"
    found = judged(gate("always()", f"{telling}\n      - {ASKS}"))["gate"]
    assert (found.gate, found.reasons[0].code) == (Gate.BLOCKING, "gate-reacts")
    assert judged(gate("always()", f"uses: some/notify@v1\n      - {ASKS}"))["gate"].gate is not Gate.NO_SIGNAL
