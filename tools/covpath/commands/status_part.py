"""A part of a repository's workflows, read, judged and told: what one process does for ``covpath status``."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from covpath.commands.job_status import job_status
from covpath.commands.linking import Beyond, texts_of
from covpath.commands.state import WorkingTree
from covpath.errors import CovpathError
from covpath.gate.judge import Judge
from covpath.gate.required import RequiredChecks
from covpath.gate.tracing.handed_over import Left
from covpath.gate.verdict import JobVerdict
from covpath.report.status_data import JobStatus, job_to_json
from covpath.report.status_text import Rest, render_jobs, rest_of
from covpath.terms import Gate, Tri
from covpath.workflow.model import Job, Workflow
from covpath.workflow.recipes.links import ReadFile
from covpath.workflow.repository import read_each

if TYPE_CHECKING:
    from covpath.ledger.model import Ledger

_KEPT = 256
"""Workflows kept in memory, of those whose data others take over."""

_PILED_UP = 200_000
"""Objects made and not given up since the last search for those that refer to each other; some 20 MB."""


class Asked(Struct, frozen=True, kw_only=True):
    """What is asked of every part. ``every``: tell of all jobs, not only of those worth it.

    ``not_read`` are the errors of other services' settings.
    """

    root: Path
    required: RequiredChecks
    not_read: tuple[CovpathError, ...]
    ledger: Ledger | None
    others: tuple[Path, ...]
    every: bool
    as_data: bool


class Share(Struct, frozen=True, kw_only=True):
    """The workflow files of one part, in groups of files that call each other.

    ``leaving`` are files, of this part or others, whose data those of this part may take over.
    """

    groups: tuple[tuple[str, ...], ...]
    leaving: tuple[str, ...] = ()


class Told(Struct, kw_only=True):
    """What a part says, by workflow file; ``rest`` are the jobs it does not show.

    ``uploading``: whether a job hands reports to Codecov.
    """

    texts: dict[str, str] = field(default_factory=dict)
    data: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rest: dict[str, list[Rest]] = field(default_factory=dict)
    unreadable: list[CovpathError] = field(default_factory=list)
    uploading: bool = False

    def add(self, other: Told) -> None:
        """Take in what another part says."""
        self.texts |= other.texts
        self.data |= other.data
        self.rest |= other.rest
        self.unreadable += other.unreadable
        self.uploading |= other.uploading


def tell(asked: Asked, share: Share) -> Told:
    """Read, judge and tell; each group of files is forgotten before the next."""
    told = Told()
    tree = WorkingTree(root=asked.root)
    texts, beyond = texts_of(tree), Beyond(tree, asked.others)
    read = lru_cache(_KEPT if share.leaving else 0)(partial(_read, asked.root))
    left = Left({path: partial(_readable, read, path) for path in share.leaving})
    for group in share.groups:
        # Little refers to itself, but what does must not pile up; to look for it costs as much as reading some files.
        if gc.get_count()[0] > _PILED_UP:
            gc.collect(0)
        found = [read(path) for path in group]
        told.unreadable += [one for one in found if not isinstance(one, Workflow)]
        _judge(asked, [one for one in found if isinstance(one, Workflow)], told, beyond, texts, left)
    return told


_Read = Callable[[str], "Workflow | CovpathError"]


def _read(root: Path, path: str) -> Workflow | CovpathError:
    return next(read_each(root, (path,)))


def _readable(read: _Read, path: str) -> Workflow | None:
    one = read(path)
    return one if isinstance(one, Workflow) else None


def _judge(asked: Asked, workflows: list[Workflow], told: Told, beyond: Beyond, texts: ReadFile, left: Left) -> None:
    links = beyond.links(workflows)
    tracer = beyond.tracer(texts, links, left)
    judge = Judge(required=asked.required, links=links, every_step=asked.as_data, behind=tracer.alternatives)
    for workflow in workflows:
        jobs = [
            job_status(workflow, job, judge.job(workflow, job), asked.ledger, tracer, links)
            for job in workflow.jobs.values()
        ]
        told.uploading |= any(job.uploads_to_codecov is Tri.TRUE for job in jobs)
        if asked.as_data:
            told.data[workflow.path] = [job_to_json(job) for job in jobs]
            continue
        shown: list[JobStatus] = []
        rest: list[JobStatus] = []
        for job, status in zip(workflow.jobs.values(), jobs, strict=True):
            (shown if asked.every or worth_telling(job, status) else rest).append(status)
        told.rest[workflow.path] = [rest_of(status) for status in rest]
        if shown:
            told.texts[workflow.path] = render_jobs(shown, asked.required, detail=False)


def worth_telling(job: Job, status: JobStatus) -> bool:
    """Jobs that measure or upload coverage, and those that check something for pull requests without blocking."""
    verdict: JobVerdict = status.verdict
    if status.measured_in or status.unmeasured or verdict.coverage:
        return True
    if verdict.gate in (Gate.ADVISORY, Gate.SILENT):
        # Imported here: most jobs block.
        from covpath.audits.levers import only_says

        return not only_says(job, verdict)
    return verdict.partly or verdict.gate is Gate.UNKNOWN
