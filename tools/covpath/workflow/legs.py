"""A leg of a job: one combination of its matrix, and what expressions see in it."""

from __future__ import annotations

from collections.abc import Iterator

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


def are_certain(legs: tuple[Leg, ...]) -> bool:
    """Whether the legs are all there are, and each is there."""
    return all(one.presence is Presence.ONE for one in legs)


def contexts_of(leg: Leg, legs: tuple[Leg, ...], contexts: Contexts, certain: bool | None = None) -> Contexts:
    """``contexts`` as the jobs of ``leg`` see them: with its ``matrix`` and what is known of ``strategy``.

    ``certain``: what ``are_certain`` says of the legs, where that is known.
    """
    certain = are_certain(legs) if certain is None else certain
    return _seen(leg, contexts, legs.index(leg) if certain else None, len(legs))


def contexts_of_each(legs: tuple[Leg, ...], contexts: Contexts) -> Iterator[Contexts]:
    """The same for all legs, one after the other."""
    certain = are_certain(legs)
    for number, leg in enumerate(legs):
        yield _seen(leg, contexts, number if certain else None, len(legs))


def _seen(leg: Leg, contexts: Contexts, number: int | None, total: int) -> Contexts:
    known: dict[str, Value] = {} if number is None else {"job-index": float(number), "job-total": float(total)}
    strategy = Object({**_STRATEGY, **known})
    return Contexts({**contexts.values, "matrix": leg.values, "strategy": strategy}, contexts.status)


_STRATEGY: dict[str, Value] = {
    name: unknown(f"strategy.{name}") for name in ("fail-fast", "max-parallel", "job-index", "job-total")
}
