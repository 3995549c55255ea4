"""Where the shared test data lies, for tests that need it.

It is not part of the repository. Tests that want it skip, loudly, where it is absent.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def shared_path(name: str) -> Path:
    """The folder or file ``name`` of the shared test data, or a skipped test."""
    root = Path(os.environ.get("COVPATH_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    path = root / name
    if not path.exists():
        pytest.skip(f"NO SHARED TEST DATA: {name} is not beside this checkout (COVPATH_SHARED names another place)")
    return path
