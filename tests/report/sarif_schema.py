"""The published schema of SARIF 2.1.0, as Microsoft packs it for npm; fetched once, kept outside the repository."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from downloads import downloads

PACKAGE = "@microsoft/jest-sarif@1.0.0-beta.0"
MEMBER = "package/lib/schemas/sarif-2.1.0-rtm.5.json"


def sarif_schema() -> dict[str, Any]:
    """The schema, or a skipped test where there is no npm to fetch it with."""
    folder = downloads("sarif")
    file = folder / "schema.json"
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            _fetch(folder, file)
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


def _fetch(folder: Path, file: Path) -> None:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    npm = shutil.which("npm", path=path)
    if npm is None:
        pytest.skip("NO SARIF SCHEMA: npm is not installed")
    packed = subprocess.run(
        [npm, "pack", "--silent", PACKAGE], cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True
    )
    if packed.returncode:
        pytest.skip(f"NO SARIF SCHEMA: npm could not fetch it: {packed.stderr.strip()[-200:]}")
    with tarfile.open(folder / packed.stdout.split()[-1]) as archive:
        member = archive.extractfile(MEMBER)
        assert member is not None
        file.write_bytes(member.read())
