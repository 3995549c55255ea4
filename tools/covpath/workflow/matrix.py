"""From the data under ``strategy.matrix`` to the job's legs, expanded as GitHub expands them.

Source: actions/runner, ``src/Sdk/WorkflowParser/Conversion/MatrixBuilder.cs``. Where the data depends on what a
file does not say (``fromJSON``, inputs), the legs say so instead of being guessed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from covpath.terms import Tri, any_of, either
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.expressions.template import evaluate_data
from covpath.workflow.expressions.value import (
    Array,
    Object,
    Plain,
    Value,
    alternatives,
    fold,
    one_of,
    unknown_text,
)
from covpath.workflow.legs import MAX_LEGS, NO_MATRIX, Leg, Presence
from covpath.workflow.matrix_reading import Item, MatrixError, MatrixSpec, read_matrix

_MAX_COMBINATIONS = 65_536


def expand(matrix: Plain, contexts: Contexts) -> tuple[Leg, ...]:
    """The legs of a job, in GitHub's order; one without values where ``matrix`` is None or leaves nothing.

    ``matrix`` is what the file says, strings with their expressions. Raises MatrixError for a matrix GitHub
    refuses, ExpressionError for an expression it refuses.
    """
    return (NO_MATRIX,) if matrix is None else expand_value(evaluate_data(matrix, contexts))


def expand_value(matrix: Value) -> tuple[Leg, ...]:
    """The same of a matrix in which every expression has been evaluated. Raises MatrixError."""
    spec = read_matrix(matrix)
    found: list[Leg] = []
    for leg in _legs(spec):
        found.append(leg)
        if len(found) > MAX_LEGS:
            raise MatrixError(f"The matrix makes more than {MAX_LEGS} jobs.")
    return tuple(found) or (NO_MATRIX,)


def _legs(spec: MatrixSpec) -> Iterator[Leg]:
    if math.prod(map(len, spec.lists.values())) > _MAX_COMBINATIONS:
        raise MatrixError(f"The matrix makes more than {MAX_LEGS} jobs.")
    matched = [Tri.FALSE] * len(spec.includes)
    if spec.lists:
        yield from _combinations(spec, matched)
    for include, was in zip(spec.includes, matched, strict=True):
        if was is not Tri.TRUE and include.certain:
            entries = {**include.wanted, **include.added}
            presence = Presence.ONE if was is Tri.FALSE else Presence.PERHAPS
            yield Leg(values=_values(entries, spec), shown=_shown_of(entries), presence=presence)
    if spec.unknown:
        anything = unknown_text(*spec.unknown)
        yield Leg(values=Object({}, "matrix"), shown=(anything,), presence=Presence.ANY_NUMBER)


def _combinations(spec: MatrixSpec, matched: list[Tri]) -> Iterator[Leg]:
    """The legs of the lists; notes which includes they match."""
    # Imported here: most matrices are lists alone, expanded elsewhere, or only what they include.
    from covpath.workflow.matrix_matching import asked_of

    excludes = [asked_of(spec.lists, exclude) for exclude in spec.excludes]
    includes = [asked_of(spec.lists, Object(include.wanted)) for include in spec.includes]
    certain = all(item.presence is Presence.ONE for items in spec.lists.values() for item in items)
    places = product(*(range(len(items)) for items in spec.lists.values()))
    for positions, items in zip(places, product(*spec.lists.values()), strict=True):
        excluded = any_of([exclude.of(positions) for exclude in excludes])
        if excluded is Tri.TRUE:
            continue
        presence = Presence.PERHAPS if excluded is Tri.UNKNOWN else Presence.ONE
        if not certain:
            presence = _presence(items, presence)
        yield _combined(spec, items, presence, [include.of(positions) for include in includes], matched)


def _presence(items: tuple[Item, ...], otherwise: Presence) -> Presence:
    """How many jobs a combination stands for, as far as its items tell."""
    presences = {item.presence for item in items}
    if Presence.ANY_NUMBER in presences:
        return Presence.ANY_NUMBER
    return Presence.PERHAPS if Presence.PERHAPS in presences else otherwise


def _combined(
    spec: MatrixSpec, items: tuple[Item, ...], presence: Presence, fitting: list[Tri], matched: list[Tri]
) -> Leg:
    """The leg of one combination of the lists; notes which includes it matches."""
    entries = {name: item.value for name, item in zip(spec.lists, items, strict=True)}
    if not fitting:
        return Leg(values=_values(entries, spec), shown=_shown_of(entries), presence=presence)
    added: dict[str, Value] = {}
    before: str | None = None  # set once an include that is not known may have added anything
    for number, (include, fits) in enumerate(zip(spec.includes, fitting, strict=True)):
        if not include.certain:
            added, before = {}, "matrix"
            continue
        if fits is Tri.FALSE:
            continue
        for key, value in include.added.items():
            _add(added, key, value if fits is Tri.TRUE else _either(Object(added, before), key, value))
        if fits is Tri.TRUE and presence is not Presence.ONE:
            fits = Tri.UNKNOWN  # there may be no such combination
        matched[number] = either(matched[number], fits)
    return Leg(values=_values(entries | added, spec), shown=_shown_of(entries), presence=presence)


def _values(entries: Mapping[str, Value], spec: MatrixSpec) -> Object:
    return Object(entries, "matrix" if spec.unknown else None)


def _add(added: dict[str, Value], key: str, value: Value) -> None:
    """A later include replaces what an earlier one added, under the earlier spelling of the key."""
    added[key if key in added else next((name for name in added if fold(name) == fold(key)), key)] = value


def _either(added: Object, key: str, value: Value) -> Value:
    """What ``key`` is where an include may or may not add ``value``."""
    return one_of({f"matrix.{key}"}, [*alternatives(added.get(key)), *alternatives(value)])


def _shown_of(entries: Mapping[str, Value]) -> tuple[Value, ...]:
    """What of a leg's values goes into the name."""
    values = tuple(entries.values())
    for value in values:
        if not value or not isinstance(value, str):
            found: list[Value] = []
            _show(values, found)
            return tuple(found)
    return values


def _show(values: Iterable[Value], found: list[Value]) -> None:
    """Add to ``found`` what of ``values`` goes into the name: scalars, those inside lists and mappings too."""
    for value in values:
        if type(value) is Object:
            _show(value.entries.values(), found)
        elif type(value) is Array:
            _show(value.items, found)
        elif value is not None and value != "":  # what is empty is left out
            found.append(value)
