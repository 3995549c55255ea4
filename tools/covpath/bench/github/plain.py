"""One cell of a job that needs nothing around it, measured in a copy on the runner that it is about."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

from msgspec.structs import replace

from covpath.bench.github.real import CONFINEMENT, Found, real_limits, unlike
from covpath.bench.limits.ask import Ask
from covpath.bench.limits.table import best
from covpath.bench.machine import this_machine
from covpath.bench.site import Site
from covpath.bench.subject import Subject
from covpath.bench.trial import TrialRequest, run_trial
from covpath.bench.workbench import Workbench
from covpath.evidence.model import Evidence, SubjectRecord
from covpath.evidence.runner import RunnerProfile
from covpath.evidence.trial import CacheState, Role, Trial
from covpath.outside.git import find_repository


def run_real_cell(subject: Subject, runner: RunnerProfile, trials: int = 1, scratch: Path | None = None) -> Evidence:
    """Measure the subject's one variant here, where ``runner``'s own limits hold; that it is that runner is said.

    Raises OutsideError where nothing can be run.
    """
    means = best()
    with Site.open(scratch) as site:
        found = Found.here(site.root)
        bench = Workbench(subject, site, means, this_machine(CONFINEMENT))
        bench.copy()
        ready = bench.ready(subject.variants[0])
        request = TrialRequest(
            cell=_key(ready.digest, runner, bench.machine.fingerprint),
            number=0,
            role=Role.CELL,
            variant=ready.variant,
            runner=runner.name,
            ask=Ask(time_seconds=subject.time_limit_seconds),
            cache=CacheState.WARM,
            prepared=ready.prepared,
            environment=ready.environment,
            core=ready.core,
            versions=ready.versions,
        )
        made: list[Trial] = []
        for number in range(trials):
            trial = run_trial(replace(request, number=number), site, means, bench.machine).trial
            made.append(
                replace(
                    trial,
                    limits=real_limits(runner, found, subject.time_limit_seconds),
                    warnings=(*trial.warnings, *unlike(runner, found)),
                )
            )
        repository = find_repository(subject.repo)
        return Evidence(
            created=dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            subject=SubjectRecord(
                name=subject.name,
                job=str(subject.job) if subject.job else None,
                commit=repository.head() if repository.has_git else None,
                digest=bench.files_digest,
            ),
            runners=(runner,),
            trials=tuple(made),
        )


def _key(digest: str, runner: RunnerProfile, machine: str) -> str:
    return hashlib.sha256("\n".join([digest, runner.name, machine]).encode()).hexdigest()[:16]
