"""A leg of a job: one combination of its matrix, and what expressions see in it."""

from __future__ import annotations

from msgspec import Struct

from covpath.terms import Fact
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.expressions.value import Object, Value, names_of, unknown

MAX_LEGS = 256
"""Jobs one matrix may make (GitHub's limit for a run)."""


class Presence(Fact):
    """How many jobs a leg stands for."""

    ONE = "one"
    PERHAPS = "perhaps"
    """One, or none: the matrix is not known well enough."""
    ANY_NUMBER = "any number"
    """A list is not known; all that is said holds for each of its jobs."""


class Leg(Struct, frozen=True, kw_only=True):
    """One combination. ``values`` is its ``matrix`` context, null for a job without a matrix.

    ``shown`` are the values GitHub puts in the job's name, in that order.
    """

    values: Object | None
    shown: tuple[Value, ...] = ()
    presence: Presence = Presence.ONE

    @property
    def depends(self) -> frozenset[str]:
        """What its values depend on; empty where all are known."""
        inside = tuple(self.values.entries.values()) if self.values else ()
        return names_of(*self.shown, *inside)


NO_MATRIX = Leg(values=None)


def contexts_of(leg: Leg, legs: tuple[Leg, ...], contexts: Contexts) -> Contexts:
    """``contexts`` as the jobs of ``leg`` see them: with its ``matrix`` and what is known of ``strategy``."""
    certain = all(one.presence is Presence.ONE for one in legs)
    strategy = {
        "fail-fast": unknown("strategy.fail-fast"),
        "max-parallel": unknown("strategy.max-parallel"),
        "job-index": float(legs.index(leg)) if certain else unknown("strategy.job-index"),
        "job-total": float(len(legs)) if certain else unknown("strategy.job-total"),
    }
    return contexts.but(matrix=leg.values, strategy=Object(strategy))
