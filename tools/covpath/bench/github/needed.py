"""The jobs a measured job cannot do without: those that make the artifacts it takes and the outputs it reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from covpath.bench.github.on_push import Use, uses
from covpath.errors import Refusal
from covpath.terms import JobId
from covpath.workflow.model import Job, Step, Workflow
from covpath.yamltext.nodes import Node

_UPLOADS = ("actions/upload-artifact",)
_DOWNLOADS = ("actions/download-artifact",)
_FROM_ELSEWHERE = ("dawidd6/action-download-artifact",)


class Needed(Struct, frozen=True, kw_only=True):
    """``jobs`` in the order of the file; ``direct`` are those the measured job has to wait for."""

    jobs: tuple[JobId, ...]
    direct: tuple[JobId, ...]


def needed_jobs(workflow: Workflow, job: Job, kept: Sequence[Step], nodes: Iterable[Node]) -> Needed:
    """What has to run before the ``kept`` steps of ``job``; ``nodes`` is all that is kept of it.

    Raises Refusal where a job that makes an artifact cannot be found in the file.
    """
    direct = _direct(workflow, job, kept, uses(nodes))
    found: dict[JobId, None] = {}
    waiting = list(direct)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            other = workflow.jobs[name]
            waiting += still_needed(workflow, other)
    return Needed(jobs=tuple(name for name in workflow.jobs if name in found), direct=direct)


def still_needed(workflow: Workflow, job: Job) -> tuple[JobId, ...]:
    """The ``needs`` of a job that is taken over whole: what it reads or downloads itself."""
    nodes = [entry.value for entry in job.node.entries if entry.key.value not in ("if", "needs")]
    return _direct(workflow, job, job.steps, uses(nodes))


def takes_artifact(step: Step) -> bool:
    """Whether a step downloads an artifact of the same run."""
    if not _is(step, _DOWNLOADS):
        return False
    return not {"run-id", "repository"} & step.inputs().keys()


def takes_from_elsewhere(step: Step) -> bool:
    """Whether a step downloads an artifact of another run."""
    return _is(step, _FROM_ELSEWHERE) or (_is(step, _DOWNLOADS) and not takes_artifact(step))


def _direct(workflow: Workflow, job: Job, steps: Sequence[Step], found: Iterable[Use]) -> tuple[JobId, ...]:
    by_folded = {name.lower(): name for name in workflow.jobs}
    read = {use.reference.path[1].lower() for use in found if _reads_needs(use)}
    wanted = {name for folded, name in by_folded.items() if folded in read or "*" in read}
    takers = [step for step in steps if takes_artifact(step)]
    before = _before(workflow, job)
    if takers:
        makers = {name for name in before if _may_upload(workflow.jobs[name])} or before
        if not makers:
            raise Refusal(
                f"job {job.id!r} takes an artifact that no job before it makes.",
                place=workflow.place(takers[0].node),
                hint="It comes from elsewhere; measure a job that does not take it.",
            )
        wanted |= makers
    return tuple(name for name in workflow.jobs if name in wanted and name in before)


def _reads_needs(use: Use) -> bool:
    return use.reference.path[0].lower() == "needs" and len(use.reference.path) > 1


def _before(workflow: Workflow, job: Job) -> frozenset[JobId]:
    """Every job that has ended when ``job`` begins."""
    by_folded = {name.lower(): name for name in workflow.jobs}
    found: set[JobId] = set()
    waiting = list(job.needs)
    while waiting:
        name = by_folded.get(waiting.pop().lower())
        if name is not None and name not in found:
            found.add(name)
            waiting += workflow.jobs[name].needs
    return frozenset(found)


def _may_upload(job: Job) -> bool:
    """Uploads, or calls something in this repository that may."""
    return job.uses is not None or any(_is(step, _UPLOADS) or (step.uses or "").startswith("./") for step in job.steps)


def _is(step: Step, actions: tuple[str, ...]) -> bool:
    return step.uses is not None and step.uses.partition("@")[0].lower() in actions
