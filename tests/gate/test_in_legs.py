"""A step whose own keys tell the legs of a matrix apart."""

from __future__ import annotations

import pytest

from covpath.gate.verdict import StepVerdict
from covpath.terms import Gate
from judging import judged

JOB = """\
on: pull_request
jobs:
  test:
    runs-on: ubuntu-24.04
    strategy:
      matrix:
        version: [a, b]
    steps:
      - run: make lint
{keys}
      - run: make test
"""


def lint(*keys: str) -> StepVerdict:
    text = JOB.format(keys="\n".join(f"        {key}" for key in keys))
    return judged(text)["test"].steps[0]


@pytest.mark.parametrize(
    ("keys", "gate", "softest"),
    [
        ((), Gate.BLOCKING, Gate.BLOCKING),
        (("continue-on-error: ${{ matrix.version == 'c' }}",), Gate.BLOCKING, Gate.BLOCKING),
        (("if: matrix.version == 'b'",), Gate.BLOCKING, Gate.BLOCKING),
        (("continue-on-error: ${{ matrix.version == 'b' }}",), Gate.BLOCKING, Gate.SILENT),
        (("if: matrix.version == 'b'", "continue-on-error: true"), Gate.SILENT, Gate.SILENT),
        (("if: matrix.version == 'c'", "continue-on-error: true"), Gate.NO_SIGNAL, Gate.NO_SIGNAL),
    ],
)
def test_the_strictest_leg_counts_and_the_softest_is_known(keys: tuple[str, ...], gate: Gate, softest: Gate) -> None:
    found = lint(*keys)
    assert (found.gate, found.softest) == (gate, softest)


def test_the_mask_of_one_leg_is_told_with_its_place() -> None:
    codes = [reason.code for reason in lint("continue-on-error: ${{ matrix.version == 'b' }}").reasons]
    assert "step-continue-on-error" in codes
