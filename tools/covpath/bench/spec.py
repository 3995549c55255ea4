"""What the supervisor is told of a command, in the supervisor's own terms."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from covpath.bench.site import Site
from covpath.evidence.trial import CacheState

SAMPLE_SECONDS = 0.1
LOG_BYTES = 64 * 2**20
"""Output beyond this is dropped, but for its end."""


def script_argv(script: str, shell: str, site: Site) -> list[str]:
    """Write the script to a file and put its name into the shell's template, as GitHub does."""
    path = site.root / "script"
    path.write_text(script if script.endswith("\n") else script + "\n")
    return [word.replace("{0}", str(path)) for word in shlex.split(shell)]


def trial_spec(
    site: Site, *, argv: list[str], directory: str, prepared: Path, environment: Mapping[str, str]
) -> dict[str, Any]:
    """What the supervisor is told of any command; without limits, cache state and report."""
    site.log.unlink(missing_ok=True)
    return {
        "argv": argv,
        "env": dict(environment),
        "cwd": str(site.trial / "work" / directory),
        "trial": str(site.trial),
        "prepared": str(prepared),
        "fresh": True,
        "log": str(site.log),
        "log_bytes": LOG_BYTES,
        "image": str(site.image),
        "needs": [str(site.root), str(prepared), *environment.get("PATH", "").split(":")],
        "remove": [],
        "collect": [],
        "cache": CacheState.WARM.value,
        "evict": [],
        "time_seconds": None,
        "sample_seconds": SAMPLE_SECONDS,
    }
