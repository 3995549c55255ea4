"""The outcome of an audit as one record, for whatever prints it."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from covpath.audits.comparison import Judged
from covpath.audits.finding import Severity
from covpath.errors import CovpathError


class AuditReport(Struct, frozen=True, kw_only=True):
    """Findings in their order, and what they were found in.

    ``base`` is what the ``change`` (a branch or a commit) was compared with, None where everything
    counts. ``unreadable``
    are the errors of files that could not be read, ``unreadable_before`` those of them that the
    base has too. ``remarks`` are sentences about the audit itself. ``strict``: warnings fail.
    """

    today: date
    jobs: int
    entries: int
    exceptions_file: str | None
    judged: tuple[Judged, ...]
    unreadable: tuple[CovpathError, ...] = ()
    unreadable_before: tuple[CovpathError, ...] = ()
    base: str | None = None
    change: str = "branch"
    remarks: tuple[str, ...] = ()
    strict: bool = False

    @property
    def fails(self) -> bool:
        """Whether a finding fails the audit."""
        return any(self.is_failing(one) for one in self.judged)

    def is_failing(self, one: Judged) -> bool:
        """Whether this finding fails the audit: a standing one never does, a note never does."""
        failing = (Severity.ERROR, Severity.WARNING) if self.strict else (Severity.ERROR,)
        return not one.standing and one.finding.severity in failing

    def count(self, severity: Severity, *, standing: bool = False) -> int:
        """How many findings of a severity there are."""
        return sum(one.finding.severity is severity and one.standing == standing for one in self.judged)
