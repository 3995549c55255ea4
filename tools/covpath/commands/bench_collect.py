"""``covpath bench collect``: records of real cells, from files or from a run on GitHub, become evidence."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from msgspec.structs import replace

from covpath.backends.diagnose import diagnose
from covpath.backends.signatures import Family
from covpath.bench.github.merging import Run, merge, missing, with_real
from covpath.bench.github.own_steps import ARTIFACTS, JOB_NAME
from covpath.bench.github.records import read_archive, read_records
from covpath.commands.bench_report import EVIDENCE_NAME, report
from covpath.errors import ExitCode, InputError, UsageError
from covpath.evidence.model import Evidence, Sighting
from covpath.evidence.store import dump_evidence, load_evidence
from covpath.evidence.trial import Outcome
from covpath.outside.files import write_atomically
from covpath.outside.git import find_repository
from covpath.outside.runs import EndedJob, RemoteRun, open_run
from covpath.outside.transaction import state_directory
from covpath.terms import EvidenceKind

COLLECTED_NAME = "collected.json"

_JOB = re.compile(r"(?P<file>[\w.-]+):(?P<job>[\w-]+)")
_OUTCOMES = {
    Family.OUT_OF_MEMORY: Outcome.OOM,
    Family.DISK_FULL: Outcome.DISK_FULL,
    Family.TIME_LIMIT: Outcome.TIMEOUT,
    Family.RUNNER_LOST: Outcome.KILLED_OTHER,
    Family.KILLED: Outcome.KILLED_OTHER,
}


def run(
    *,
    what: Sequence[str],
    expect: str | None,
    remote: str,
    folder: Path | None,
    repo: Path | None,
    format: str,  # noqa: A002 - the option's own name
    screen: TextIO,
) -> ExitCode:
    """Merge what is named into the benchmark's folder and show it; FINDINGS where no cell works."""
    if not what:
        raise UsageError("collect what?", hint="A run's number, or folders, archives and files with records.")
    numbers = [int(one) for one in what if one.isdecimal()]
    records = list(read_records([Path(one) for one in what if not one.isdecimal()]))
    sightings: list[Sighting] = []
    for number in numbers:
        found = _open(number, remote, repo)
        records += _downloaded(found)
        sightings += _lost(found, records)
    evidence, left_out = merge(records)
    sightings += missing(evidence, _expected(expect), _this_run())
    evidence = with_real(evidence, _with(evidence, sightings))
    if left_out:
        screen.write(f"{left_out} trials of another state of the job are left out.\n")
    folder = folder if folder is not None else _folder(evidence, repo)
    return report(keep(evidence, folder), folder, format, screen)


def keep(evidence: Evidence, folder: Path) -> Evidence:
    """Write what was collected into the folder, beside what is known there; all of it together."""
    kept = folder / COLLECTED_NAME
    if kept.exists():
        evidence = with_real(load_evidence(kept), evidence)
    write_atomically(kept, dump_evidence(evidence))
    known = folder / EVIDENCE_NAME
    whole = with_real(load_evidence(known), evidence) if known.exists() else evidence
    write_atomically(known, dump_evidence(whole))
    return whole


def with_collected(evidence: Evidence, folder: Path) -> Evidence:
    """A benchmark's evidence with the real cells that were collected before."""
    kept = folder / COLLECTED_NAME
    return with_real(evidence, load_evidence(kept)) if kept.exists() else evidence


def _with(evidence: Evidence, sightings: Sequence[Sighting]) -> Evidence:
    return replace(evidence, sightings=(*evidence.sightings, *sightings))


def _expected(text: str | None) -> list[Mapping[str, str]]:
    if text is None:
        return []
    try:
        data = json.loads(text)
        cells = data["include"] if isinstance(data, dict) else data  # a whole matrix, or its cells
        return [{"backend": str(one["backend"]), "runner": str(one["runner"])} for one in cells]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"--expect is not a list of cells: {error!r}.") from error


def _this_run() -> Run:
    """The run of GitHub Actions we are in, if we are in one."""
    named = [os.environ.get(name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    if None in named:
        return Run(name="covpath bench collect", url=None)
    server, repository, number = named
    return Run(name=f"GitHub Actions run {number}", url=f"{server}/{repository}/actions/runs/{number}")


def _open(number: int, remote: str, repo: Path | None) -> RemoteRun:
    repository = find_repository(repo if repo is not None else Path.cwd())
    return open_run(repository.remote(remote).url, number, repository.environment)


def _downloaded(found: RemoteRun) -> list[Evidence]:
    artifacts = [one for one in found.artifacts() if one.name.startswith(ARTIFACTS)]
    return [evidence for one in artifacts for evidence in read_archive(found.archive(one), f"{one.name}.zip")]


def _lost(found: RemoteRun, records: Sequence[Evidence]) -> list[Sighting]:
    """What GitHub says of measuring jobs that left no record."""
    there = {f"{trial.backend}@{trial.runner}" for one in records for trial in one.trials}
    sightings = []
    for job in found.jobs():
        name = JOB_NAME.fullmatch(job.name)
        if name is not None and name["cell"] not in there and job.conclusion not in ("success", "skipped"):
            sightings.append(_sighting(found, job, name["cell"]))
    return sightings


def _sighting(found: RemoteRun, job: EndedJob, cell: str) -> Sighting:
    said = diagnose("", found.annotations(job))
    backend, _, runner = cell.rpartition("@")
    because = f": {said.cause.line.text}" if said.cause is not None else ""
    return Sighting(
        kind=EvidenceKind.OBSERVED,
        statement=f"{cell} left no record, its job ended as {job.conclusion}{because}",
        date=None,
        by=f"GitHub Actions run {found.id}",
        url=job.url,
        backend=backend,
        runner=runner,
        outcome=_OUTCOMES.get(said.family),
    )


def _folder(evidence: Evidence, repo: Path | None) -> Path:
    """Where the benchmark of the job keeps its evidence."""
    name = _JOB.fullmatch(evidence.subject.name)
    if name is None:
        raise InputError(f"the records' job has an odd name: {evidence.subject.name!r}.", hint="Name a --out DIR.")
    root = find_repository(repo if repo is not None else Path.cwd()).root
    return state_directory(root) / "bench" / f"{name['file']}-{name['job']}"
