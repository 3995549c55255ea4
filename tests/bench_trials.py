"""Small commands run as trials, for tests of limits and outcomes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from covpath.bench.environment import trial_environment
from covpath.bench.limits import unprivileged
from covpath.bench.limits.ask import Ask, Means
from covpath.bench.limits.table import best, obstacles
from covpath.bench.machine import this_machine
from covpath.bench.site import Site
from covpath.bench.subject import Variant
from covpath.bench.trial import TrialRequest, run_trial
from covpath.evidence.trial import CacheState, Role, Trial

MIB = 2**20
SMALL = Ask(memory_bytes=64 * MIB, swap_bytes=0, cpus=1, time_seconds=20)
GOOD_REPORT = "printf 'SF:a.py\\nDA:1,1\\nend_of_record\\n' > lcov.info\n"


def control_groups() -> Means:
    """The best means, which must be control groups; a loud skip where they cannot be made."""
    means = best()
    if means.NAME == unprivileged.NAME:
        pytest.skip(f"NO CONTROL GROUPS, limits are not tested here: {'; '.join(obstacles())}")
    return means


def python(code: str) -> str:
    """A shell line that runs ``code``."""
    return f'"{sys.executable}" -I -S -c "{code}"\n'


def run(
    script: str,
    folder: Path,
    ask: Ask = SMALL,
    *,
    means: Means | None = None,
    report: str | None = None,
    reference: frozenset[str] | None = None,
    files: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
    cache: CacheState = CacheState.WARM,
    own: Mapping[str, str] | None = None,
    **changes: Any,
) -> Trial:
    """Run a script as one trial in a scratch directory under ``folder``, with the files given."""
    means = means or control_groups()
    with Site.open(folder) as site:
        work = site.pristine / "work"
        work.mkdir(parents=True)
        for name, text in (files or {}).items():
            (work / name).write_text(text)
        for name, target in (links or {}).items():
            (work / name).symlink_to(target)
        request = TrialRequest(
            cell="cell",
            number=0,
            role=Role.CELL,
            variant=replace(Variant(backend="test", script=script, report=report), **changes),
            runner="runner",
            ask=ask,
            cache=cache,
            prepared=site.pristine,
            environment=trial_environment(os.environ, site.trial, own or {}),
            reference=reference,
            versions={},
        )
        return run_trial(request, site, means, this_machine(means.NAME)).trial
