"""How a trial ended, judged from counters, timers, exit status and the report; pure.

An exit status proves little: a shell hides a killed child behind 0, and 137 may be anybody's
doing. The kernel's ``oom_kill`` counter is what tells (``facts``, bench, section 3.4).
"""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass

from covpath.evidence.trial import Outcome
from covpath.quantity import show_bytes, show_seconds

_NO_SPACE = re.compile(
    r"No space left on device|os error 28|\bENOSPC\b|Disk quota exceeded|ld terminated with signal 7|errno 28",
    re.IGNORECASE,
)
_NEARLY_FULL_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What is known when a trial has ended.

    ``status`` is the leader's exit code, negative for a signal. ``disk_held`` says that the
    trial had a file system of its own, with the size of the runner's disk. ``report_problem``
    is None where the report is good or none is expected.
    """

    status: int | None
    expected: int = 0
    timed_out: bool = False
    time_limit_seconds: float | None = None
    oom_kills: int | None = 0
    machine_oom_kills: int = 0
    disk_held: bool = False
    disk_bytes: int = 0
    least_free_bytes: int | None = None
    log_tail: str = ""
    report_problem: str | None = None


def classify(ending: Ending) -> tuple[Outcome, str]:
    """The outcome and its reason in one sentence (empty for ok). A cause goes before its consequences."""
    if ending.oom_kills:
        return Outcome.OOM, f"the kernel killed {_processes(ending.oom_kills)} for want of memory"
    if ending.status == ending.expected and not ending.timed_out and ending.report_problem is None:
        return Outcome.OK, ""
    full = _disk_full(ending)
    if full:
        return Outcome.DISK_FULL, full
    if ending.timed_out:
        return Outcome.TIMEOUT, f"was still running after {show_seconds(ending.time_limit_seconds or 0)}"
    killer = _signal_of(ending.status)
    if killer is not None and ending.status != ending.expected:
        return _killed(killer, ending)
    if ending.status != ending.expected:
        return Outcome.TEST_FAIL, f"ended with exit code {ending.status}, not {ending.expected}"
    return Outcome.REPORT_BAD, str(ending.report_problem)


def _killed(killer: str, ending: Ending) -> tuple[Outcome, str]:
    """Without a counter of its own, a SIGKILL while the machine was killing for memory is that."""
    if ending.oom_kills is None and ending.machine_oom_kills and killer == "SIGKILL":
        return Outcome.OOM, "died of SIGKILL while this machine was killing processes for want of memory"
    return Outcome.KILLED_OTHER, f"died of {killer}, which neither a memory nor a time limit explains"


def _disk_full(ending: Ending) -> str | None:
    left_over = max(_NEARLY_FULL_BYTES, ending.disk_bytes // 1000)  # a file system is full before its last block
    full = ending.least_free_bytes is not None and ending.least_free_bytes < left_over
    said = _NO_SPACE.search(ending.log_tail)
    if full:
        return f"the disk was full: {show_bytes(ending.least_free_bytes or 0)} left{f', {said[0]!r}' if said else ''}"
    if said and ending.disk_held:
        return f"its output says {said[0]!r}, on a disk of the runner's size"
    return None


def _signal_of(status: int | None) -> str | None:
    """The signal that ended the command: its own, or, as shells report a child's, 128 and more."""
    if status is None:
        return "SIGKILL"
    number = -status if status < 0 else status - 128
    try:
        return signal.Signals(number).name
    except ValueError:
        return None


def _processes(count: int) -> str:
    return "a process" if count == 1 else f"{count} processes"
