"""Records of many cells as one evidence, and as a part of what a repository knows already."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from covpath.bench.github.cells import base_name
from covpath.errors import InputError
from covpath.evidence.cells import is_real
from covpath.evidence.model import Evidence, Sighting
from covpath.evidence.runner import RunnerProfile
from covpath.evidence.trial import Trial
from covpath.terms import EvidenceKind


class Run(Struct, frozen=True, kw_only=True):
    """The run of GitHub Actions that records come from: where to look at it, and how to speak of it."""

    name: str
    url: str | None


def merge(found: Sequence[Evidence]) -> tuple[Evidence, int]:
    """One evidence of all, the newest state of the job only; and how many trials of other states were left out.

    Raises InputError where there is none, or where they are about different jobs.
    """
    if not found:
        raise InputError(
            "there is no record of any cell.", hint="Look at the run: the jobs may have failed before they measured."
        )
    jobs = {one.subject.name for one in found}
    if len(jobs) > 1:
        raise InputError(f"the records are about different jobs: {', '.join(sorted(jobs))}.")
    newest = max(found, key=lambda one: one.created)
    same = [one for one in found if one.subject.digest == newest.subject.digest]
    left_out = sum(len(one.trials) for one in found if one not in same)
    return _added(newest, same), left_out


def with_real(known: Evidence, collected: Evidence) -> Evidence:
    """What is known about a job with the real cells that were collected; earlier real ones of the same cells go.

    Which cell is the cheapest is open again.
    """
    real = [trial for trial in collected.trials if is_real(trial)]
    replaced = {(trial.backend, trial.runner) for trial in real}
    kept = [trial for trial in known.trials if not (is_real(trial) and (trial.backend, trial.runner) in replaced)]
    return replace(
        known,
        runners=_by_name([*known.runners, *collected.runners]),
        trials=_once([*kept, *real]),
        sightings=tuple(dict.fromkeys([*known.sightings, *collected.sightings])),
        cheapest=None if real else known.cheapest,
    )


def missing(evidence: Evidence, expected: Iterable[Mapping[str, str]], run: Run) -> tuple[Sighting, ...]:
    """A sighting for each expected cell without any record: its runner was lost, or its set-up failed."""
    there = {(base_name(trial.backend), trial.runner) for trial in evidence.trials}
    absent = {(one["backend"], one["runner"]): None for one in expected if (one["backend"], one["runner"]) not in there}
    return tuple(
        Sighting(
            kind=EvidenceKind.OBSERVED,
            statement=f"{backend} on {runner} left no record: the runner was lost, or the steps before failed",
            date=evidence.created[:10] or dt.datetime.now(dt.UTC).date().isoformat(),
            by=run.name,
            url=run.url,
            backend=backend,
            runner=runner,
        )
        for backend, runner in absent
    )


def _added(first: Evidence, others: Sequence[Evidence]) -> Evidence:
    return replace(
        first,
        runners=_by_name([profile for one in others for profile in one.runners]),
        trials=_once([trial for one in others for trial in one.trials]),
        proofs=tuple(dict.fromkeys(item for one in others for item in one.proofs)),
        predictions=tuple(dict.fromkeys(item for one in others for item in one.predictions)),
        sightings=tuple(dict.fromkeys(item for one in others for item in one.sightings)),
    )


def _by_name(profiles: Sequence[RunnerProfile]) -> tuple[RunnerProfile, ...]:
    """One profile of each name, the first."""
    found: dict[str, RunnerProfile] = {}
    for profile in profiles:
        found.setdefault(profile.name, profile)
    return tuple(found.values())


def _once(trials: Sequence[Trial]) -> tuple[Trial, ...]:
    """The same record twice (in a cell's artifact and in the merged one) is one trial."""
    found = {(trial.cell, trial.number, trial.backend, trial.runner, trial.started): trial for trial in trials}
    return tuple(found.values())
