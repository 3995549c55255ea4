"""Jobs that make one check of many: what each lets through, and which jobs it does not hear of.

A gate that branch protection asks for is only as good as its condition and its list of needs:
without ``always()`` it is skipped when a job fails, and skipped counts as passed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from covpath.errors import Place
from covpath.gate.scripts.purpose import is_setup
from covpath.gate.scripts.shell_effect import shell_for
from covpath.gate.simulation.assumptions import uses_status
from covpath.gate.simulation.effect import JobSimulation
from covpath.gate.simulation.failing import OF_OTHERS, decides_on_results
from covpath.gate.simulation.gate_actions import action_name, readings
from covpath.gate.simulation.jobs import Others, expected, propagate, red
from covpath.gate.simulation.logic import CANCELS, FAILS, SKIPS, SUCCEEDS, Results
from covpath.gate.simulation.run import JobResult, JobResults, Run
from covpath.gate.simulation.runs import Runs
from covpath.gate.simulation.scope import Scope
from covpath.gate.simulation.steps import job_result
from covpath.gate.simulation.view import View
from covpath.terms import JobId, JobRef, Tri
from covpath.workflow.expressions.contexts import SUCCEEDED, Contexts
from covpath.workflow.expressions.value import Object
from covpath.workflow.model import Job, Step, Workflow


class GateKind(Enum):
    """How a gate decides."""

    ACTION = "action"
    """By re-actors/alls-green or lowlydba/are-we-good."""
    SCRIPT = "script"
    """By conditions and scripts of its own."""
    NEEDS = "needs"
    """By ``needs`` alone: it does nothing, and is skipped when something fails."""


class Passing(Struct, frozen=True, kw_only=True):
    """A result of a needed job with which the gate's check is still not red; TRUE: certainly."""

    job: JobId
    result: str
    passes: Tri
    allowed: bool = False
    """The gate's own lists allow it, or it asks for nothing else: a job that has to fail."""


class AggregateGate(Struct, frozen=True, kw_only=True):
    """A gate. ``place`` is its condition, or its name where it has none."""

    ref: JobRef
    place: Place
    kind: GateKind
    needs: tuple[JobId, ...]
    passing: tuple[Passing, ...]
    misses: tuple[JobRef, ...]
    """Jobs of the workflow that run for pull requests and that it does not hear of."""

    @property
    def fails_open(self) -> tuple[JobId, ...]:
        """The needed jobs whose failure does not turn it red, although nothing in it allows that."""
        return tuple(
            one.job for one in self.passing if one.result == "failure" and one.passes is Tri.TRUE and not one.allowed
        )

    def lets(self, result: str) -> Tri:
        """Whether it lets a needed job with this result through; unknown where that differs or is not known."""
        found = {one.passes for one in self.passing if one.result == result and not one.allowed}
        return found.pop() if len(found) == 1 else Tri.UNKNOWN


RESULTS = (FAILS, CANCELS, SKIPS)
"""What a needed job may come to for a gate to look at."""


def aggregate_gates(
    runs: Runs, workflow: Workflow, results: tuple[Results, ...] = RESULTS
) -> tuple[AggregateGate, ...]:
    """The gates of a workflow, in file order, under the best event each runs for; ``results`` of needs are tried."""
    found: list[AggregateGate] = []
    for job in workflow.jobs.values():
        kind = kind_of(workflow, job)
        run = _run(runs, workflow, job) if kind is not None else None
        if kind is not None and run is not None:
            found.append(_gate(runs, run, job, kind, results))
    return tuple(found)


def turned_red_by(runs: Runs, workflow: Workflow, job: Job) -> tuple[tuple[JobId, ...], Tri]:
    """The needed jobs whose failure may turn a gate's check red, and whether it surely does; none for other jobs."""
    run = _run(runs, workflow, job) if kind_of(workflow, job) in (GateKind.SCRIPT, GateKind.ACTION) else None
    if run is None:
        return (), Tri.FALSE
    needs = _needs(run, job)
    passing = {name: red(_after(run, job, name, FAILS, _let_off(run, name))).negate() for name in needs}
    for passes in (Tri.FALSE, Tri.UNKNOWN):
        found = tuple(name for name in needs if passing[name] is passes)
        if found:
            return found, passes.negate()
    return (), Tri.FALSE


def runs_on_failure(runs: Runs, workflow: Workflow, job: Job) -> bool:
    """Whether a job that is skipped while all is well may run once a job that it needs has failed."""
    run = _run(runs, workflow, job)
    if run is None or not uses_status(job.if_):
        return False
    return any(_after(run, job, name, FAILS, _let_off(run, name)).results != SKIPS for name in _needs(run, job))


def _needs(run: Run, job: Job) -> tuple[JobId, ...]:
    """The jobs of the workflow that a job needs."""
    return tuple(name for name in map(run.graph.id_of, job.needs) if name is not None)


