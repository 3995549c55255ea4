"""Evidence about one job: measured trials, predictions made from them, and what others saw or said."""

from __future__ import annotations

from msgspec import Struct

from covpath.evidence.parity import Parity
from covpath.evidence.runner import RunnerProfile
from covpath.evidence.trial import CacheState, Outcome, Trial
from covpath.terms import EvidenceKind, Tri


class SubjectRecord(Struct, frozen=True, kw_only=True):
    """What was measured. ``job`` is ``FILE:ID``; ``digest`` identifies files, commands and set-up."""

    name: str
    job: str | None
    commit: str | None
    digest: str


class Prediction(Struct, frozen=True, kw_only=True):
    """A cell that was not run. ``wall_seconds`` is an upper bound where the runner is bigger than the machine.

    ``open``: whether it works is not certain, and a run on that machine would tell.
    """

    backend: str
    runner: str
    cache: CacheState
    works: Tri
    outcome: Outcome | None
    wall_seconds: float | None
    peak_bytes: int | None
    reason: str
    open: bool = False


class Choice(Struct, frozen=True, kw_only=True):
    """Of the cells that could be run here, the cheapest that works.

    ``confirmed`` where every one of several runs of it was good. ``refuted`` is a smaller runner
    that was run with the same backend and fails, None where none was. ``as_cheap`` are other
    backends that work on the same runner for the same price; of several that one is chosen which
    the job uses today, then the one asked for first.
    """

    backend: str
    runner: str
    cache: CacheState
    confirmed: bool
    refuted: str | None
    refuted_outcome: Outcome | None
    as_cheap: tuple[str, ...] = ()


class Proof(Struct, frozen=True, kw_only=True):
    """What a way to confine did with a program whose behaviour is known; ``says`` has the figures.

    A part that failed its proof is not relied on in the trials of ``machine``.
    """

    part: str
    machine: str
    passed: bool
    says: str


class Sighting(Struct, frozen=True, kw_only=True):
    """What somebody saw in CI (``observed``) or says (``reported``); never ``measured``.

    ``date`` is the ISO date of what was seen, ``by`` who or what it comes from, ``url`` where
    it can be looked at. The figures are those stated, None where none was.
    """

    kind: EvidenceKind
    statement: str
    date: str | None
    by: str
    url: str | None
    backend: str | None = None
    runner: str | None = None
    outcome: Outcome | None = None
    wall_seconds: float | None = None
    peak_bytes: int | None = None


class Evidence(Struct, frozen=True, kw_only=True):
    """All that is known about one job's cells. ``created`` is an ISO time in UTC.

    ``cheapest`` is known where the runs were chosen to find it.
    """

    created: str
    subject: SubjectRecord
    runners: tuple[RunnerProfile, ...] = ()
    trials: tuple[Trial, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    proofs: tuple[Proof, ...] = ()
    parities: tuple[Parity, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    cheapest: Choice | None = None

    def runner(self, name: str) -> RunnerProfile | None:
        """The profile of that name, as it was when the trials ran."""
        return next((profile for profile in self.runners if profile.name == name), None)
