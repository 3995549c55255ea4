"""What an audit reports, and what a rule is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct

from covpath.audits.subject import AuditSubject
from covpath.errors import Place
from covpath.terms import Fact, JobRef


class Severity(Fact):
    """How much a finding weighs."""

    ERROR = "error"
    """Fails the audit."""
    WARNING = "warning"
    """Fails it under ``--strict`` only."""
    NOTE = "note"
    """Told, never fails: what an entry accepts, for one."""


class Finding(Struct, frozen=True, kw_only=True):
    """One thing found, with its place.

    ``hint`` says what to do, ``job`` whom it is about where it is about a job. ``related`` are
    further places with what stands there (the levers of a job, say). ``key`` is what makes the
    finding this one and no other: two findings of a rule about a job with the same key are the
    same debt, whatever the day and the line. ``by_time``: the passing of days alone brings it.
    ``weight`` orders findings of one severity, the heavier first (days late, say). ``fix`` is a
    diff that removes it, where there is only one.
    """

    rule: str
    severity: Severity
    message: str
    place: Place
    hint: str
    job: JobRef | None = None
    key: str = ""
    related: tuple[tuple[str, Place], ...] = ()
    by_time: bool = False
    weight: int = 0
    fix: str = ""

    @property
    def fingerprint(self) -> str:
        """The same for the same debt tomorrow, in another line, and in another checkout."""
        about = (self.rule, self.job.workflow if self.job else self.place.file, self.job.job if self.job else "")
        return hashlib.sha256("\0".join((*about, self.key)).encode("utf-8", "surrogateescape")).hexdigest()[:32]


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
