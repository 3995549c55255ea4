"""Whether a combination of a matrix is what an item of ``include`` or ``exclude`` asks for.

Source: actions/runner, ``src/Sdk/WorkflowParser/Conversion/MatrixBuilder.cs``.
"""

from __future__ import annotations

from covpath.terms import Tri, both
from covpath.workflow.expressions.compare import compared
from covpath.workflow.expressions.indexing import indexed
from covpath.workflow.expressions.value import Array, Object, Unknown, Value, fold


def matches(wanted: Value, value: Value) -> Tri:
    """Whether every leaf of ``wanted`` loosely equals what ``value`` has there; of no leaves, all do."""
    match wanted:
        case Unknown():
            return Tri.UNKNOWN
        case Object():
            parts = ((item, indexed(value, key)) for key, item in wanted.entries.items())
        case Array():
            parts = ((item, indexed(value, float(at))) for at, item in enumerate(wanted.items))
        case str() if isinstance(value, str):
            return Tri.of(fold(value) == fold(wanted))
        case _:
            return compared("==", value, wanted)
    found = Tri.TRUE
    for item, inside in parts:
        found = both(found, matches(item, inside))
        if found is Tri.FALSE:
            break
    return found
