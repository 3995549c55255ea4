"""What an exceptions file says. Knows nothing of files, workflows or the clock."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import TypeAlias

from msgspec import Struct

from covpath.errors import Place
from covpath.terms import Decision, EvidenceKind, Fact, Gate, JobId, JobRef

DEFAULT_PATH = "ci/ci-exceptions.yaml"
"""Where the file lies unless a repository says otherwise."""

ENTRY_FIELDS = (
    "job",
    "decision",
    "owner",
    "target",
    "review",
    "reason",
    "evidence",
    "cause",
    "moves",
    "accepts",
    "done_when",
    "notes",
    "resolved",
)
"""The keys of an entry, in the order in which they are written."""


class JobName(Struct, frozen=True, order=True):
    """``FILE:ID`` as an entry names a job: ``ci.yml:coverage``.

    ``file`` is a workflow's file name or the end of its path.
    """

    file: str
    job: JobId

    @staticmethod
    def parse(text: str) -> JobName:
        """Split ``FILE:ID``; raises ValueError where it is not of that form."""
        file, colon, job = text.rpartition(":")
        if not colon or not file or not job:
            raise ValueError(f"{text!r} is not of the form FILE:ID, such as ci.yml:coverage")
        return JobName(file, JobId(job))

    def matches(self, job: JobRef) -> bool:
        """Whether this name means ``job``."""
        same_file = job.workflow == self.file or job.workflow.endswith("/" + self.file)
        return same_file and job.job == self.job

    def __str__(self) -> str:
        return f"{self.file}:{self.job}"


class SprintTarget(Struct, frozen=True):
    """``sprint 24``. A name, because not every team counts from 1."""

    name: str

    def __str__(self) -> str:
        return f"sprint {self.name}"


class DateTarget(Struct, frozen=True):
    """``2026-10-30``; the day itself is still in time."""

    day: date

    def __str__(self) -> str:
        return self.day.isoformat()


Target: TypeAlias = SprintTarget | DateTarget


class Accepted(Fact):
    """What an entry may accept: shown as accepted, never hidden, and failing only when it changes."""

    ADVISORY = "advisory"
    """The run passes and the failure can be seen."""
    SILENT = "silent"
    """The run passes and nothing shows the failure."""
    NO_SIGNAL = "no-signal"
    """The job never runs for a pull request or a merge queue."""
    UNKNOWN = "unknown"
    """What the failure does cannot be told from the file."""
    RUNNER_LOSS = "runner-loss"
    """The job turns red when its runner is lost, although its failures do not block."""
    NO_DATA = "no-data"
    """A green run may have produced no report."""

    @property
    def gate(self) -> Gate | None:
        """The gate this accepts, where it is about the gate."""
        return None if self in (Accepted.RUNNER_LOSS, Accepted.NO_DATA) else Gate(self.value)


class EvidenceForm(Enum):
    """Where a piece of evidence is to be found."""

    URL = "url"
    FILE = "file"
    TEXT = "text"


class Evidence(Struct, frozen=True, kw_only=True):
    """One piece of evidence an entry names.

    ``where`` is an address, a path from the repository's root, or words. ``stated`` tells
    whether the entry says ``kind`` itself; otherwise the form decided: a run that can be
    opened is ``observed``, a saved result ``measured`` (to be checked by reading it), all
    else ``reported``.
    """

    form: EvidenceForm
    where: str
    kind: EvidenceKind
    stated: bool
    day: date | None
    note: str | None
    place: Place


class PlannedMove(Struct, frozen=True, kw_only=True):
    """The move an entry has decided on; what is None stays as it is."""

    gate: str | None
    backend: str | None
    runner: tuple[str, ...]
    timeout_minutes: int | None
    place: Place


class Entry(Struct, frozen=True, kw_only=True):
    """One decision about one or several jobs.

    ``owner`` is its own or the file's default (``owns`` tells which). ``places`` leads from
    a field's name to the place of its value.
    """

    index: int
    jobs: tuple[JobName, ...]
    decision: Decision
    owner: str | None
    owns: bool
    target: Target | None
    review: Target | None
    reason: str
    evidence: tuple[Evidence, ...]
    cause: str | None
    moves: PlannedMove | None
    accepts: tuple[Accepted, ...]
    done_when: tuple[str, ...]
    notes: tuple[str, ...]
    resolved: date | None
    place: Place
    places: tuple[tuple[str, Place], ...]

    @property
    def until(self) -> Target | None:
        """What the entry is on the clock for: its target, else its review."""
        return self.target or self.review

    def place_of(self, field: str) -> Place:
        """Where a field stands; the entry itself where it lacks the field."""
        return dict(self.places).get(field, self.place)

    @property
    def accepted_gates(self) -> tuple[Gate, ...]:
        """The gates the entry accepts; none where it does not say."""
        return tuple(accepted.gate for accepted in self.accepts if accepted.gate is not None)

    def accepts_this(self, what: Accepted) -> bool:
        """Whether the entry names ``what`` among what it accepts."""
        return what in self.accepts

    def is_about(self, job: JobRef) -> bool:
        """Whether one of the entry's names means ``job``."""
        return any(name.matches(job) for name in self.jobs)


class Sprint(Struct, frozen=True, kw_only=True):
    """One sprint of a list; both days belong to it."""

    name: str
    first: date
    last: date


class Cadence(Struct, frozen=True, kw_only=True):
    """Sprints of one length, counted from a known one."""

    sprint: int
    starts: date
    days: int
    place: Place


class SprintList(Struct, frozen=True, kw_only=True):
    """Sprints written out."""

    sprints: tuple[Sprint, ...]
    place: Place


class SprintFile(Struct, frozen=True, kw_only=True):
    """A JSON file (path from the repository's root) that knows the current sprint.

    ``sprint``, ``starts`` and ``ends`` are JSON pointers. ``days`` is the length of every
    sprint; where neither it nor ``ends`` is given the length is not known and not guessed.
    """

    file: str
    sprint: str
    starts: str
    ends: str | None
    days: int | None
    place: Place


CalendarSpec: TypeAlias = Cadence | SprintList | SprintFile


class RequiredChecks(Struct, frozen=True, kw_only=True):
    """The checks that branch protection is known to require, and who says so."""

    names: tuple[str, ...]
    source: str
    place: Place


class Ledger(Struct, frozen=True, kw_only=True):
    """A whole exceptions file."""

    path: str
    owner: str | None
    owner_place: Place | None = None
    calendar: CalendarSpec | None
    required_checks: RequiredChecks | None
    entries: tuple[Entry, ...]

    def about(self, job: JobRef) -> tuple[Entry, ...]:
        """The entries that name ``job``, open and resolved."""
        return tuple(entry for entry in self.entries if entry.is_about(job))

    @property
    def open_entries(self) -> tuple[Entry, ...]:
        """The entries that are not marked as resolved."""
        return tuple(entry for entry in self.entries if entry.resolved is None)
