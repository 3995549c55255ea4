"""A runner as far as its limits and its price are known, with source and date."""

from __future__ import annotations

from msgspec import Struct

from covpath.terms import Fact


class RunnerKind(Fact):
    """Who runs the machine."""

    HOSTED = "hosted"
    SELF_HOSTED = "self-hosted"


class Visibility(Fact):
    """For which repositories a runner is what its profile says."""

    PUBLIC = "public"
    PRIVATE = "private"
    ANY = "any"


class RunnerProfile(Struct, frozen=True, kw_only=True):
    """A runner's labels, processors, memory, swap, disk, time limit and price.

    ``memory_bytes`` is what the machine has, ``used_at_start_bytes`` what the system holds
    before a job begins. ``disk_bytes`` is free space a job may count on. ``time_limit_seconds``
    is the longest a job may take. ``price_per_minute_dollars`` is None where nobody stated it.
    ``tmp_in_memory``: ``/tmp`` is a tmpfs of half the memory. ``minimal_container``: jobs run in
    an unprivileged container (no mount, no Docker).
    """

    name: str
    labels: tuple[str, ...]
    kind: RunnerKind
    architecture: str = "x64"
    visibility: Visibility = Visibility.ANY
    cpus: float
    memory_bytes: int
    used_at_start_bytes: int = 0
    swap_bytes: int = 0
    disk_bytes: int | None = None
    time_limit_seconds: float | None = None
    price_per_minute_dollars: float | None = None
    tmp_in_memory: bool = False
    minimal_container: bool = False
    source: str
    date: str
    notes: str = ""

    @property
    def usable_memory_bytes(self) -> int:
        """What is left for the job."""
        return self.memory_bytes - self.used_at_start_bytes
