from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from covpath.bench.compare import compare, why_not_comparable
from covpath.evidence.trial import CacheState, Outcome
from evidence_samples import MACHINE, TRIAL, trial

POSITIVE = st.lists(st.floats(0.01, 1000), min_size=3, max_size=12)


@given(POSITIVE)
def test_a_cell_never_differs_from_itself(values: list[float]) -> None:
    assert not compare(values, values).difference


@given(POSITIVE, POSITIVE)
def test_the_interval_holds_the_ratio_and_claims_nothing_small(one: list[float], other: list[float]) -> None:
    found = compare(one, other)
    assert found.low <= found.ratio * 1.0001
    assert found.high >= found.ratio * 0.9999
    if found.difference:
        assert abs(found.ratio - 1) >= 0.03
        assert not found.low <= 1 <= found.high


def test_the_same_program_twice_is_nearly_always_no_difference() -> None:
    draw = random.Random(5)
    claims = 0
    for seed in range(200):
        one, other = ([draw.gauss(10, 0.3) for _ in range(8)] for _ in range(2))
        claims += compare(one, other, seed=seed).difference
    assert claims <= 10


def test_a_real_difference_is_shown_and_said() -> None:
    found = compare([12.0, 12.1, 12.3, 12.2], [10.0, 10.1, 10.2, 9.9])
    assert (found.difference, found.verdict) == (True, "more by 21%")
    assert compare([10.0, 10.1, 10.2], [12.0, 12.1, 12.2]).verdict == "less by 17%"
    assert compare([10.2, 10.21, 10.19], [10.0, 10.01, 9.99]).verdict == "no difference shown"
    assert compare([1.0], [2.0]).verdict == "no difference shown: fewer than 3 runs"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"machine": replace(MACHINE, fingerprint="other")}, "different machines"),
        ({"cache": CacheState.COLD}, "one ran warm"),
        ({"limits": ()}, "not held in the same way"),
        ({"outcome": Outcome.OOM}, "not all of their trials were ok"),
    ],
)
def test_what_may_not_be_compared(changes: dict[str, object], why: str) -> None:
    assert why_not_comparable([TRIAL], [trial(number=1)]) is None
    told = why_not_comparable([TRIAL], [trial(**changes)])
    assert told is not None
    assert why in told
    assert why_not_comparable([TRIAL], []) == "one of them was not measured"
