"""Where tests keep what they fetch: outside the repository, for the next run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def downloads(name: str) -> Path:
    """The folder for ``name``, made where it is absent; COVPATH_TEST_CACHE moves them all."""
    chosen = os.environ.get("COVPATH_TEST_CACHE")
    folder = (Path(chosen) if chosen else cache_home() / "covpath-tests") / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def cache_home() -> Path:
    """Where programs of this user keep what can be fetched again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def installed_once(target: Path, what: str, install: Callable[[Path], str | None]) -> str | None:
    """Why ``target`` does not hold ``what``: ``install`` fills it, once for all processes, or says why it cannot."""
    import fcntl

    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"NO {what}: {target} cannot be made ({error})"
    complete = target / ".complete"
    with (target / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        trouble = None if complete.exists() else install(target)
        if trouble is None:
            complete.touch()
        return trouble
