"""The trial's first process, from fork to exec: join the groups, start the clock, become the command.

Part of the supervisor, which has one thread, so that a fork is safe.
"""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import time
from typing import Any

from covpath.bench.supervisor.kernel import die_with_parent

_CLOCK = struct.Struct("=d")
_FAILURE = struct.Struct("=i")
_RESET = ("SIGPIPE", "SIGXFSZ", "SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
"""What Python or a caller (nohup) may have had ignored; exec would keep it so."""


class NotStarted(OSError):
    """The command could not be executed."""


def start(spec: dict[str, Any]) -> tuple[int, float]:
    """Start the command; its process id, and the monotonic time right before exec.

    The clock starts after the process has joined its groups: what that costs is not the command's.
    Raises NotStarted.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become(spec, writer)
    os.close(writer)
    with open(reader, "rb") as pipe:  # noqa: PTH123
        told = pipe.read()
    if len(told) == _CLOCK.size:
        return pid, _CLOCK.unpack(told)[0]
    os.waitpid(pid, 0)
    number = _FAILURE.unpack(told[-_FAILURE.size :])[0] if len(told) >= _FAILURE.size else 0
    raise NotStarted(number, os.strerror(number) if number else "the first process died", spec["argv"][0])


def _become(spec: dict[str, Any], writer: int) -> None:
    """In the child: never returns."""
    try:
        os.setsid()
        die_with_parent(signal.SIGKILL)
        for name in _RESET:
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        os.sched_setaffinity(0, spec["cpus"])
        _prefer_for_oom()
        log = os.open(spec["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir(spec["cwd"])
        for path in spec["join"]:
            handle = os.open(path, os.O_WRONLY)
            os.write(handle, b"0")
            os.close(handle)
        os.write(writer, _CLOCK.pack(time.monotonic()))
        os.execvpe(spec["argv"][0], spec["argv"], spec["env"])  # noqa: S606
    except BaseException as error:
        number = error.errno if isinstance(error, OSError) and error.errno else 0
        os.write(writer, _FAILURE.pack(number))
    finally:
        os._exit(127)


def _prefer_for_oom() -> None:
    """Where the whole machine runs out of memory, the trial shall go, not the user's programs."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123
        file.write("500")
