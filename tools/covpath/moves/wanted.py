"""What a move is asked to change."""

from __future__ import annotations

from msgspec import Struct

from covpath.terms import Gate

ASKED = {"blocking": Gate.BLOCKING, "advisory": Gate.ADVISORY}
"""The gates one can ask for by name; any other word is a ratchet's own."""


class Wanted(Struct, frozen=True, kw_only=True):
    """What a move is to change; None (no labels, no group) for what stays.

    ``step`` names the one step whose gate moves instead of the job's, ``leg`` the legs of a matrix
    that are meant (``os=windows-latest``, or a check's name). ``with_upload``: the steps that upload
    the report get the gate too. ``keep_serial``: tests that ran one by one are to stay so. ``several``: jobs
    were asked for by a pattern, so those that have nothing to move are passed over.
    """

    gate: str | None = None
    step: str | None = None
    leg: str | None = None
    with_upload: bool = False
    backend: str | None = None
    report: str | None = None
    keep_serial: bool = False
    labels: tuple[str, ...] = ()
    group: str | None = None
    timeout_minutes: int | None = None
    several: bool = False

    @property
    def nothing(self) -> bool:
        """Whether nothing is asked."""
        timed = self.timeout_minutes is not None
        return not (self.gate or self.backend or self.runner or timed or self.report)

    @property
    def runner(self) -> bool:
        """Whether another runner is asked for."""
        return bool(self.labels or self.group)
