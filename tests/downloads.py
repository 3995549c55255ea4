"""Where tests keep what they fetch: outside the repository, for the next run."""

from __future__ import annotations

import os
from pathlib import Path


def downloads(name: str) -> Path:
    """The folder for ``name``, made where it is absent; COVPATH_TEST_CACHE moves them all."""
    chosen = os.environ.get("COVPATH_TEST_CACHE")
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "covpath-tests"
    folder = (Path(chosen) if chosen else usual) / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