def _let_off(run: Run, name: JobId) -> Tri:
    """Whether a job's own flag takes its failure back, so that no other hears of it."""
    return JobSimulation(run, run.workflow.jobs[name], None, ()).continue_on_error


def kind_of(workflow: Workflow, job: Job) -> GateKind | None:
    """Whether a job is a gate, and how it decides."""
    if not job.needs or job.uses is not None or not job.steps:
        return None
    if any(action_name(step) is not None for step in job.steps):
        return GateKind.ACTION
    if any(step.run is None and not _stands_aside(step) for step in job.steps):
        return None  # as nearly all: it uses an action for something else
    others = [step for step in job.steps if not decides_on_results(job, step)]
    decides = len(others) < len(job.steps)
    # Asked first, since it takes longest to tell what only prepares: most jobs do more than say something.
    if not decides and not all(step.run is not None and _ONLY_SAYS.fullmatch(step.run.value) for step in others):
        return None
    only_gates = all(step.run is None or is_setup(step, shell_for(workflow, job, step)) for step in others)
    return (GateKind.SCRIPT if decides else GateKind.NEEDS) if only_gates else None


def _stands_aside(step: Step) -> bool:
    """Whether an action runs only because of what other jobs came to, as a gate's question beside it does."""
    return step.uses is not None and step.if_ is not None and OF_OTHERS.search(step.if_.value) is not None


_ONLY_SAYS = re.compile(r"(?:\s*(?:echo|printf|true|:|exit 0)\b[^|&;<>`$]*\n?)+")


def _run(runs: Runs, workflow: Workflow, job: Job) -> Run | None:
    for origin in runs.origins(workflow):
        run = runs.first(origin, job)
        if run is not None:
            return run
        if origin.runs:
            # A gate such as `if: failure()` does not run while all is well.
            return origin.runs[0]
    return None


def _gate(runs: Runs, run: Run, job: Job, kind: GateKind, results: tuple[Results, ...]) -> AggregateGate:
    workflow = run.workflow
    needs = _needs(run, job)
    return AggregateGate(
        ref=workflow.ref(job),
        place=workflow.place(job.if_ if job.if_ is not None else job.key),
        kind=kind,
        needs=needs,
        passing=tuple(one for name in needs for one in _passing(run, job, name, results)),
        misses=tuple(workflow.ref(other) for other in workflow.jobs.values() if _missed(runs, run, job, other)),
    )


_WORDS = {FAILS: "failure", CANCELS: "cancelled", SKIPS: "skipped"}


def _beside(run: Run, name: JobId) -> tuple[Scope, JobResults]:
    """What counts for the others while a job runs, and what they come to when nothing goes wrong."""
    scope = Others(run, run.workflow.jobs[name]).scope
    return scope, expected(scope)


def _after(
    run: Run,
    job: Job,
    name: JobId,
    result: Results,
    let_off: Tri = Tri.FALSE,
    beside: tuple[Scope, JobResults] | None = None,
) -> JobResult:
    """What becomes of a job once one that it needs has come to ``result``, and was let off or not."""
    scope, baseline = beside if beside is not None else _beside(run, name)
    outcome = JobResult(result, result) if result == SKIPS else job_result(result, let_off)
    needed = run.workflow.jobs[name]
    return propagate(scope, needed, outcome, baseline, until=job)[job.id]


def _passing(run: Run, job: Job, name: JobId, results: tuple[Results, ...]) -> Iterator[Passing]:
    while_it_runs = _beside(run, name)
    for result in results:
        beside = while_it_runs if result != SKIPS else (scope := Scope(run), expected(scope))
        passes = red(_after(run, job, name, result, beside=beside)).negate()
        wanted = result == FAILS and passes is Tri.TRUE and _fails_on_success(run, job, name, beside)
        yield Passing(job=name, result=_WORDS[result], passes=passes, allowed=wanted or _allowed(job, name, result))


def _fails_on_success(run: Run, job: Job, name: JobId, beside: tuple[Scope, JobResults]) -> bool:
    """Whether a gate turns red where the job has succeeded: it wants the failure."""
    return red(_after(run, job, name, SUCCEEDS, beside=beside)) is Tri.TRUE


def _allowed(job: Job, name: JobId, result: Results) -> bool:
    """Whether the lists of a gate action name the job for this result."""
    gates = [step for step in job.steps if action_name(step) is not None]
    if not gates:
        return False
    needs = Object({need: Object({"result": "success", "outputs": Object({})}) for need in job.needs})
    view = View(SUCCEEDED, lambda: Contexts({"needs": needs}))
    return any(one.accepts(name, result) is not Tri.FALSE for step in gates for one in readings(step, view))


def _missed(runs: Runs, run: Run, gate: Job, other: Job) -> bool:
    graph = run.graph
    related = other is gate or other.id in graph.ancestors(gate) or gate.id in graph.ancestors(other)
    if related or kind_of(run.workflow, other) is not None:
        return False
    return runs.runs_in(run, other)
