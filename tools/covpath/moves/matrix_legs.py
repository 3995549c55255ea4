"""The legs of a job's matrix by the words people call them, and where in the file a leg's values stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from covpath.errors import InputError, UsageError
from covpath.gate.checks import legs_of, matrix_of, name_results, naming_contexts
from covpath.workflow.expressions.value import Array, Object, Unknown, Value, text_of
from covpath.workflow.legs import NO_MATRIX
from covpath.workflow.model import Job
from covpath.yamltext import nodes
from covpath.yamltext.nodes import Route, Scalar, Sequence, deref


class LegView(Struct, frozen=True, kw_only=True):
    """One leg: its check, and its values by dotted path (``os``, ``info.target``)."""

    check: str
    values: Mapping[str, str]


def legs(job: Job) -> tuple[LegView, ...]:
    """The legs of a job's matrix, in GitHub's order; none where the file does not tell them all."""
    found = legs_of(job, naming_contexts())
    if found == (NO_MATRIX,) or any(leg.depends or leg.values is None for leg in found):
        return ()
    try:
        names = name_results(job, found, naming_contexts())
    except InputError:
        return ()
    views = []
    for leg, name in zip(found, names, strict=True):
        values = dict(_flat(leg.values, "")) if leg.values is not None else {}
        views.append(LegView(check=name.pattern, values=values))
    return tuple(views)


def _flat(value: Value, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case Object():
            for key, item in value.entries.items():
                yield from _flat(item, f"{path}.{key}" if path else key)
        case Array():
            inside = [text for item in value.items for _, text in _flat(item, path)]
            yield path, f"[{', '.join(inside)}]"
        case Unknown():
            return
        case _:
            yield path, text_of(value)


def choose(job: Job, spec: str) -> tuple[LegView, ...]:
    """The legs that ``spec`` means: ``KEY=VALUE`` (several with commas), or a check's name.

    Raises UsageError where the job has no matrix that can be read, or no such leg.
    """
    every = legs(job)
    if not every:
        raise UsageError(f"the matrix of job {job.id!r} has no legs that the file tells.", hint="Leave --leg out.")
    found = tuple(leg for leg in every if leg.check == spec)
    if not found and "=" in spec:
        wanted = [part.partition("=") for part in spec.split(",")]
        found = tuple(
            leg
            for leg in every
            if all(_same(leg.values.get(key.strip().removeprefix("matrix.")), value) for key, _, value in wanted)
        )
    if not found:
        known = ", ".join(dict.fromkeys(leg.check for leg in every[:12]))
        raise UsageError(f"job {job.id!r} has no leg {spec!r}.", hint=f"Its legs are {known}; or say KEY=VALUE.")
    return found


def _same(there: str | None, value: str) -> bool:
    return there is not None and there.lower() == value.strip().lower()


def entries_of(job: Job, path: str) -> Iterator[tuple[Route, Scalar]]:
    """Where the file gives the values of a matrix path, in the lists, in ``include`` and in ``exclude``."""
    matrix = matrix_of(job)
    if matrix is None:
        return
    base: Route = (*job.route, "strategy", "matrix")
    key, *inner = path.split(".")
    for entry in matrix.entries:
        items = deref(entry.value)
        if not isinstance(items, Sequence):
            continue
        listed = entry.key.value not in ("include", "exclude")
        if listed and entry.key.value != key:
            continue
        for index, item in enumerate(items.items):
            found = _inside(item, inner if listed else [key, *inner], (*base, entry.key.value, index))
            if found is not None:
                yield found


def _inside(item: nodes.Node, keys: list[str], route: Route) -> tuple[Route, Scalar] | None:
    node: nodes.Node | None = item
    for key in keys:
        real = deref(node) if node is not None else None
        if not isinstance(real, nodes.Mapping):
            return None
        node = real.get(key)
        route = (*route, key)
    real = deref(node) if node is not None else None
    return (route, real) if isinstance(real, Scalar) else None
