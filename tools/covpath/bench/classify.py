"""How a trial ended, judged from counters, timers, exit status and the report; pure.

An exit status proves little: a shell hides a killed child behind 0, and 137 may be anybody's
doing. The kernel's ``oom_kill`` counter is what tells (``facts``, bench, section 3.4).
"""

from __future__ import annotations

import signal

from msgspec import Struct

from covpath.backends.diagnose import Diagnosis, diagnose
from covpath.backends.signatures import Family
from covpath.evidence.trial import Outcome
from covpath.quantity import show_bytes, show_seconds

_NEARLY_FULL_BYTES = 2**20


class Ending(Struct, frozen=True, kw_only=True):
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
    diagnosis = diagnose(ending.log_tail)
    full = _disk_full(ending, diagnosis)
    if full:
        return Outcome.DISK_FULL, full
    if ending.timed_out:
        return Outcome.TIMEOUT, f"was still running after {show_seconds(ending.time_limit_seconds or 0)}"
    killer = _signal_of(ending.status)
    if killer is not None and ending.status != ending.expected:
        outcome, reason = _killed(killer, ending)
    elif ending.status != ending.expected:
        outcome, reason = Outcome.TEST_FAIL, f"ended with exit code {ending.status}, not {ending.expected}"
    else:
        outcome, reason = Outcome.REPORT_BAD, str(ending.report_problem)
    return outcome, reason + _explained(diagnosis)


def _explained(diagnosis: Diagnosis) -> str:
    """What the output says of the cause, as far as the table of signatures goes."""
    return "" if diagnosis.cause is None else f"; its output says: {diagnosis.cause.line.text.strip()[:120]}"


def _killed(killer: str, ending: Ending) -> tuple[Outcome, str]:
    """Without a counter of its own, a SIGKILL while the machine was killing for memory is that."""
    if ending.oom_kills is None and ending.machine_oom_kills and killer == "SIGKILL":
        return Outcome.OOM, "died of SIGKILL while this machine was killing processes for want of memory"
    return Outcome.KILLED_OTHER, f"died of {killer}, which neither a memory nor a time limit explains"


def _disk_full(ending: Ending, diagnosis: Diagnosis) -> str | None:
    left_over = max(_NEARLY_FULL_BYTES, ending.disk_bytes // 1000)  # a file system is full before its last block
    full = ending.least_free_bytes is not None and ending.least_free_bytes < left_over
    findings = (*([diagnosis.cause] if diagnosis.cause else []), *diagnosis.others)
    lines = [found.line.text.strip()[:120] for found in findings if found.signature.family is Family.DISK_FULL]
    if full:
        said = f"; its output says: {lines[0]}" if lines else ""
        return f"the disk was full, {show_bytes(ending.least_free_bytes or 0)} left{said}"
    if lines and ending.disk_held:
        return f"on a disk of the runner's size its output says: {lines[0]}"
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
