"""A part of a repository's workflows, read, judged and told: what one process does for ``covpath status``."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from covpath.commands.job_status import job_status
from covpath.commands.linking import links_of, texts_of, tracer_of
from covpath.commands.state import WorkingTree
from covpath.errors import CovpathError
from covpath.gate.judge import Judge
from covpath.gate.required import RequiredChecks
from covpath.gate.verdict import JobVerdict
from covpath.outside.files import read_bytes
from covpath.report.status_data import JobStatus, job_to_json
from covpath.report.status_text import Rest, render_jobs, rest_of
from covpath.terms import Gate
from covpath.workflow.model import Workflow
from covpath.workflow.recipes.links import ReadFile
from covpath.workflow.repository import read_each

if TYPE_CHECKING:
    from covpath.ledger.model import Ledger

_SIGNS_OF_LINKS = (b"workflow_call", b"./.github/workflows/")
_TAKES = (b"action-download-artifact", b"actions-download-artifact", b"run-id:")
"""Signs of a file that takes over what a run of another workflow has left."""
_LEAVES = b"actions/upload-artifact"


class Asked(Struct, frozen=True, kw_only=True):
    """What is asked of every part. ``every``: tell of all jobs, not only of those worth it."""

    root: Path
    required: RequiredChecks
    ledger: Ledger | None
    others: tuple[Path, ...]
    every: bool
    as_data: bool


class Share(Struct, frozen=True, kw_only=True):
    """The workflow files of one part: those that may call each other or take over data, and those that stand alone.

    ``leaving`` are files of other parts whose data the linked ones may take over.
    """

    linked: tuple[str, ...]
    alone: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()


class Told(Struct, kw_only=True):
    """What a part says, by workflow file; ``rest`` are the jobs it does not show."""

    texts: dict[str, str] = field(default_factory=dict)
    data: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rest: dict[str, list[Rest]] = field(default_factory=dict)
    unreadable: list[CovpathError] = field(default_factory=list)

    def add(self, other: Told) -> None:
        """Take in what another part says."""
        self.texts |= other.texts
        self.data |= other.data
        self.rest |= other.rest
        self.unreadable += other.unreadable


def shares(root: Path, paths: Sequence[str], count: int, processes: int) -> list[Share]:
    """The files in about ``count`` shares of the same size, for so many processes.

    Those that may call each other stay together, in the first share. Where one of them takes over data, those
    that leave data stand there too, unless that would keep one process busy when the others are done; then
    they are read twice.
    """
    linked: list[str] = []
    alone: dict[str, int] = {}
    leaving: list[str] = []
    taking = False
    whole = together = 0
    for path in paths:
        try:
            data = read_bytes(root / path, within=root)
        except CovpathError:
            data = b""  # told when its part reads it
        takes = b"download-artifact" in data and any(sign in data for sign in _TAKES)
        taking = taking or takes
        if takes or any(sign in data for sign in _SIGNS_OF_LINKS):
            linked.append(path)
            together += len(data)
        else:
            alone[path] = len(data)
            if _LEAVES in data:
                leaving.append(path)
        whole += len(data)
    leaving = leaving if taking else []
    if together + sum(alone[path] for path in leaving) <= whole / processes:
        linked = sorted(linked + leaving)
        alone = {path: size for path, size in alone.items() if path not in leaving}
        leaving = []
    sizes = [0] * count
    groups: list[list[str]] = [[] for _ in range(count)]
    for size, path in sorted(((size, path) for path, size in alone.items()), reverse=True):
        smallest = sizes.index(min(sizes))
        groups[smallest].append(path)
        sizes[smallest] += size
    first = Share(linked=tuple(linked), leaving=tuple(leaving))
    return [first, *(Share(linked=(), alone=tuple(sorted(group))) for group in groups if group)]


def tell(asked: Asked, share: Share) -> Told:
    """Read, judge and tell; files that stand alone are forgotten one by one."""
    told = Told()
    texts = texts_of(WorkingTree(root=asked.root))
    linked = _read(asked, share.linked, told)
    _judge(asked, linked, told, texts, share.leaving)
    del linked
    for path in share.alone:
        _judge(asked, _read(asked, (path,), told), told, texts)
    # Little refers to itself, but what does must not pile up; only what this part made is looked through.
    gc.collect(0)
    return told


def _read(asked: Asked, paths: Iterable[str], told: Told) -> list[Workflow]:
    found: list[Workflow] = []
    for one in read_each(asked.root, paths):
        if isinstance(one, Workflow):
            found.append(one)
        else:
            told.unreadable.append(one)
    return found


def _readable(root: Path, paths: Iterable[str]) -> list[Workflow]:
    return [one for one in read_each(root, paths) if isinstance(one, Workflow)]


def _judge(asked: Asked, workflows: list[Workflow], told: Told, texts: ReadFile, leaving: tuple[str, ...] = ()) -> None:
    links = links_of(WorkingTree(root=asked.root), workflows, asked.others)
    # What leaves data is read once more here, by few repositories, and only where a job takes over what it leaves.
    tracer = tracer_of(texts, links, asked.others, lambda: _readable(asked.root, leaving))
    judge = Judge(required=asked.required, links=links, every_step=asked.as_data, behind=tracer.alternatives)
    for workflow in workflows:
        jobs = [
            job_status(workflow, job, judge.job(workflow, job), asked.ledger, tracer) for job in workflow.jobs.values()
        ]
        if asked.as_data:
            told.data[workflow.path] = [job_to_json(job) for job in jobs]
            continue
        shown = [job for job in jobs if asked.every or worth_telling(job)]
        told.rest[workflow.path] = [rest_of(job) for job in jobs if job not in shown]
        if shown:
            told.texts[workflow.path] = render_jobs(shown, detail=False)


def worth_telling(job: JobStatus) -> bool:
    """Coverage jobs, and jobs that run for pull requests without blocking."""
    verdict: JobVerdict = job.verdict
    if job.measured_in:
        return True
    return verdict.coverage or verdict.partly or verdict.gate in (Gate.ADVISORY, Gate.SILENT, Gate.UNKNOWN)
