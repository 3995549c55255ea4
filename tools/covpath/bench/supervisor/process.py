"""The process that holds a trial: prepares it, starts it, samples it, ends it, and cleans up after it.

It lives in a session of its own, so that Ctrl-C in the terminal does not reach it, and it reads
from covpath: when that pipe ends before the result was taken, covpath has died, and everything is
killed and removed.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys
import time
from typing import Any

from covpath.bench.supervisor.child import Held, NotStarted, hold
from covpath.bench.supervisor.kernel import become_subreaper, unmount
from covpath.bench.supervisor.killing import Family
from covpath.bench.supervisor.meters import Meter, Row, machine_counters, meter_for
from covpath.bench.supervisor.stage import StageError, TooSmall, collect, free_bytes, set_up, used_bytes

_MOST_SAMPLES = 600
_LOG_KEPT_BYTES = 2**20
_GRACE_SECONDS = 0.05
"""Processes that end by themselves within this time after the command are no orphans."""


def main() -> None:
    """Read one trial's specification from standard input, run it, write the result to standard output."""
    spec = json.loads(sys.stdin.buffer.readline())
    become_subreaper()
    family = Family(spec["members"])
    try:
        result = _Watch(spec, family).run()
    except TooSmall as error:
        result = {"too_small": str(error)}
    except (StageError, NotStarted) as error:
        result = {"error": str(error)}
    except Lost:
        result = {"error": "covpath is gone"}
        family.kill()
    _remove_groups(spec)
    with contextlib.suppress(BrokenPipeError), open(1, "w", encoding="utf-8", closefd=False) as out:
        json.dump(result, out)
        out.write("\n")
    if sys.stdin.buffer.readline() != b"done\n":  # covpath died before it had the result
        with contextlib.suppress(OSError):  # nothing is mounted
            unmount(spec["trial"])
        os.execvp("rm", ["rm", "-rf", "--one-file-system", "--", spec["scratch"]])  # noqa: S606


class Lost(Exception):
    """covpath has died."""


class _Watch:
    """One trial from its preparation to its counters."""

    def __init__(self, spec: dict[str, Any], family: Family) -> None:
        self.spec, self.family = spec, family
        self.samples: list[tuple[float, Row]] = []
        self.interval = spec["sample_seconds"]
        self.least_free: int | None = None
        self.log_dropped = 0

    def run(self) -> dict[str, Any]:
        found = set_up(self.spec)
        trial = self.spec["trial"]
        used = used_bytes(trial)
        self.least_free = free_bytes(trial)
        meter = meter_for(self.spec["meter"])
        self._stay_away()
        held = hold(self.spec)
        meter.begin(held.pid)
        before, own = machine_counters(), os.times()
        wall_clock = time.time()
        began, ended, timed_out = self._wait(held, meter)
        after, own_after = machine_counters(), os.times()
        pid = held.pid
        self.least_free = min(self.least_free, free_bytes(trial))
        orphans = self._orphans()
        clean = self.family.kill()
        counters = meter.final()
        ours = counters["user"] + counters["system"] + own_after.user + own_after.system - own.user - own.system
        collect(self.spec["collect"])
        return {
            **found,
            "started": wall_clock,
            "wall": ended - began,
            "status": os.waitstatus_to_exitcode(self.family.statuses[pid]) if pid in self.family.statuses else None,
            "timed_out": timed_out,
            "orphans": orphans,
            "all_killed": clean,
            "counters": counters,
            "foreign": max(0.0, after["busy"] - before["busy"] - ours),
            "steal": after["steal"] - before["steal"],
            "machine_oom_kills": after["oom_kills"] - before["oom_kills"],
            "growth": used_bytes(trial) - used,
            "least_free": self.least_free,
            "samples": [[round(at, 3), *row] for at, row in self.samples],
            "log_dropped": self.log_dropped,
        }

    def _stay_away(self) -> None:
        """Leave the trial's processors to the trial where there are others."""
        others = os.sched_getaffinity(0) - set(self.spec["cpus"])
        if others:
            os.sched_setaffinity(0, others)

    def _wait(self, held: Held, meter: Meter) -> tuple[float, float, bool]:
        """Let the command go and wait for its end or its time limit: both times, and whether by the limit."""
        pidfd = os.pidfd_open(held.pid)
        poller = select.poll()
        poller.register(pidfd, select.POLLIN)
        poller.register(0, select.POLLIN | select.POLLHUP)
        limit = self.spec["time_seconds"]
        began = held.let_go()
        deadline = began + limit if limit is not None else float("inf")
        next_sample = began + self.interval / 2
        while True:
            pause = min(deadline, next_sample) - time.monotonic()
            ready = {handle for handle, _ in poller.poll(max(0, round(pause * 1000 + 0.5)))}
            now = time.monotonic()
            if pidfd in ready:
                self.family.reap()
                return began, now, False
            if 0 in ready:
                raise Lost
            if now >= deadline:
                self.family.kill()
                return began, now, True
            if now >= next_sample:
                self._sample(now - began, meter)
                next_sample = time.monotonic() + self.interval

    def _sample(self, at: float, meter: Meter) -> None:
        self.samples.append((at, meter.sample()))
        if len(self.samples) >= _MOST_SAMPLES:  # half as many from now on; peaks stay with the kernel
            self.samples = [max(pair, key=_unreclaimable) for pair in zip(*[iter(self.samples)] * 2, strict=True)]
            self.interval *= 2
        free = free_bytes(self.spec["trial"])
        self.least_free = free if self.least_free is None else min(self.least_free, free)
        self._bound_log()

    def _bound_log(self) -> None:
        """Cut the output down to its end where it has grown too long; appending goes on behind it."""
        path = self.spec["log"]
        size = os.stat(path).st_size  # noqa: PTH116
        if size <= self.spec["log_bytes"]:
            return
        with open(path, "r+b") as file:  # noqa: PTH123
            file.seek(-_LOG_KEPT_BYTES, os.SEEK_END)
            tail = file.read(_LOG_KEPT_BYTES)
            file.truncate(0)
        with open(path, "ab") as file:  # noqa: PTH123
            file.write(tail)
        self.log_dropped += size - len(tail)

    def _orphans(self) -> int:
        end = time.monotonic() + _GRACE_SECONDS
        while self.family.members() and time.monotonic() < end:
            time.sleep(0.002)
            self.family.reap()
        return len(self.family.members())


def _unreclaimable(sample: tuple[float, Row]) -> int:
    _, (anonymous, shared, _files, kernel, _swap) = sample
    return anonymous + shared + kernel


def _remove_groups(spec: dict[str, Any]) -> None:
    for group in spec["groups"]:
        with contextlib.suppress(OSError):  # still busy: covpath says so when it finds it there
            os.rmdir(group)  # noqa: PTH106
