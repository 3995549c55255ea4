"""A workflow that measures a job where it really runs, made from the job itself; nothing is written or sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from covpath.bench.github.cells import RealCell, make_cells
from covpath.bench.github.legs import choose_leg
from covpath.bench.github.measured import Measured, make_measured
from covpath.bench.github.needed import Needed, needed_jobs
from covpath.bench.github.on_push import Remark
from covpath.bench.github.permissions import least_permissions
from covpath.bench.github.pins import ACCEPT, Unpinned, refuse, unpinned, with_pins
from covpath.bench.github.proof import prove
from covpath.bench.github.remarks import JobFacts, inputs_of, job_facts, job_nodes, matrix_names
from covpath.bench.github.taken_over import remarks_on, take_over
from covpath.bench.github.workflow_text import Layout, MeasuringJob, called_inputs, workflow_text
from covpath.errors import Refusal
from covpath.evidence.runner import RunnerProfile
from covpath.terms import JobId
from covpath.workflow.model import Job, Workflow
from covpath.workflow.reading import model_of
from covpath.yamltext.excerpt import written_out
from covpath.yamltext.nodes import Plain, to_plain

CALLED_SECRETS = "called-secrets"

Commits = Callable[[Sequence[Unpinned]], Mapping[str, str]]
"""The commits that tags and branches stand for now, by ``owner/repository@ref``; without those nobody can tell."""


class Version(Struct, frozen=True, kw_only=True):
    """The job as it is measured with the ``backends`` named; the first version of a wish is the job's own.

    ``environments`` holds variables that single backends need beside the job's.
    """

    workflow: Workflow
    backends: tuple[str, ...]
    environments: Mapping[str, Mapping[str, str]]


class Wish(Struct, frozen=True, kw_only=True):
    """What is asked for.

    ``commit`` is what the branch starts from, None where there is no git. ``leg`` are values that the
    combination of the job's own matrix must have. ``branch`` is the branch's name; None: made from the job's.
    """

    job: JobId
    versions: tuple[Version, ...]
    runners: tuple[RunnerProfile, ...]
    trials: int
    requirement: str
    commit: str | None
    leg: Mapping[str, str]
    accepted: frozenset[str]
    branch: str | None = None


class Generated(Struct, frozen=True, kw_only=True):
    """A finished, proven workflow: its path and text, the branch it is for, its cells, what to know about it."""

    path: str
    text: str
    branch: str
    cells: tuple[RealCell, ...]
    remarks: tuple[Remark, ...]
    workflow: Workflow


class _Job(Struct, frozen=True, kw_only=True):
    """The job and all that was found out about it."""

    wish: Wish
    job: Job
    branch: str
    leg: Mapping[str, Plain] | None
    prepared: tuple[Measured, ...]
    needed: Needed
    facts: JobFacts
    commits: Mapping[str, str]

    @property
    def workflow(self) -> Workflow:
        """The file the job stands in."""
        return self.wish.versions[0].workflow


def generate(wish: Wish, commits: Commits) -> Generated:
    """The workflow for a wish.

    Raises Refusal for a job that cannot be measured this way, with the names that ``--accept`` takes
    where it can be accepted.
    """
    job = _look(wish, commits)
    layout = _layout(job)
    text = workflow_text(layout)
    if wish.branch is None:  # a name of its own for each text
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        layout = replace(layout, branch=f"{layout.branch}-{digest}")
        text = workflow_text(layout)
    path = f".github/workflows/covpath-bench-{wish.job}.yml"
    return Generated(
        path=path,
        text=text,
        branch=layout.branch,
        cells=tuple(cell for one in layout.measuring for cell in one.cells),
        remarks=tuple(_remarks(job)),
        workflow=prove(layout, path, text),
    )


def _look(wish: Wish, commits: Commits) -> _Job:
    workflow = wish.versions[0].workflow
    job = workflow.jobs[wish.job]
    branch = wish.branch or f"covpath-bench/{wish.job}"
    if not job.steps:
        raise Refusal(f"job {job.id!r} has no steps of its own.", place=workflow.place(job.key))
    leg = choose_leg(workflow, job, branch, wish.leg, matrix_names(job_nodes(workflow, job, len(job.steps) - 1)))
    prepared = tuple(
        make_measured(model_of(version.workflow.path, written_out(version.workflow.document)), wish.job, branch, leg)
        for version in wish.versions
    )
    last = prepared[0].parts[-1].index
    needed = needed_jobs(workflow, job, job.steps[: last + 1], job_nodes(workflow, job, last))
    facts = job_facts(workflow, job, last, branch, leg)
    if facts.called and facts.secrets and CALLED_SECRETS not in wish.accepted:
        raise Refusal(
            f"only other workflows start this job, and they choose its secrets ({', '.join(facts.secrets)}); started "
            "by a push it would take the repository's own of these names.",
            place=workflow.place(job.key),
            accept=(CALLED_SECRETS,),
        )
    whole = [(workflow.jobs[name], len(workflow.jobs[name].steps)) for name in needed.jobs]
    found = list(unpinned(workflow, [(job, last + 1), *whole]))
    return _Job(
        wish=wish,
        job=job,
        branch=branch,
        leg=leg,
        prepared=prepared,
        needed=needed,
        facts=facts,
        commits=_commits(found, wish, commits) if found else {},
    )


def _commits(found: Sequence[Unpinned], wish: Wish, commits: Commits) -> Mapping[str, str]:
    """What to pin to. Raises Refusal where some cannot be told and that was not accepted."""
    known = commits(found)
    missing = [one for one in found if one.name not in known]
    if missing and ACCEPT not in wish.accepted:
        raise refuse(missing)
    return known


def _remarks(job: _Job) -> Iterator[Remark]:
    if job.leg and not job.wish.leg:
        shown = ", ".join(f"{name}={value}" for name, value in job.leg.items() if isinstance(value, str | int | float))
        message = f"of the job's matrix one combination is measured: {shown} (--leg NAME=VALUE chooses another)"
        yield Remark(message=message, place=job.workflow.place(job.job.key))
    yield from job.facts.remarks
    yield from job.prepared[0].remarks
    yield from least_permissions(job.workflow, job.job)[1]
    yield from remarks_on(job.workflow, job.needed, job.branch)


def _layout(job: _Job) -> Layout:
    wish, workflow = job.wish, job.workflow
    pinned = [_pinned(one, job.commits) for one in job.prepared]
    *ids, collecting = _free_names(["measure", *(version.backends[0] for version in wish.versions[1:])], job.needed)
    return Layout(
        title=f"covpath bench ({wish.job})",
        origin=f"{workflow.path}, job {wish.job}" + (f", commit {wish.commit}" if wish.commit else ""),
        branch=job.branch,
        requirement=wish.requirement,
        measuring=tuple(
            MeasuringJob(
                id=name,
                measured=one,
                leg=job.leg,
                cells=make_cells(version.backends, wish.runners, wish.trials),
                environments=version.environments,
                needs=job.needed.direct,
                permissions=least_permissions(workflow, job.job)[0],
                subject=_subject(job, one),
                keeps_environment=job.facts.keeps_environment,
                keeps_if=job.facts.keeps_if,
            )
            for name, version, one in zip(ids, wish.versions, pinned, strict=True)
        ),
        taken_over=take_over(workflow, pinned[0].workflow, job.needed, job.branch),
        inputs=called_inputs(workflow, (*job.facts.inputs, *inputs_of(workflow, job.needed.jobs))),
        collecting=collecting,
    )


def _pinned(measured: Measured, commits: Mapping[str, str]) -> Measured:
    """The same with commits in place of tags, in all jobs of the file."""
    workflow = measured.workflow
    everything = [(job, len(job.steps)) for job in workflow.jobs.values()]
    document = with_pins(workflow.document, unpinned(workflow, everything), commits)
    after = model_of(workflow.path, document)
    return replace(measured, workflow=after, job=after.jobs[measured.job.id])


def _free_names(wanted: Sequence[str], needed: Needed) -> list[str]:
    """Ids for our jobs: ``measure``, ``measure-BACKEND`` for others, ``collect``; none that a taken-over job has."""
    taken = {name.lower() for name in needed.jobs}
    names = [wanted[0], *(f"measure-{name.replace('.', '-')}" for name in wanted[1:]), "collect"]
    return [f"covpath-{name}" if name.lower() in taken else name for name in names]


def _subject(job: _Job, measured: Measured) -> Mapping[str, object]:
    """What a record says about the job, and what the measuring has to know beside the cell."""
    whole = json.dumps([job.wish.commit, to_plain(job.job.node)], sort_keys=True)
    name = str(job.workflow.ref(job.job))
    minutes = job.job.timeout_minutes.data() if job.job.timeout_minutes is not None else None
    return {
        "name": name,
        "commit": job.wish.commit,
        "digest": hashlib.sha256(whole.encode()).hexdigest()[:16],
        "time_limit_seconds": minutes * 60 if isinstance(minutes, (int, float)) and minutes > 0 else None,
        "secrets": list(job.facts.secrets),
        "parts": [
            {"script": part.script, "shell": part.shell, "timeout_seconds": part.timeout_seconds}
            for part in measured.parts
        ],
    }
