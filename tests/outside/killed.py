"""Starts one write again and again, each time killed without warning one system call later.

``killed.py FOLDER COPIES``: FOLDER holds the directories ``0``, ``1``, ... (COPIES of them),
prepared alike. Prints how many of the writes ran before one ended by itself.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from covpath.outside.transaction import Transaction

BEFORE = {"a.yml": b"a: 1\n", "ci/b.yaml": b"b: 1\n"}
AFTER = {"a.yml": b"a: 2\n", "ci/b.yaml": b"b: 2\n", "ci/new.yaml": b"c: 2\n"}
CALLS = ("open", "fsync", "mkdir", "replace", "unlink", "rmdir", "fchmod")


def write_all(root: Path) -> None:
    with Transaction(root) as writing:
        for name, data in AFTER.items():
            writing.replace(root / name, before=BEFORE.get(name), after=data)


def kill_before_call(number: int) -> None:
    """From now on this process dies in place of its ``number``-th call that changes the disk."""
    left = number

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **kwargs)

        return counting

    os.fsync = lambda _: None  # a killed process loses nothing that the kernel has; this saves the disk
    for name in CALLS:
        setattr(os, name, counted(getattr(os, name)))


def main(folder: Path, copies: int) -> int:
    for point in range(copies):
        child = os.fork()
        if child == 0:
            kill_before_call(point)
            write_all(folder / str(point))
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            return point + 1
    return copies


if __name__ == "__main__":
    sys.stdout.write(f"{main(Path(sys.argv[1]), int(sys.argv[2]))}\n")
