from __future__ import annotations

import pytest

from covpath.bench.classify import Ending, classify
from covpath.evidence.trial import Outcome

ENOSPC = "write error: No space left on device"

CASES = {
    "all is well": (Ending(status=0), Outcome.OK, ""),
    "another exit code was expected": (Ending(status=5, expected=5), Outcome.OK, ""),
    "exit code": (Ending(status=2), Outcome.TEST_FAIL, "exit code 2, not 0"),
    "good where bad was expected": (Ending(status=0, expected=1), Outcome.TEST_FAIL, "exit code 0, not 1"),
    "no report": (Ending(status=0, report_problem="no report was written"), Outcome.REPORT_BAD, "no report"),
    "no report after a failure": (Ending(status=1, report_problem="none"), Outcome.TEST_FAIL, "exit code 1"),
    "oom hidden by the shell": (Ending(status=0, oom_kills=1), Outcome.OOM, "killed a process for want"),
    "oom twice": (Ending(status=1, oom_kills=2), Outcome.OOM, "killed 2 processes"),
    "oom before its consequences": (Ending(status=None, oom_kills=1, timed_out=True), Outcome.OOM, "want of memory"),
    "137 alone proves nothing": (Ending(status=137), Outcome.KILLED_OTHER, "SIGKILL"),
    "the leader itself was killed": (Ending(status=-9), Outcome.KILLED_OTHER, "SIGKILL"),
    "terminated": (Ending(status=143), Outcome.KILLED_OTHER, "SIGTERM"),
    "crashed": (Ending(status=-11), Outcome.KILLED_OTHER, "SIGSEGV"),
    "what the output says of a failure": (
        Ending(status=1, log_tail="x\nFAIL Required test coverage of 90% not reached. Total coverage: 71%\n"),
        Outcome.TEST_FAIL,
        "exit code 1, not 0; its output says: FAIL Required test coverage of 90%",
    ),
    "255 is no signal": (Ending(status=255), Outcome.TEST_FAIL, "255"),
    "without a counter, the machine's": (
        Ending(status=137, oom_kills=None, machine_oom_kills=1),
        Outcome.OOM,
        "this machine was killing",
    ),
    "the machine's does not count where there is a counter": (
        Ending(status=137, oom_kills=0, machine_oom_kills=1),
        Outcome.KILLED_OTHER,
        "SIGKILL",
    ),
    "time": (
        Ending(status=-9, timed_out=True, time_limit_seconds=900),
        Outcome.TIMEOUT,
        "still running after 15 min 00 s",
    ),
    "disk": (
        Ending(status=1, disk_held=True, least_free_bytes=0, log_tail=ENOSPC),
        Outcome.DISK_FULL,
        "was full, 0 B left; its output says: write error",
    ),
    "disk without words": (Ending(status=-7, least_free_bytes=4096), Outcome.DISK_FULL, "4.00 KiB left"),
    "disk of the runner's size, freed again": (
        Ending(status=1, disk_held=True, least_free_bytes=10**9, log_tail=ENOSPC),
        Outcome.DISK_FULL,
        "on a disk of the runner's size its output says: write error: No space",
    ),
    "words without a limit are the program's own": (
        Ending(status=1, least_free_bytes=10**9, log_tail=ENOSPC),
        Outcome.TEST_FAIL,
        "exit code 1",
    ),
    "a full disk that did no harm": (Ending(status=0, least_free_bytes=0, log_tail=ENOSPC), Outcome.OK, ""),
    "a full disk that cost the report": (
        Ending(status=0, least_free_bytes=0, report_problem="the report is empty"),
        Outcome.DISK_FULL,
        "the disk was full",
    ),
    "nearly full is full on a big disk": (
        Ending(status=1, disk_bytes=14 * 10**9, least_free_bytes=10**7),
        Outcome.DISK_FULL,
        "was full",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_outcome(name: str) -> None:
    ending, outcome, reason = CASES[name]
    got = classify(ending)
    assert got[0] is outcome
    assert reason in got[1]
    assert bool(got[1]) == (outcome is not Outcome.OK)
