"""Whether two cells differ: medians of repeated trials and bootstrap intervals.

A difference is claimed only where the interval leaves 1 out and the ratio is at least 3 %: less
than that is no result on an ordinary machine (``facts``, bench, section 3.1).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from statistics import median

from msgspec import Struct

from covpath.evidence.trial import Outcome, Trial

SMALLEST = 0.03
"""A smaller difference is not shown."""
FEWEST = 3
"""Fewer values on either side say nothing about a difference."""

_ROUNDS = 2000


class Comparison(Struct, frozen=True, kw_only=True):
    """The ratio of two medians (first by second) with its 95 % interval.

    ``difference`` is False where none is shown; ``verdict`` says it in words.
    """

    ratio: float
    low: float
    high: float
    difference: bool
    verdict: str


def compare(first: Sequence[float], second: Sequence[float], *, seed: int = 1) -> Comparison:
    """Compare two samples of positive values. The same seed gives the same interval."""
    ratio = median(first) / median(second)
    if min(len(first), len(second)) < FEWEST:
        return Comparison(
            ratio=ratio,
            low=min(first) / max(second),
            high=max(first) / min(second),
            difference=False,
            verdict=f"no difference shown: fewer than {FEWEST} runs",
        )
    draw = random.Random(seed)  # noqa: S311 - a reproducible interval, no secret
    ratios = sorted(
        median(draw.choices(first, k=len(first))) / median(draw.choices(second, k=len(second))) for _ in range(_ROUNDS)
    )
    low, high = ratios[int(_ROUNDS * 0.025)], ratios[int(_ROUNDS * 0.975) - 1]
    difference = abs(ratio - 1) >= SMALLEST and not low <= 1 <= high
    words = f"{'more' if ratio > 1 else 'less'} by {abs(ratio - 1):.0%}" if difference else "no difference shown"
    return Comparison(ratio=ratio, low=low, high=high, difference=difference, verdict=words)


def why_not_comparable(first: Sequence[Trial], second: Sequence[Trial]) -> str | None:
    """Why the times of two cells may not be compared; None where they may.

    Other machines, other cache states, limits held on one side only, or failed trials: a
    ratio of such figures means nothing.
    """
    trials = [*first, *second]
    if not first or not second:
        return "one of them was not measured"
    if any(trial.outcome is not Outcome.OK for trial in trials):
        return "not all of their trials were ok"
    if len({trial.machine.fingerprint for trial in trials}) > 1:
        return "they ran on different machines"
    if len({trial.cache for trial in trials}) > 1:
        return "one ran warm, the other cold"
    if len({trial.enforcement for trial in trials}) > 1:
        return "their limits were not held in the same way"
    return None
