"""``covpath`` and ``python -m covpath`` are the command line."""

from __future__ import annotations

import gc
import sys


def start() -> int:
    """The command line as a process of its own; its exit code."""
    gc.disable()
    # Imported here: what modules make when they are loaded stays, and is not searched for what could be given up.
    from covpath.cli import main

    gc.freeze()
    gc.enable()
    code = main()
    # Nor is anything at the end: the process gives it all up.
    gc.disable()
    gc.freeze()
    return code


if __name__ == "__main__":
    sys.exit(start())
