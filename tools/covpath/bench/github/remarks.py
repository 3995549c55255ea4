"""What has to be said about a job before it is measured on GitHub, and what decides how it is generated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from covpath.bench.github.needed import takes_from_elsewhere
from covpath.bench.github.on_push import (
    Remark,
    condition_uses,
    empty_on_push,
    holds,
    push_contexts,
    secrets_used,
    uses,
)
from covpath.terms import JobId, Tri
from covpath.workflow.model import Job, Step, Workflow
from covpath.yamltext.nodes import Mapping as MappingNode
from covpath.yamltext.nodes import Node, Plain, Scalar, deref, to_plain

KEPT = ("env", "defaults", "container", "services", "timeout-minutes")
"""What is kept of a job beside its steps."""


class JobFacts(Struct, frozen=True, kw_only=True):
    """``secrets`` are the names of those that kept parts read, ``inputs`` those of the workflow's inputs.

    ``called``: other workflows call the file, and only they start it. ``keeps_if``: a push surely fulfils the
    job's condition (``always()``), so it stays. ``keeps_environment``: the job's
    deployment environment stays, because a kept part may read its secrets or variables.
    """

    remarks: tuple[Remark, ...]
    secrets: tuple[str, ...]
    inputs: tuple[str, ...]
    called: bool
    keeps_environment: bool
    keeps_if: bool


def job_nodes(workflow: Workflow, job: Job, last: int) -> tuple[Node, ...]:
    """All that is kept of a job whose step number ``last`` is the last that is kept."""
    found = [workflow.root.get(key) for key in ("env", "defaults")]
    found += [job.node.get(key) for key in KEPT]
    return (*(node for node in found if node is not None), *(step.node for step in job.steps[: last + 1]))


def job_facts(workflow: Workflow, job: Job, last: int, branch: str, leg: Mapping[str, Plain] | None) -> JobFacts:
    """Look through what is kept of a job."""
    found = list(uses(job_nodes(workflow, job, last)))
    secrets = secrets_used(found)
    reads_vars = any(use.reference.path[0].lower() == "vars" for use in found)
    environment = job.node.get("environment")
    keeps = environment is not None and bool(secrets or reads_vars)
    inputs = [use.reference.path[1] for use in found if _is_input(use.reference.path)]
    keeps_if = surely_runs(job, branch)
    return JobFacts(
        remarks=(
            *_left_out(workflow, job, last, keeps_if=keeps_if),
            *_secrets(secrets),
            *_environment(workflow, environment, keeps=keeps),
            *empty_on_push(workflow, found),
            *_conditions(workflow, job.steps[: last + 1], branch, leg),
            *_surroundings(workflow, job, last),
        ),
        secrets=secrets,
        inputs=tuple(dict.fromkeys(inputs)),
        called=_events(workflow) == {"workflow_call"},
        keeps_environment=keeps,
        keeps_if=keeps_if,
    )


def matrix_names(nodes: Sequence[Node]) -> tuple[str, ...]:
    """The values of the matrix that a job reads."""
    paths = [use.reference.path for use in uses(nodes)]
    names = [path[1] for path in paths if path[0].lower() == "matrix" and len(path) > 1 and path[1] != "*"]
    return tuple(dict.fromkeys(names))


def inputs_of(workflow: Workflow, jobs: Sequence[JobId]) -> tuple[str, ...]:
    """The workflow's inputs that whole jobs read."""
    found = uses([workflow.jobs[name].node for name in jobs])
    return tuple(dict.fromkeys(use.reference.path[1] for use in found if _is_input(use.reference.path)))


def _is_input(path: tuple[str, ...]) -> bool:
    return path[0].lower() == "inputs" and len(path) > 1 and path[1] != "*"


def _events(workflow: Workflow) -> set[str]:
    plain = to_plain(workflow.on) if workflow.on is not None else None
    return (
        {plain}
        if isinstance(plain, str)
        else {str(name) for name in plain}
        if isinstance(plain, list | dict)
        else set()
    )


def surely_runs(job: Job, branch: str) -> bool:
    """Whether the job has a condition that a push surely fulfils, whatever jobs came to that are not there.

    Another might keep it from running at all.
    """
    if job.if_ is None or holds(job.if_.value, push_contexts(branch)) is not Tri.TRUE:
        return False
    return not any(use.reference.path[0].lower() == "needs" for use in condition_uses(job.if_))


def _left_out(workflow: Workflow, job: Job, last: int, *, keeps_if: bool) -> Iterator[Remark]:
    for step in job.steps[last + 1 :]:
        yield Remark(message=f"left out: {step.label}", place=workflow.place(step.node))
    if job.if_ is not None and not keeps_if:
        yield Remark(message=f"the job's condition is left out: {job.if_.value.strip()}", place=workflow.place(job.if_))
    for key in ("concurrency", "continue-on-error", "outputs"):
        entry = job.node.find(key)
        if entry is not None:
            yield Remark(message=f"left out: the job's {key}", place=workflow.place(entry.key))


def _secrets(names: Sequence[str]) -> Iterator[Remark]:
    if names:
        yield Remark(message=f"takes the secrets the job takes: {', '.join(names)}", risk=True)


def _environment(workflow: Workflow, node: Node | None, *, keeps: bool) -> Iterator[Remark]:
    if node is None:
        return
    real = deref(node)
    name = real.get("name") if isinstance(real, MappingNode) else real
    shown = deref(name).value if name is not None and isinstance(deref(name), Scalar) else "?"  # type: ignore[union-attr]
    if keeps:
        text = f"runs in the environment {shown}: its rules may hold the run up, or forbid the branch"
        yield Remark(message=text, place=workflow.place(node), risk=True)
    else:
        yield Remark(message=f"left out: the environment {shown}, which nothing kept needs", place=workflow.place(node))


def _conditions(
    workflow: Workflow, steps: Sequence[Step], branch: str, leg: Mapping[str, Plain] | None
) -> Iterator[Remark]:
    """Set-up steps that a push leaves out and another event would not."""
    here = push_contexts(branch, leg)
    anywhere = here.but(github=push_contexts(branch).get("nothing"))
    for step in steps[:-1]:
        if step.if_ is None or holds(step.if_.value, here) is not Tri.FALSE:
            continue
        if holds(step.if_.value, anywhere) is not Tri.FALSE:
            yield Remark(
                message=f"a push leaves out the step {step.label}: {step.if_.value.strip()}",
                place=workflow.place(step.if_),
                risk=True,
            )


def _surroundings(workflow: Workflow, job: Job, last: int) -> Iterator[Remark]:
    if job.container is not None:
        yield Remark(
            message="the container's image must have Python 3.11 or newer with venv and pip, for covpath",
            place=workflow.place(job.container),
            risk=True,
        )
    for step in job.steps[: last + 1]:
        if takes_from_elsewhere(step):
            yield Remark(
                message="takes an artifact of another run, which may not be there",
                place=workflow.place(step.node),
                risk=True,
            )
