"""All that rules look at: jobs and their verdicts, the exceptions file, the calendar, the past, the day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property

from msgspec import Struct

from covpath.audits.past import Past
from covpath.audits.verdicts import Verdicts
from covpath.errors import CovpathError
from covpath.evidence.model import Evidence
from covpath.gate.required import UNKNOWN_REQUIRED, RequiredChecks
from covpath.gate.verdict import JobVerdict
from covpath.ledger.calendar import Calendar, UnknownDay
from covpath.ledger.model import Entry, JobName, Ledger
from covpath.terms import JobId, JobRef


class Owners(Struct, frozen=True, kw_only=True):
    """Who a CODEOWNERS file knows, in lower case, and where it lies."""

    path: str
    names: frozenset[str]


class AuditSubject(Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """One state of one repository, and the day it is judged by.

    ``ledger`` is None where there is no exceptions file; ``exceptions_path`` is where it would
    be, ``unread`` are the jobs of entries that are damaged; ``exceptions_unreadable`` where all of
    it is, so that nobody knows what it explains. ``unreadable`` are the workflow
    files that cannot be read: nothing is said to be missing that may be in one of them.
    ``evidence`` reads a saved benchmark: None where there is no such file. ``kickoff`` is the
    sprint that is about to begin, where the audit is asked about one.
    """

    verdicts: Verdicts
    ledger: Ledger | None
    exceptions_path: str
    calendar: Calendar | UnknownDay | None
    today: date
    past: Past
    evidence: Callable[[str], Evidence | CovpathError | None]
    required: RequiredChecks = UNKNOWN_REQUIRED
    owners: Owners | None = None
    unread: tuple[JobName, ...] = ()
    unreadable: tuple[str, ...] = ()
    exceptions_unreadable: bool = False
    kickoff: str | None = None

    @property
    def open_entries(self) -> tuple[Entry, ...]:
        """The entries that are not marked as resolved."""
        return self.ledger.open_entries if self.ledger is not None else ()

    @property
    def resolved_entries(self) -> tuple[Entry, ...]:
        """The entries that are."""
        entries = self.ledger.entries if self.ledger is not None else ()
        return tuple(entry for entry in entries if entry.resolved is not None)

    @property
    def known_calendar(self) -> Calendar | None:
        """The calendar, where there is one that can be used."""
        return self.calendar if isinstance(self.calendar, Calendar) else None

    def entry_of(self, ref: JobRef) -> Entry | None:
        """The open entry about a job."""
        return next((entry for entry in self._by_id.get(ref.job, ()) if entry.is_about(ref)), None)

    @cached_property
    def _by_id(self) -> dict[JobId, list[Entry]]:
        """The open entries by the ids of the jobs they name."""
        found: dict[JobId, list[Entry]] = {}
        for entry in self.open_entries:
            for name in entry.jobs:
                found.setdefault(name.job, []).append(entry)
        return found

    def refs_of(self, entry: Entry) -> tuple[JobRef, ...]:
        """The jobs that an entry names and a workflow has."""
        return tuple(ref for name in entry.jobs for ref in self.verdicts.by_id.get(name.job, ()) if name.matches(ref))

    def jobs_of(self, entry: Entry) -> Iterator[JobVerdict]:
        """The verdicts of the jobs that an entry names and a workflow has."""
        for ref in self.refs_of(entry):
            verdict = self.verdicts.of(ref)
            assert verdict is not None
            yield verdict

    def measured(self, entry: Entry) -> JobRef | None:
        """The first job of an entry that measures coverage: only such a job can be benchmarked."""
        return next((verdict.ref for verdict in self.jobs_of(entry) if verdict.coverage), None)

    def ref_of(self, entry: Entry) -> JobRef | None:
        """The first job of an entry that a workflow has."""
        return next(iter(self.refs_of(entry)), None)


def names_of(entry: Entry) -> str:
    """The jobs of an entry as people read them."""
    return " and ".join(map(str, entry.jobs))
