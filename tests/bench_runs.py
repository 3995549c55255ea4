"""Small subjects and runners for tests of whole benchmarks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from covpath.bench.events import Event, nobody
from covpath.bench.run import BenchOptions, run_bench
from covpath.bench.subject import Subject, Variant
from covpath.evidence.model import Evidence
from covpath.evidence.runner import RunnerKind, RunnerProfile

MIB = 2**20
REPORT = "printf 'SF:a.py\\nDA:1,1\\nend_of_record\\n' > lcov.info\n"
HOG = f'"{sys.executable}" -I -S -c "bytearray(80 * 2**20)"\n' + REPORT

ROOMY = RunnerProfile(
    name="roomy",
    labels=("roomy",),
    kind=RunnerKind.SELF_HOSTED,
    cpus=1,
    memory_bytes=256 * MIB,
    source="invented",
    date="2026-11-01",
)
TIGHT = replace(ROOMY, name="tight", memory_bytes=48 * MIB)
HUGE = replace(ROOMY, name="huge", cpus=4096)

SMALL = Variant(backend="small", script=REPORT, report="lcov.info")
BIG = Variant(backend="big", script=HOG, report="lcov.info")


def subject(folder: Path, *variants: Variant, **changes: Any) -> Subject:
    """A repository of one file, in ``folder``."""
    repo = folder / "repo"
    repo.mkdir(exist_ok=True)
    (repo / "a.py").write_text("")
    return replace(Subject(name="demo", repo=repo, variants=variants), **changes)


def bench(
    folder: Path,
    what: Subject,
    *runners: RunnerProfile,
    listen: Callable[[Event], None] = nobody,
    **changes: Any,
) -> Evidence:
    """Bench it with ``folder`` as scratch directory; trials are kept in ``folder/kept``."""
    return run_bench(
        what, runners, folder / "kept", replace(BenchOptions(scratch=folder, prove=False), **changes), listen
    )
