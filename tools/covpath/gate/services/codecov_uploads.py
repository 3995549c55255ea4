"""Which jobs upload reports to Codecov: without an upload it posts no status."""

from __future__ import annotations

import re

from covpath.backends.uploaders import uploader
from covpath.gate.tracing.claims import COMMENT
from covpath.patterns import regex
from covpath.terms import Tri, any_of
from covpath.workflow.calls import LOCAL, Links
from covpath.workflow.model import Job, Step, Workflow

WORD = "odecov"
"""Stands in every text that names Codecov, with a capital or without."""

_SHELL_UPLOAD = regex(
    r"\bcodecov\.io/bash|uploader\.codecov\.io|cli\.codecov\.io"
    r"|(?:^|[;&|(]|\bpython3? -m|\b(?:uvx|npx|pipx run))[ \t]*(?:\./)?codecov(?:cli)?(?=\s|$)",
    re.MULTILINE,
)
_DEEPEST = 10


def uploads(workflow: Workflow, job: Job, links: Links | None = None, depth: int = 0) -> Tri:
    """Whether a job uploads a report to Codecov, itself or in what it calls.

    Unknown where it names Codecov without an upload that is known by sight, or calls a workflow that is not at hand.
    """
    if job.uses is not None:
        called = links.called(workflow, job) if links is not None else None
        if called is None or depth >= _DEEPEST:
            return Tri.UNKNOWN
        return any_of(uploads(called, inner, links, depth + 1) for inner in called.jobs.values())
    found = any_of(_step_uploads(step, links, depth) for step in job.all_steps())
    if found is Tri.FALSE and names_codecov(workflow, job):
        return Tri.UNKNOWN
    return found


def upload_steps(job: Job) -> tuple[Step, ...]:
    """A job's own steps that surely upload."""
    return tuple(step for step in job.all_steps() if _step_uploads(step, None, 0) is Tri.TRUE)


def names_codecov(workflow: Workflow, job: Job) -> bool:
    """Whether the text of a job names Codecov at all."""
    return workflow.document.source.text.find(WORD, job.key.start, job.node.end) >= 0


def _step_uploads(step: Step, links: Links | None, depth: int) -> Tri:
    if step.run is not None:
        return Tri.of(WORD in step.run.value and _SHELL_UPLOAD.search(COMMENT.sub("", step.run.value)) is not None)
    if step.uses is None:
        return Tri.FALSE
    if step.uses.startswith(LOCAL):
        action = links.actions(step.uses) if links is not None and depth < _DEEPEST else None
        inner = (one for job in action.jobs.values() for one in job.all_steps()) if action is not None else ()
        return any_of(_step_uploads(one, links, depth + 1) for one in inner)
    known = uploader(step.uses)
    if known is None or known.service != "Codecov":
        return Tri.FALSE
    return Tri.of("test_results" not in step.inputs().get("report_type", ""))
