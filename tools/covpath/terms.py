"""The vocabulary the other parts share: gates, jobs, checks, reasons, losses.

Three-valued facts are enums without a truth value: ``if gate:`` is a type error in
spirit and a ``TypeError`` in fact, so nobody can mistake "unknown" for "no".
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NewType, NoReturn

from msgspec import Struct

from covpath.errors import Place

JobId = NewType("JobId", str)
CheckName = NewType("CheckName", str)


class Word(Enum):
    """Base of enums that are put into sets and keys often: hashed by identity, which costs no Python code."""

    __hash__ = object.__hash__


class Fact(Word):
    """Base of enums that must be compared, never tested for truth."""

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__}.{self.name} has no truth value; compare it")

    def __str__(self) -> str:
        return str(self.value)


class Gate(Fact):
    """What the workflow itself makes of a step-failure."""

    BLOCKING = "blocking"
    """The run fails."""
    ADVISORY = "advisory"
    """The run passes and someone can see the failure."""
    SILENT = "silent"
    """The run passes and nothing shows the failure."""
    NO_SIGNAL = "no-signal"
    """The job never runs for a pull request or a merge queue."""
    UNKNOWN = "unknown"


class Blocks(Fact):
    """What branch protection makes of a fault."""

    YES = "yes"
    NO = "no"
    IF_REQUIRED = "if required"
    """It depends on checks whose being required is not known; the names are given beside it."""
    UNKNOWN = "unknown"


class Tri(Fact):
    """Three-valued truth (Kleene)."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    @staticmethod
    def of(value: bool) -> Tri:
        """The certain value for a plain boolean."""
        return Tri.TRUE if value else Tri.FALSE

    def negate(self) -> Tri:
        """Kleene negation."""
        if self is Tri.UNKNOWN:
            return self
        return Tri.FALSE if self is Tri.TRUE else Tri.TRUE


def both(left: Tri, right: Tri) -> Tri:
    """Kleene's and."""
    if left is Tri.FALSE or right is Tri.FALSE:
        return Tri.FALSE
    return Tri.TRUE if left is Tri.TRUE and right is Tri.TRUE else Tri.UNKNOWN


def either(left: Tri, right: Tri) -> Tri:
    """Kleene's or."""
    if left is Tri.TRUE or right is Tri.TRUE:
        return Tri.TRUE
    return Tri.FALSE if left is Tri.FALSE and right is Tri.FALSE else Tri.UNKNOWN


def any_of(values: Iterable[Tri]) -> Tri:
    """Kleene's or over all of them; false of none."""
    found = Tri.FALSE
    for value in values:
        if value is Tri.TRUE:
            return value
        if value is Tri.UNKNOWN:
            found = value
    return found


class JobRef(Struct, frozen=True, order=True):
    """A job: its workflow file (path from the repository's root, with ``/``) and its id."""

    workflow: str
    job: JobId

    def __str__(self) -> str:
        return f"{self.workflow.rsplit('/', 1)[-1]}:{self.job}"


class Reason(Struct, frozen=True, kw_only=True):
    """One link in the chain that leads to a verdict; ``code`` is stable, for machines."""

    code: str
    message: str
    place: Place | None = None


class LossAction(Fact):
    """What becomes of one thing an old command asked for (``facts``: map, drop, warn, stop)."""

    MAP = "map"
    """Carried over, same meaning."""
    DROP = "drop"
    """Left out; nothing changes by that."""
    WARN = "warn"
    """Left out or carried with a different meaning; the user is told."""
    STOP = "stop"
    """Refused until accepted by name."""


class Loss(Struct, frozen=True, kw_only=True):
    """Something an old command asked for, and what the new backend makes of it.

    ``name`` is what ``--accept`` takes; ``what`` is the flag or setting as written.
    """

    action: LossAction
    name: str
    what: str
    message: str
    place: Place | None = None


class EvidenceKind(Fact):
    """How much a piece of evidence is worth; never shown as more than it is."""

    MEASURED = "measured"
    """A benchmark's saved result."""
    OBSERVED = "observed"
    """A CI run that was looked at."""
    REPORTED = "reported"
    """Somebody's word."""


class Decision(Fact):
    """The three ways out of an unresolved coverage job, and not having chosen one."""

    LARGER_RUNNER = "larger-runner"
    NEW_BACKEND = "new-backend"
    PERMANENT_ADVISORY = "permanent-advisory"
    UNDECIDED = "undecided"
