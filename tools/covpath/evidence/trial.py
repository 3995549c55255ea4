"""One run of one command under one runner's limits, as a record: raw values, units in the names."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from covpath.terms import Fact


class Outcome(Fact):
    """How a trial ended. Only the first is a run that can be relied on; all are results."""

    OK = "ok"
    """Ended as expected, nothing was killed for memory, and the report is whole."""
    REPORT_BAD = "report-bad"
    """Ended as expected, but the report is missing, empty, old, unreadable or covers other files."""
    TEST_FAIL = "test-fail"
    """Ended with another exit code than expected."""
    OOM = "oom"
    """The kernel killed a process of the trial for want of memory, whatever the exit code says."""
    TIMEOUT = "timeout"
    """Ended by the time limit."""
    DISK_FULL = "disk-full"
    """Failed for want of disk space."""
    KILLED_OTHER = "killed-other"
    """Died of a signal that neither a memory nor a time limit explains."""


class Enforcement(Fact):
    """How a limit was held. Ordered in :data:`WEAKNESS`."""

    REAL = "real"
    """The trial ran on the runner itself, so its own limits held."""
    ENFORCED = "enforced"
    """The kernel (or our timer) held it for the whole process tree."""
    OBSERVED = "observed"
    """Not held, or escapable; the use was watched."""
    NOT_ENFORCED = "not-enforced"
    """Neither held nor watched."""
    PREDICTED = "predicted"
    """This machine is smaller than the runner: the cell is a prediction."""


WEAKNESS = (
    Enforcement.REAL,
    Enforcement.ENFORCED,
    Enforcement.OBSERVED,
    Enforcement.NOT_ENFORCED,
    Enforcement.PREDICTED,
)
"""From the strongest to the weakest; a cell is as strong as its weakest limit."""


class Knob(Fact):
    """What can be limited."""

    MEMORY = "memory"
    SWAP = "swap"
    CPUS = "cpus"
    DISK = "disk"
    TIME = "time"


class CacheState(Fact):
    """Whether the files a trial reads were in memory before it began."""

    WARM = "warm"
    COLD = "cold"


class Role(Fact):
    """What a trial was run for."""

    REFERENCE = "reference"
    """Without limits, to know the report, the time and the peak."""
    CELL = "cell"
    """Under a runner's limits."""
    GIVEN_UP = "given-up"
    """Under a runner's limits, and ended before any of them: no measurement, only what was tried, and for how long."""


class PeakBasis(Fact):
    """Where a memory peak comes from."""

    HIGH_WATER_MARK = "high-water-mark"
    """The kernel's own, for the whole process tree; page cache included."""
    SAMPLED = "sampled"
    """The largest sum seen when looking now and then: a lower bound."""


class Limit(Struct, frozen=True, kw_only=True):
    """One limit: what was asked, what the kernel says it is, and how far it was held.

    ``asked`` and ``read_back`` are bytes, processors or seconds; None: no such limit.
    ``reason`` says why it was not enforced.
    """

    knob: Knob
    asked: float | None
    read_back: float | None
    state: Enforcement
    means: str
    reason: str = ""


class Machine(Struct, frozen=True, kw_only=True):
    """Where a trial ran. Trials of different ``fingerprint`` are never compared."""

    fingerprint: str
    cpu_model: str
    cpus: int
    memory_bytes: int
    swap_bytes: int
    kernel: str
    system: str
    image: str = ""
    confinement: str


class Command(Struct, frozen=True, kw_only=True):
    """What was executed. Of the environment only the names and a digest are kept."""

    argv: tuple[str, ...]
    script: str
    working_directory: str
    environment_names: tuple[str, ...]
    environment_sha256: str


class MemorySeries(Struct, frozen=True, kw_only=True):
    """Samples as columns; all have the same length."""

    seconds: tuple[float, ...] = ()
    anonymous_bytes: tuple[int, ...] = ()
    shared_bytes: tuple[int, ...] = ()
    file_bytes: tuple[int, ...] = ()
    kernel_bytes: tuple[int, ...] = ()
    swap_bytes: tuple[int, ...] = ()


class MemoryUse(Struct, frozen=True, kw_only=True):
    """Memory of the process tree.

    ``unreclaimable_peak_bytes`` is the largest sampled sum of anonymous, shared and kernel
    memory: page cache left out, short spikes missed. None where it was not sampled; then the
    peak is an upper bound of what the job needs.
    """

    peak_bytes: int | None
    peak_basis: PeakBasis
    unreclaimable_peak_bytes: int | None = None
    swap_peak_bytes: int | None = None
    oom_kills: int | None = None
    series: MemorySeries = MemorySeries()


class CpuUse(Struct, frozen=True, kw_only=True):
    """Processor time of the process tree, and what disturbed it.

    ``foreign_seconds`` is the time that other programs of the machine used meanwhile.
    """

    user_seconds: float
    system_seconds: float
    throttled_seconds: float | None = None
    foreign_seconds: float | None = None
    steal_seconds: float | None = None

    @property
    def total_seconds(self) -> float:
        """User and system time."""
        return self.user_seconds + self.system_seconds


class DiskUse(Struct, frozen=True, kw_only=True):
    """Growth of the trial's own files (work copy, home, temporary files) and the least free space seen."""

    growth_bytes: int | None = None
    least_free_bytes: int | None = None


class ReportTotals(Struct, frozen=True, kw_only=True):
    """What the report file says. ``files_sha256`` is over the sorted file names."""

    path: str
    format: str
    files: int
    covered_lines: int
    coverable_lines: int
    files_sha256: str


class Trial(Struct, frozen=True, kw_only=True):
    """One run. ``cell`` identifies subject, backend, runner, cache state and machine together.

    ``runner`` is None for a reference run. ``exit_code`` is None where the leader died of
    ``signal``. ``orphans`` counts processes that outlived the command and were killed.
    ``log_tail`` is the end of the output, kept only where the outcome is not ok.
    """

    cell: str
    number: int
    role: Role
    backend: str
    runner: str | None
    cache: CacheState
    started: str
    outcome: Outcome
    reason: str
    exit_code: int | None
    signal: int | None
    wall_seconds: float
    cpu: CpuUse
    memory: MemoryUse
    disk: DiskUse
    report: ReportTotals | None
    limits: tuple[Limit, ...]
    orphans: int
    core: str | None
    versions: dict[str, str]
    command: Command
    machine: Machine
    warnings: tuple[str, ...] = ()
    log_tail: str = ""

    @property
    def enforcement(self) -> Enforcement:
        """The weakest of its limits."""
        return weakest(limit.state for limit in self.limits)


def weakest(states: Iterable[Enforcement]) -> Enforcement:
    """The weakest of several; ``not-enforced`` where there is none."""
    return max(states, key=WEAKNESS.index, default=Enforcement.NOT_ENFORCED)
