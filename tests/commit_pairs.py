"""Before and after of real commits: what people changed, and what covpath makes of the same wish."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from covpath.errors import CovpathError
from covpath.gate.measuring import find_measuring
from covpath.gate.scripts.shell_effect import ShellEffect, shell_effect
from covpath.gate.simulation.effect import JobSimulation, step_gate
from covpath.gate.simulation.in_legs import STRICTEST
from covpath.gate.simulation.run import Run
from covpath.gate.simulation.runs import Runs
from covpath.gate.simulation.situation import situate
from covpath.terms import Gate, Tri
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.reading import read_workflow
from shared_data import shared_path

PATH = ".github/workflows/ci.yml"
_LESS_AND_LESS = (Gate.BLOCKING, Gate.UNKNOWN, Gate.ADVISORY, Gate.SILENT, Gate.NO_SIGNAL)
assert _LESS_AND_LESS == STRICTEST


@dataclass(frozen=True)
class Pair:
    """One commit's change of one workflow file."""

    name: str
    meta: dict[str, Any]
    before: Workflow
    after: Workflow

    @property
    def job_before(self) -> Job:
        return self.before.jobs[self.meta["job_id_before"]]

    @property
    def job_after(self) -> Job:
        return self.after.jobs[self.meta["job_id"]]

    @property
    def direction(self) -> str:
        return str(self.meta["direction"])


def pairs(kind: str, *, clean: bool | None = None) -> tuple[list[Pair], list[str]]:
    """The pairs of a kind, and those that cannot be read, with the reason."""
    found: list[Pair] = []
    unread: list[str] = []
    for folder in sorted(shared_path("pairs").glob(f"{kind}-*")):
        meta = json.loads((folder / "meta.json").read_text())
        if clean is not None and meta["clean"] is not clean:
            continue
        try:
            before, after = (_read(folder / f"{side}.yml") for side in ("before", "after"))
        except CovpathError as error:
            unread.append(f"{folder.name}: {error}")
            continue
        found.append(Pair(folder.name, meta, before, after))
    return found, unread


def _read(path: Path) -> Workflow:
    return read_workflow(PATH, path.read_bytes())


def toggled_step(job: Job, meta: dict[str, Any]) -> Step | None:
    """The step a toggle is about, as the pair's description names it."""
    written = meta.get("step")
    if not written:
        return None
    kind, _, name = str(written).partition(":")
    name, _, number = name.partition("~") if "~" in str(written) else (name, "", "")
    if kind == "uses":
        same = [step for step in job.steps if (step.uses or "").partition("@")[0] == name]
    elif kind == "name":
        same = [step for step in job.steps if step.name == name]
    elif kind == "id":
        same = [step for step in job.steps if step.id == name]
    else:
        same = [step for step in job.steps if step.run is not None and step.run.value.strip().startswith(name[:40])]
    index = int(number) if number else 0
    return same[index] if len(same) > index else None


def uploading(job: Job) -> list[Step]:
    """The steps of a job that an upload input is about."""
    from covpath.backends.uploaders import uploader

    return [step for step in job.steps if step.uses and uploader(step.uses) is not None]


def leg_gates(workflow: Workflow, job: Job, step: Step, *, exits: bool) -> list[Gate]:
    """The gate of a step in every leg, as if it ran for a pull request.

    ``exits``: the fault is that the step exits non-zero, whatever made it; else that its command or
    upload fails, which an input or the shell may keep to itself.
    """
    runs = Runs(None)
    found: list[Gate] = []
    for run in situate(runs, workflow, job).runs:
        found += _in_run(runs, run, workflow, job, step, exits=exits)
    return found


def _in_run(runs: Runs, run: Run, workflow: Workflow, job: Job, step: Step, *, exits: bool) -> list[Gate]:
    found = []
    every = runs.legs(run, job)
    for leg in every:
        simulation = JobSimulation(run, job, leg, every, alone=True)
        shell = ShellEffect(fails=Tri.TRUE)
        if not exits:
            measuring = find_measuring(workflow, job)
            shell = shell_effect(workflow, job, step, measuring.command if measuring.index == step.index else None)
        effect = simulation.step_failure(step.index)
        gate = step_gate(simulation, step, shell, effect)
        found.append(effect.gate if gate is Gate.NO_SIGNAL else gate)
    return found


def moved(before: list[Gate], after: list[Gate]) -> str:
    """In which direction gates moved from before to after, all legs together."""
    one, other = (sorted(map(_LESS_AND_LESS.index, gates), reverse=True) for gates in (before, after))
    share = [sum(rank > 0 for rank in ranks) / max(len(ranks), 1) for ranks in (one, other)]
    if share[0] != share[1]:
        return "to-advisory" if share[1] > share[0] else "to-blocking"
    if max(one, default=0) != max(other, default=0):
        return "to-advisory" if max(other) > max(one) else "to-blocking"
    return "nowhere"


def job_gates(workflow: Workflow, job: Job) -> list[Gate]:
    """The gate of a job in every leg: what its strictest step does there."""
    columns = [leg_gates(workflow, job, step, exits=False) for step in job.steps]
    return [next(gate for gate in STRICTEST if gate in column) for column in zip(*columns, strict=True)]
