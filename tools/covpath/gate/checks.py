"""The checks a job reports, as branch protection sees them, and the legs of its matrix."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

from msgspec import Struct

from covpath.errors import InputError
from covpath.terms import Tri
from covpath.workflow.expressions import value
from covpath.workflow.expressions.contexts import Contexts, partly
from covpath.workflow.expressions.template import OPEN
from covpath.workflow.expressions.value import Array, Object, Value, text_of, unknown
from covpath.workflow.legs import MAX_LEGS, NO_MATRIX, Leg, Presence
from covpath.workflow.model import Job
from covpath.yamltext.nodes import Mapping, Node, Scalar, Sequence, deref, to_plain

if TYPE_CHECKING:
    from covpath.workflow.check_names import CheckNameResult


INSIDE = " / *"
"""What the pattern of a call's checks ends with: those of the jobs that it leads to."""


class CheckPattern(Struct, frozen=True):
    """A check's name; ``*`` stands for what the file does not say."""

    text: str
    result: CheckNameResult | None = None
    leg: Leg | None = None
    certain: bool = False

    @property
    def known(self) -> bool:
        """Whether ``text`` is the name."""
        return self.certain or (self.result is not None and self.result.name is not None)

    def could_be(self, name: str) -> Tri:
        """Whether this check is called ``name``, letter for letter."""
        if self.certain:
            return Tri.of(self.text == name)
        if self.result is not None:
            return self.result.could_be(name)
        fits = re.fullmatch(".*".join(re.escape(part) for part in self.text.split("*")), name, re.DOTALL)
        return Tri.FALSE if fits is None else Tri.UNKNOWN


@lru_cache(maxsize=16)
def naming_contexts(event: str | None = None) -> Contexts:
    """What a job's name and matrix may read; nothing of it is known but the event."""
    known = {} if event is None else {"event_name": event}
    return Contexts.of(
        {"github": partly("github", known), **{name: unknown(name) for name in ("vars", "inputs", "needs", "strategy")}}
    )


def matrix_of(job: Job) -> Mapping | None:
    """The ``matrix`` of a job, where it is written as a mapping."""
    found = _written_matrix(job)
    real = deref(found) if found is not None else None
    return real if isinstance(real, Mapping) else None


def legs_of(job: Job, contexts: Contexts) -> tuple[Leg, ...]:
    """The legs of the job's matrix; one without values where there is none.

    A matrix GitHub would refuse counts as one leg of which nothing is known.
    """
    plain = plain_legs(job)
    return plain if plain is not None else expanded_legs(job, contexts)


def expanded_legs(job: Job, contexts: Contexts) -> tuple[Leg, ...]:
    """The same for a matrix that is no plain one."""
    matrix = _written_matrix(job)
    assert matrix is not None, "no matrix is a plain one"
    # Imported here: most matrices are lists of plain values.
    from covpath.workflow.matrix import expand

    try:
        return expand(to_plain(matrix), contexts)
    except InputError:
        return (NO_MATRIX,)


@lru_cache(maxsize=64)
def plain_legs(job: Job) -> tuple[Leg, ...] | None:
    """The same where no expression has a say, which is nearly always: whoever asks, and several do; None elsewhere."""
    matrix = _written_matrix(job)
    if matrix is None:
        return (NO_MATRIX,)
    plain = _plain_legs(deref(matrix))
    if plain is not None:
        return plain
    try:
        value = _value(matrix)
    except _AsksError:
        return None
    # Imported here, as above: most matrices are lists of plain values.
    from covpath.workflow.matrix import expand_value

    try:
        return (NO_MATRIX,) if value is None else expand_value(value)
    except InputError:
        return (NO_MATRIX,)


class _AsksError(Exception):
    """An expression has a say."""


def _value(node: Node) -> Value:
    """What expressions see of data in which there are none. Raises _AsksError where there is one."""
    real = deref(node)
    if type(real) is Scalar:
        if OPEN in real.value:
            raise _AsksError
        data = real.data()
        return float(data) if isinstance(data, int) and not isinstance(data, bool) else data
    if type(real) is Sequence:
        return Array(tuple(map(_value, real.items)))
    entries: dict[str, Value] = {}
    for entry in real.entries:
        if OPEN in entry.key.value:
            raise _AsksError
        entries[entry.key.value] = _value(entry.value)
    return Object(entries)


