"""``covpath`` and ``python -m covpath`` are the command line."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_INTERRUPTED = 130
"""``ExitCode.INTERRUPTED``, for when what it is part of is not loaded yet."""


def start() -> int:
    """The command line as a process of its own; its exit code, where anybody is there to take it."""
    _import_nothing_from_here()
    gc.disable()
    try:
        # Imported here: what modules make when they are loaded stays, and is not searched for what could be given up.
        with _without("typing_extensions"):
            from covpath.cli import main
    except KeyboardInterrupt:
        sys.stderr.write("covpath: interrupted before anything was done.\n")
        return _INTERRUPTED
    gc.freeze()
    gc.enable()
    code = main()
    # Nor is anything at the end.
    gc.disable()
    gc.freeze()
    if not _watched():
        _leave(code)
    return code


def _import_nothing_from_here() -> None:
    """Take the folder one stands in, which ``python -m`` puts first, out of where modules are looked for.

    It is the repository that is read, and reading never runs anything: not its ``six.py`` either.
    """
    spec = globals().get("__spec__")
    by_option_m = __name__ == "__main__" and spec is not None and not sys.flags.safe_path
    with suppress(OSError):  # the folder may be gone
        if by_option_m and sys.path and sys.path[0] == os.getcwd():  # noqa: PTH109 - nothing more is loaded for it
            del sys.path[0]


@contextmanager
def _without(module: str) -> Iterator[None]:
    """A module that cannot be imported for now.

    msgspec asks for typing_extensions, which is there for others, and does as well with typing: in a short
    run that spares the time of reading twenty workflows.
    """
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]


def _leave(code: int) -> None:
    """End the process. Taking everything apart first takes a tenth of a short run, and the system takes it back anyway.

    What was asked to be done at the end is done.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):  # the reader has seen enough
            stream.flush()
    os._exit(code)


def _watched() -> bool:
    """Whether a debugger, profiler or coverage tool runs the program and wants it back."""
    if sys.gettrace() is not None or sys.getprofile() is not None:
        return True
    monitoring = getattr(sys, "monitoring", None)  # from Python 3.12 on
    return monitoring is not None and any(monitoring.get_tool(number) is not None for number in range(6))


if __name__ == "__main__":
    sys.exit(start())
