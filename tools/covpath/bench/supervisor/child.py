"""The trial's first process: it joins the groups, waits to be let go, and becomes the command.

Between the fork and the command stands a small shell that waits. A fork of the supervisor has the
supervisor's memory to give back when it becomes the command, which is 1 % of a command of 20 ms;
the shell has next to none, and it is at rest while clock and counters are read.
Part of the supervisor, which has one thread, so that a fork is safe.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import struct
import time
from typing import Any

from covpath.bench.supervisor.kernel import die_with_parent

_SHELL = "/bin/sh"
_READY = 3
_WAIT = f'echo >&{_READY}; read -r covpath_go && exec "$@" </dev/null {_READY}>&-'
_OWN = ("IFS", "OPTIND")
_FAILURE = struct.Struct("=i")
_RESET = ("SIGPIPE", "SIGXFSZ", "SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
"""What Python or a caller (nohup) may have had ignored; exec would keep it so."""


class NotStarted(OSError):
    """The command could not be executed."""


class Held:
    """A first process that is in its groups and waits; ``pid`` will be the command's."""

    def __init__(self, pid: int, go: int) -> None:
        self.pid = pid
        self._go = go

    def let_go(self) -> float:
        """Let the command begin; the monotonic time right before."""
        began = time.monotonic()
        with contextlib.suppress(BrokenPipeError):  # killed already, for want of memory
            os.write(self._go, b"\n")
        os.close(self._go)
        return began


def hold(spec: dict[str, Any]) -> Held:
    """Start the first process and wait until it is in its place. Raises NotStarted."""
    _require(spec)
    ready, told = os.pipe()
    gate, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become(spec, gate, told)
    os.close(told)
    os.close(gate)
    words = os.read(ready, _FAILURE.size)
    os.close(ready)
    if len(words) == _FAILURE.size:
        os.waitpid(pid, 0)
        os.close(go)
        raise _not_started(spec, _FAILURE.unpack(words)[0])
    return Held(pid, go)


def _require(spec: dict[str, Any]) -> None:
    """A shell tells a program that is not there by an exit code only, which the program might have as well."""
    name, folders = spec["argv"][0], spec["env"].get("PATH", os.defpath).split(":")
    for folder in folders if "/" not in name else ("",):
        path = os.path.join(spec["cwd"], folder, name)  # noqa: PTH118
        if os.path.isfile(path) and os.access(path, os.X_OK):  # noqa: PTH113
            return
    raise _not_started(spec, errno.ENOENT)


def _not_started(spec: dict[str, Any], number: int) -> NotStarted:
    return NotStarted(number, os.strerror(number) if number else "the first process died", spec["argv"][0])


def _become(spec: dict[str, Any], gate: int, told: int) -> None:
    """In the child: never returns."""
    try:
        os.setsid()
        die_with_parent(signal.SIGKILL)
        for name in _RESET:
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        os.sched_setaffinity(0, spec["cpus"])
        _prefer_for_oom()
        log = os.open(spec["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(gate, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir(spec["cwd"])
        for path in spec["join"]:
            handle = os.open(path, os.O_WRONLY)
            os.write(handle, b"0")
            os.close(handle)
        argv = [_SHELL, "-c", _WAIT, _SHELL, *_strange(spec["env"]), *spec["argv"]]
        os.dup2(told, _READY)
        os.execve(_SHELL, argv, spec["env"])  # noqa: S606
    except BaseException as error:
        number = error.errno if isinstance(error, OSError) and error.errno else 0
        os.write(told, _FAILURE.pack(number))
    finally:
        os._exit(127)


def _strange(environment: dict[str, str]) -> list[str]:
    """What passes on the variables that a shell would not: ``my-name`` is none to it, and IFS is its own."""
    names = [name for name in environment if name in _OWN or not (name.isascii() and name.isidentifier())]
    return ["env", *(f"{name}={environment[name]}" for name in names)] if names else []


def _prefer_for_oom() -> None:
    """Where the whole machine runs out of memory, the trial shall go, not the user's programs."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:  # noqa: PTH123
        file.write("500")
