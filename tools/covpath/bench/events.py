"""What a benchmark tells while it runs; whoever listens decides how it looks."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from covpath.evidence.trial import CacheState, Role, Trial


class Preparing(Struct, frozen=True, kw_only=True):
    """Files are copied and set-up commands run; ``what`` says which."""

    what: str


class Planned(Struct, frozen=True, kw_only=True):
    """How many trials will run at least, and how many of them are already on disk from an earlier start."""

    trials: int
    resumed: int


class TrialBegins(Struct, frozen=True, kw_only=True):
    """A trial is about to start."""

    role: Role
    backend: str
    runner: str | None
    cache: CacheState
    number: int


class TrialEnded(Struct, frozen=True, kw_only=True):
    """A trial has ended and is on disk."""

    trial: Trial


class Note(Struct, frozen=True, kw_only=True):
    """Something worth telling that is no trial: a limit that cannot be held, a budget that has ended."""

    message: str


Event = Preparing | Planned | TrialBegins | TrialEnded | Note
Listener = Callable[[Event], None]


def nobody(_event: Event) -> None:
    """Listens to nothing."""
