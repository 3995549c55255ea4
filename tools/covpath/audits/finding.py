"""What an audit reports, and what a rule is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from covpath.errors import Place
from covpath.gate.verdict import JobVerdict
from covpath.ledger.calendar import Calendar, UnknownDay
from covpath.ledger.history import History
from covpath.ledger.model import Ledger
from covpath.terms import Fact, JobRef


class Severity(Fact):
    """How much a finding weighs."""

    ERROR = "error"
    """Fails the audit."""
    WARNING = "warning"
    """Fails it under ``--strict`` only."""
    NOTE = "note"
    """Told, never fails: what an entry accepts, for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found, with its place.

    ``related`` are further places with what stands there (the levers of a job, say);
    ``hint`` says what to do, ``job`` whom it is about where it is about a job. ``concerns``
    separates debts that time alone brings (a date that passes) from what a change brings.
    """

    rule: str
    severity: Severity
    message: str
    place: Place
    hint: str
    job: JobRef | None = None
    related: tuple[tuple[str, Place], ...] = ()
    by_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSubject:
    """All that rules look at: verdicts of all jobs, the exceptions file, the calendar, the past, the day.

    ``ledger`` is None where there is no exceptions file; ``exceptions_path`` is where it would be.
    """

    verdicts: tuple[JobVerdict, ...]
    ledger: Ledger | None
    exceptions_path: str
    calendar: Calendar | UnknownDay | None
    today: date
    history: History | None = None

    def verdict_of(self, ref: JobRef) -> JobVerdict | None:
        """The verdict of one job."""
        return next((verdict for verdict in self.verdicts if verdict.ref == ref), None)


class Rule(Protocol):
    """A plug-in: a module of this shape, named in the table."""

    @property
    def ID(self) -> str:  # noqa: N802
        """Its public id, which is also its file's name with dashes."""

    @property
    def TITLE(self) -> str:  # noqa: N802
        """What it looks for, in one line."""

    @property
    def EXPLANATION(self) -> str:  # noqa: N802
        """Why that matters and what to do, for ``covpath explain``."""

    def check(self, subject: AuditSubject) -> Iterator[Finding]:
        """What it finds."""
