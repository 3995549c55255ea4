"""What is seen of a job's measurement, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from covpath.backends.contract import Recognition, Role
from covpath.gate.tracing.claims import Claim
from covpath.terms import Fact, JobRef
from covpath.workflow.recipes.links import Chain

if TYPE_CHECKING:
    from covpath.workflow.shell.syntax import Command


class Measured(Struct, frozen=True, kw_only=True):
    """What measures: a backend's name, its role and its report; ``recognition`` for one that can be moved."""

    backend: str
    role: Role
    report: str | None = None
    format: str = "other"
    recognition: Recognition | None = None


class StepChain(Struct, frozen=True, kw_only=True):
    """A chain that starts at step ``index`` of a job; ``measured`` where it ends in a measuring command."""

    index: int
    chain: Chain
    measured: Measured | None = None
    command: Command | None = None

    @property
    def runs(self) -> bool:
        """Whether it ends in a command that runs what is measured."""
        return self.measured is not None and self.measured.role in (Role.BOTH, Role.MEASURES)

    @property
    def writes(self) -> bool:
        """Whether it ends in a command that writes a report."""
        return self.measured is not None and self.measured.role in (Role.BOTH, Role.WRITES_REPORT)


class Sight(Fact):
    """How much is seen of a job's measurement."""

    OWN = "own"
    """A measuring command stands in the job's own scripts."""
    CHAIN = "chain"
    """Behind recipes, actions or a call, all of them followed."""
    UNKNOWN = "unknown"
    """It claims coverage, and the first link that could not be followed is known."""
    ELSEWHERE = "elsewhere"
    """It takes over what other jobs have measured."""
    NOTHING = "nothing"
    """It measures nothing."""


class Trace(Struct, frozen=True, kw_only=True):
    """What is seen of one job.

    ``found`` are chains, best first: those that measure, or for UNKNOWN the one that cannot be followed.
    ``others`` are the jobs whose data it takes, ``through`` says by what. ``reason`` says why nothing
    measures in a job that claims it.
    """

    sight: Sight
    found: tuple[StepChain, ...] = ()
    others: tuple[JobRef, ...] = ()
    through: str = ""
    claim: Claim | None = None
    reason: str = ""

    @property
    def chain(self) -> Chain | None:
        """The best chain."""
        return self.found[0].chain if self.found else None

    @property
    def measured(self) -> Measured | None:
        """What measures, where that is known."""
        return self.found[0].measured if self.found else None

    @property
    def measures(self) -> bool:
        """Whether the job itself runs what measures, as far as can be seen."""
        if self.sight is Sight.UNKNOWN:
            return True
        return any(one.runs for one in self.found)
