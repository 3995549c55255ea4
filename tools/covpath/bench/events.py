"""What a benchmark tells while it runs; whoever listens decides how it looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from covpath.evidence.trial import CacheState, Role, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparing:
    """Files are copied and set-up commands run; ``what`` says which."""

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """How many trials will run at least, and how many of them are already on disk from an earlier start."""

    trials: int
    resumed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBegins:
    """A trial is about to start."""

    role: Role
    backend: str
    runner: str | None
    cache: CacheState
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEnded:
    """A trial has ended and is on disk."""

    trial: Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something worth telling that is no trial: a limit that cannot be held, a budget that has ended."""

    message: str


Event = Preparing | Planned | TrialBegins | TrialEnded | Note
Listener = Callable[[Event], None]


def nobody(_event: Event) -> None:
    """Listens to nothing."""
