"""Jobs that have to run before the measured one: taken over whole, with less to do by their token."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.backends.uploaders import uploader
from covpath.bench.github.needed import Needed, still_needed
from covpath.bench.github.on_push import Remark, empty_on_push, secrets_used, uses
from covpath.bench.github.permissions import least_permissions
from covpath.bench.github.remarks import surely_runs
from covpath.bench.github.workflow_text import TakenOver
from covpath.workflow.model import Job, Workflow
from covpath.yamltext.nodes import Scalar, deref


def take_over(workflow: Workflow, written: Workflow, needed: Needed, branch: str) -> tuple[TakenOver, ...]:
    """The jobs of ``written``, the file with its aliases written out; conditions are judged by ``workflow``."""
    return tuple(
        TakenOver(
            workflow=written,
            job=written.jobs[job.id],
            needs=still_needed(workflow, job),
            keeps_if=surely_runs(job, branch),
            permissions=None if job.uses is not None else least_permissions(workflow, job)[0],
        )
        for job in (workflow.jobs[name] for name in needed.jobs)
    )


def remarks_on(workflow: Workflow, needed: Needed, branch: str) -> Iterator[Remark]:
    """What to know about each of them."""
    for name in needed.jobs:
        job = workflow.jobs[name]
        yield Remark(
            message=f"job {name} runs too, whole: the job needs what it makes", place=workflow.place(job.key), risk=True
        )
        if job.if_ is not None and not surely_runs(job, branch):
            yield Remark(
                message=f"the condition of job {name} is left out: {job.if_.value.strip()}",
                place=workflow.place(job.if_),
            )
        found = list(uses([job.node]))
        names = secrets_used(found)
        if names:
            yield Remark(message=f"job {name} takes its secrets: {', '.join(names)}", risk=True)
        yield from empty_on_push(workflow, found)
        yield from _sends(workflow, job)
        if job.uses is None:
            yield from least_permissions(workflow, job)[1]
        else:
            yield Remark(
                message=f"job {name} calls a workflow, which may ask for all that its token may do now",
                place=workflow.place(job.uses),
                risk=True,
            )


def _sends(workflow: Workflow, job: Job) -> Iterator[Remark]:
    """What leaves the repository: uploads to services, secrets handed on whole."""
    secrets = job.node.get("secrets")
    real = deref(secrets) if secrets is not None else None
    if isinstance(real, Scalar) and real.value == "inherit":
        yield Remark(
            message=f"job {job.id} hands on all secrets (secrets: inherit)", place=workflow.place(real), risk=True
        )
    environment = job.node.get("environment")
    if environment is not None:
        text = f"job {job.id} runs in an environment; its rules may hold the run up"
        yield Remark(message=text, place=workflow.place(environment), risk=True)
    for step in job.steps:
        found = uploader(step.uses or "")
        if found is not None and not found.action.startswith("actions/"):
            yield Remark(
                message=f"job {job.id} uploads to {found.service}: {step.label}",
                place=workflow.place(step.node),
                risk=True,
            )
