"""Kleene's logic, and sets of results as bits: what a step or job may have come to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

from covpath.gate.verdict import Result
from covpath.terms import Tri
from covpath.workflow.expressions.value import Value, one_of

Results: TypeAlias = int
"""The results something can have: one bit where it is certain, none where it is not possible."""

SUCCEEDS: Results = 1
FAILS: Results = 2
CANCELS: Results = 4
SKIPS: Results = 8
BAD: Results = FAILS | CANCELS

_BITS = {SUCCEEDS: Result.SUCCESS, FAILS: Result.FAILURE, CANCELS: Result.CANCELLED, SKIPS: Result.SKIPPED}


class StepResult(Struct, frozen=True):
    """What a step came to: ``outcome`` before ``continue-on-error``, ``conclusion`` after it."""

    outcome: Results
    conclusion: Results


WELL = StepResult(SUCCEEDS, SUCCEEDS)


def negated(value: Tri) -> Tri:
    """Kleene's not."""
    return Tri.FALSE if value is Tri.TRUE else Tri.TRUE if value is Tri.FALSE else Tri.UNKNOWN


def certainly(results: Results, wanted: Results) -> Tri:
    """Whether what may be any of ``results`` is one of ``wanted``."""
    if not results & wanted:
        return Tri.FALSE
    return Tri.UNKNOWN if results & ~wanted else Tri.TRUE


def single(results: Results) -> Iterator[Results]:
    """Each of the results by itself."""
    return (bit for bit in _BITS if results & bit)


def result_names(results: Results) -> tuple[str, ...]:
    """The results in GitHub's words."""
    return _NAMES[results]


_NAMES = tuple(
    tuple(result.value for bit, result in _BITS.items() if results & bit)
    for results in range((SUCCEEDS | FAILS | CANCELS | SKIPS) + 1)
)


def as_value(results: Results, name: str) -> Value:
    """A set of results as a value of expressions; ``name`` is what reads it."""
    words = result_names(results)
    return words[0] if len(words) == 1 else one_of((name,), words)
