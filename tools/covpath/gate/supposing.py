"""What a verdict is asked to suppose, for moves: they change what would happen, also where it never does."""

from __future__ import annotations

from msgspec import Struct


class Suppose(Struct, frozen=True, kw_only=True):
    """Judge by the step at index ``step``; as if job and step ran for a pull request; as if the step itself failed.

    ``exits`` leaves out what a script or action makes of a failure inside: the fault is that the
    step exits non-zero.
    """

    step: int | None = None
    runs: bool = False
    exits: bool = False


NOTHING_SUPPOSED = Suppose()
