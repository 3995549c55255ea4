"""``covpath bench cell``: what a generated workflow starts on its runners. People do not call it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TextIO

from covpath.bench.github.cell import run_part
from covpath.bench.github.cell_settings import begin, step_environment
from covpath.errors import ExitCode, UsageError
from covpath.evidence.trial import Outcome, Trial
from covpath.quantity import show_bytes, show_seconds


def run(what: Sequence[str], screen: TextIO) -> ExitCode:
    """Begin a cell (``begin``), or run one of its measuring steps (its number, then the shell's words).

    How the step's command ended is in the record alone.
    """
    if not sys.platform.startswith("linux"):
        raise UsageError("bench needs Linux.")
    if list(what) == ["begin"]:
        settings = begin(os.environ)
        screen.write(f"covpath measures {settings.backend} on {settings.runner.name}.\n")
        return ExitCode.DONE
    if len(what) < 2 or not what[0].isdecimal():
        raise UsageError("bench cell needs `begin`, or `NUMBER -- SHELL SCRIPT`.")
    trial = run_part(int(what[0]), what[1:], step_environment(os.environ), sys.stdout.buffer)
    screen.write(_told(trial))
    return ExitCode.DONE


def _told(trial: Trial | None) -> str:
    if trial is None:
        return "covpath: not run, because a measuring step before it failed.\n"
    peak = trial.memory.peak_bytes
    memory = f", peak memory {show_bytes(peak)}" if peak is not None else ""
    ended = "ok" if trial.outcome is Outcome.OK else f"{trial.outcome}: {trial.reason}"
    lines = [f"covpath: recorded: {ended}; {show_seconds(trial.wall_seconds)}{memory}.\n"]
    lines += [f"covpath: note: {text}.\n" for text in trial.warnings]
    return "".join(lines)
