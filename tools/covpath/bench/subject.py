"""What is benched: one job's measuring command, as each backend would have it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from covpath.evidence.codec import to_data
from covpath.terms import JobRef

DEFAULT_SHELL = "bash -e {0}"
"""How GitHub runs a step on Linux that names no shell; ``{0}`` is the script's file."""


class Probe(Struct, frozen=True, kw_only=True):
    """A question asked once before the trials: ``pattern``'s first group in the output of ``script`` is the answer.

    The probe named ``core`` tells which measurement core really runs; others are versions.
    """

    name: str
    script: str
    pattern: str


class Variant(Struct, frozen=True, kw_only=True):
    """The measuring command for one backend.

    ``shell`` is a template with ``{0}``; ``directory`` and ``report`` are paths from the
    repository's root. ``environment`` is the step's own. ``report`` is None where no report can be
    expected; then a trial is judged by how it ends alone. ``setup`` runs after the subject's.
    """

    backend: str
    script: str
    report: str | None
    shell: str = DEFAULT_SHELL
    directory: str = "."
    environment: tuple[tuple[str, str], ...] = ()
    expected_exit: int = 0
    setup: tuple[str, ...] = ()
    probes: tuple[Probe, ...] = ()


class Subject(Struct, frozen=True, kw_only=True):
    """A job of a repository. ``setup`` are commands that prepare a fresh copy, as earlier steps would.

    ``own`` names the backend the job uses today, ``time_limit_seconds`` is the job's own.
    ``read_paths`` are directories outside the repository whose files a cold trial must not find in memory.
    """

    name: str
    repo: Path
    variants: tuple[Variant, ...]
    job: JobRef | None = None
    own: str | None = None
    setup: tuple[str, ...] = ()
    time_limit_seconds: float | None = None
    read_paths: tuple[Path, ...] = ()

    def digest(self, variant: Variant, files: str, surroundings: Mapping[str, str]) -> str:
        """Identifies what a trial of ``variant`` runs: files (by their digest), commands, environment, versions."""
        parts = [files, list(self.setup), self.time_limit_seconds, to_data(variant), sorted(surroundings.items())]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
