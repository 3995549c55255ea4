"""What is known when an expression is evaluated: the contexts' data and the job's status so far."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from covpath.terms import Tri
from covpath.workflow.expressions.value import Object, Plain, Value, unknown, value_of


class Status(Struct, frozen=True, kw_only=True):
    """What ``success()``, ``failure()`` and ``cancelled()`` answer at this place."""

    success: Tri = Tri.UNKNOWN
    failure: Tri = Tri.UNKNOWN
    cancelled: Tri = Tri.UNKNOWN


SUCCEEDED = Status(success=Tri.TRUE, failure=Tri.FALSE, cancelled=Tri.FALSE)
FAILED = Status(success=Tri.FALSE, failure=Tri.TRUE, cancelled=Tri.FALSE)
CANCELLED = Status(success=Tri.FALSE, failure=Tri.FALSE, cancelled=Tri.TRUE)


_SO_FAR_WELL = Status()


class Contexts(Struct, frozen=True):
    """Context data by lower-case name, and the status. A context that is not listed is unknown.

    A listed context is known completely: a key it lacks is null, as on GitHub. Where only some of its keys
    are known, say so with ``partly``.
    """

    values: Mapping[str, Value]
    status: Status = _SO_FAR_WELL

    @staticmethod
    def of(data: Mapping[str, Plain] | None = None, *, status: Status = _SO_FAR_WELL) -> Contexts:
        """Contexts from nested plain data, such as ``{"matrix": {"rust": "stable"}}``."""
        return Contexts({name.lower(): value_of(plain) for name, plain in (data or {}).items()}, status)

    def but(self, **data: Plain) -> Contexts:
        """These contexts with some replaced."""
        return replace(self, values={**self.values, **Contexts.of(data).values})

    def with_status(self, status: Status) -> Contexts:
        """These contexts at another point of the job."""
        return replace(self, status=status)

    def get(self, name: str) -> Value:
        """The context called ``name``, case aside."""
        values = self.values
        if name in values:
            return values[name]
        key = name.lower()
        return values[key] if key in values else unknown(key)


def partly(path: str, known: Mapping[str, Plain]) -> Object:
    """The object at ``path`` (``github``, ``github.event``) of which only some keys are known."""
    return Object({key: value_of(plain) for key, plain in known.items()}, path)