def _written_matrix(job: Job) -> Node | None:
    strategy = deref(job.strategy) if job.strategy is not None else None
    return strategy.get("matrix") if isinstance(strategy, Mapping) else None


def _plain_legs(matrix: Node) -> tuple[Leg, ...] | None:
    """The legs of lists of plain values, nothing included or excluded; None for any other matrix."""
    if not isinstance(matrix, Mapping) or not matrix.entries:
        return None
    lists: dict[str, list[Value]] = {}
    count = 1
    for entry in matrix.entries:
        items = deref(entry.value)
        name = entry.key.value
        if not isinstance(items, Sequence) or not items.items or name.lower() in ("include", "exclude"):
            return None
        values = [_plain_value(deref(item)) for item in items.items]
        count *= len(values)
        if None in values or count > MAX_LEGS:
            return None
        lists[name] = [value for value in values if value is not None]
    return tuple(
        Leg(values=Object(dict(zip(lists, values, strict=True)), None), shown=values)
        for values in product(*lists.values())
    )


def _plain_value(node: Node) -> bool | float | str | None:
    """A scalar's value where it is known and shown in a name; None for anything else."""
    if not isinstance(node, Scalar) or OPEN in node.value or not node.value:
        return None
    data = node.data()
    return float(data) if isinstance(data, int) and not isinstance(data, bool) else data


def check_patterns(
    job: Job, legs: tuple[Leg, ...], contexts: Contexts, callers: tuple[CheckNameResult, ...] = ()
) -> tuple[CheckPattern, ...]:
    """The checks of a job, one a leg, for each job that calls its workflow.

    A call of a reusable workflow has none of its own: ``job / *`` stands for those inside.
    """
    if not callers and (names := plain_names(job, legs)) is not None:
        return names
    try:
        results = name_results(job, legs, contexts, callers)
    except InputError:
        return (CheckPattern("*"),)
    if job.uses is not None:
        return tuple(CheckPattern(f"{result.pattern}{INSIDE}") for result in results)
    return tuple(CheckPattern(result.pattern, result, result.leg) for result in results)


def plain_names(job: Job, legs: tuple[Leg, ...]) -> tuple[CheckPattern, ...] | None:
    """The same for a job that nothing calls, where no name has to be worked out; None elsewhere."""
    name = _name(job)
    base = job.id if name is None or name == "" else name
    if not isinstance(base, str) or OPEN in base or job.uses is not None or len(base) > _SURELY_SHORT:
        return None
    found: list[CheckPattern] = []
    for leg in legs:
        text = base
        if shown := leg.shown:
            texts = [value if isinstance(value, str) else _shown(value) for value in shown]
            if None in texts:
                return None
            text = f"{base} ({', '.join(texts)})"  # type: ignore[arg-type]
        if leg.presence is not Presence.ONE or len(text) > _SURELY_SHORT:
            return None
        found.append(CheckPattern(text, leg=leg, certain=True))
    return tuple(found)


def _shown(value: Value) -> str | None:
    return text_of(value) if isinstance(value, (bool, float)) else None


_SURELY_SHORT = 90
"""Characters of a name that GitHub surely does not cut."""


def name_results(
    job: Job, legs: tuple[Leg, ...], contexts: Contexts, callers: tuple[CheckNameResult, ...] = ()
) -> tuple[CheckNameResult, ...]:
    """The names GitHub gives the legs. Raises InputError for a name it cannot evaluate."""
    # Imported here: nearly all names are written plainly.
    from covpath.workflow.check_names import check_names

    return check_names(str(job.id), _name(job), legs, contexts, callers)


def _name(job: Job) -> value.Scalar:
    data = job.name.data() if job.name is not None else None
    return float(data) if isinstance(data, int) and not isinstance(data, bool) else data
