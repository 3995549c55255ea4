"""The parts of ``covpath bench`` that measure nothing on this machine: they go to GitHub, or come from there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from covpath.commands import bench_cell, bench_collect, bench_github
from covpath.errors import ExitCode, UsageError


def run_elsewhere(
    action: str,
    given: Mapping[str, Any],
    *,
    folder: Path | None,
    repo: Path | None,
    format: str,  # noqa: A002 - the option's own name
    screen: TextIO,
) -> ExitCode:
    """Run a cell, collect records, or send a job to GitHub; ``given`` are the options of the command line."""
    if action == "cell":
        return bench_cell.run(given["what"], screen)
    if action == "collect":
        return bench_collect.run(
            what=given["what"],
            expect=given["expect"],
            remote=given["remote"],
            folder=folder,
            repo=repo,
            format=format,
            screen=screen,
        )
    if action != "run":
        raise UsageError(f"--on-github does not go with {action!r}.")
    names = ("backends", "runners", "trials", "leg", "accept", "covpath_from", "branch", "remote", "write", "yes")
    return bench_github.run(
        job=given["on_github"], repo=repo, format=format, screen=screen, **{name: given[name] for name in names}
    )


def split_names(text: str | None) -> tuple[str, ...]:
    """Names given with commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip()) if text else ()
