"""Jobs that make one check of many, so that branch protection has to name only them; and what they let pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from covpath.gate.effect import JobSimulation
from covpath.gate.gate_actions import action_name
from covpath.gate.logic import CANCELS, FAILS
from covpath.gate.purpose import is_setup
from covpath.gate.runs import Runs
from covpath.gate.shell_effect import shell_for
from covpath.terms import JobId, Tri
from covpath.workflow.model import Job, Step, Workflow
from covpath.yamltext.nodes import Mapping, Scalar, deref

_RESULTS = re.compile(r"needs\s*(?:\.|\[).*?\bresult\b|\btojson\(\s*needs\s*\)", re.IGNORECASE | re.DOTALL)
_CAN_FAIL = re.compile(
    r"\bexit\s+(?:[1-9]|\$)|\bfalse\b|^\s*(?:test|\[\[?)\s|\bjq\b[^\n]*\s-e|\bgrep\b|\bsys\.exit|\bassert\b",
    re.MULTILINE,
)
_SAYS = re.compile(r"(?:\s*(?:echo\b[^\n|;&]*|printf\b[^\n|;&]*|true|:|exit 0|#[^\n]*)?\s*(?:\n|\Z))+")
FAULTS = ((FAILS, "failing"), (CANCELS, "cancelled"))
"""The ends of a job that a gate must not let pass, each with its word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateJob:
    """A gate in a run; ``covers`` are the jobs before it, directly or not."""

    workflow: Workflow
    job: Job
    covers: frozenset[JobId]
    _simulations: dict[JobId, JobSimulation]
    _allowed: frozenset[str]

    @property
    def needed(self) -> tuple[JobId, ...]:
        """The jobs it needs directly."""
        return tuple(self._simulations)

    def lets_pass(self, name: JobId, end: int) -> bool:
        """Whether the gate surely does not turn red when the job called ``name``, needed directly, ends so."""
        if name in self._allowed:
            return False  # the gate says so itself
        simulation = self._simulations[name]
        if simulation.continue_on_error is not Tri.FALSE:
            return False  # it was excused by its own flag, and the gate is not to blame
        effect = simulation.ended(end)
        return all(site[1] is not self.job for site in (*effect.red, *effect.maybe_red))


def gate_jobs(workflow: Workflow, runs: Runs) -> Iterator[GateJob]:
    """The gates of a workflow that runs for a pull request."""
    candidates = [job for job in workflow.jobs.values() if job.needs and job.uses is None and _is_gate(workflow, job)]
    if not candidates:
        return
    own = runs.origins(workflow)[0]
    for job in candidates:
        run = runs.first(own, job)
        if run is None:
            continue
        needed = [name for need in job.needs if (name := run.graph.id_of(need)) is not None]
        simulations = {
            name: JobSimulation(run, workflow.jobs[name], None, runs.legs(run, workflow.jobs[name])) for name in needed
        }
        yield GateJob(
            workflow=workflow,
            job=job,
            covers=frozenset(run.graph.ancestors(job)),
            _simulations=simulations,
            _allowed=frozenset(_allowed(job)),
        )


def _allowed(job: Job) -> Iterator[str]:
    """The jobs that a gate action is told to let fail."""
    for step in job.steps:
        if action_name(step) is not None:
            inputs = step.inputs()
            for key in ("allowed-failures", "allowed-to-fail"):
                yield from re.findall(r"[\w-]+", inputs.get(key, ""))


def _is_gate(workflow: Workflow, job: Job) -> bool:
    """Whether a job's only work is to look at the jobs before it: an action for that, a script, or nothing at all."""
    if any(action_name(step) is not None or _judges_results(step) for step in job.steps):
        return all(
            action_name(step) is not None or _judges_results(step) or is_setup(step, shell_for(workflow, job, step))
            for step in job.steps
        )
    # A stand-in for paths that another job leaves out does nothing either (what it reads are outputs), and
    # neither does a job that others wait for instead of waiting for its own.
    chosen = job.if_ is not None and ".outputs" in job.if_.value
    awaited = any(job.id.lower() == need.lower() for other in workflow.jobs.values() for need in other.needs)
    return not chosen and not awaited and bool(job.steps) and all(_only_says(step) for step in job.steps)


def _only_says(step: Step) -> bool:
    return step.run is not None and _SAYS.fullmatch(step.run.value) is not None


def _judges_results(step: Step) -> bool:
    """Whether a script looks at the results of other jobs and can fail on them."""
    if step.run is None:
        return False
    texts = [step.run.value, step.if_.value if step.if_ is not None else "", *_values(step.env)]
    return any(map(_RESULTS.search, texts)) and _CAN_FAIL.search(step.run.value) is not None


def _values(env: Mapping | None) -> Iterator[str]:
    for entry in env.entries if env is not None else ():
        real = deref(entry.value)
        if isinstance(real, Scalar):
            yield real.value
