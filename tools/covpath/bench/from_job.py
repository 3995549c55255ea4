"""A coverage job of a workflow as a benchmark subject: its measuring step's command and nothing else.

Whatever a job needs that a copy of the repository does not have is refused before anything
runs, naming the lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from covpath.errors import Place, Refusal
from covpath.gate.measuring import Measuring, find_measuring
from covpath.gate.purpose import is_setup
from covpath.gate.shell_effect import shell_for
from covpath.workflow.model import Job, Step, Workflow
from covpath.yamltext.nodes import Mapping, Scalar, deref

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_ENV = re.compile(r"env\.([A-Za-z_]\w*)")
_DOWNLOADS = ("actions/download-artifact", "dawidd6/action-download-artifact")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuringCommand:
    """The measuring step, ready to run in a copy.

    ``script`` is the step's whole script, ``directory`` from the repository's root, ``shell``
    a template with ``{0}``. ``measuring`` says which command of the script is the backend's,
    ``installs`` are the scripts of earlier steps that install packages with pip.
    """

    workflow: Workflow
    job: Job
    step: Step
    measuring: Measuring
    script: str
    shell: str
    directory: str
    environment: tuple[tuple[str, str], ...]
    installs: tuple[str, ...]
    time_limit_seconds: float | None


def measuring_command(workflow: Workflow, job: Job, root: Path) -> MeasuringCommand:
    """The measuring step of ``job``.

    Raises Refusal naming every line that keeps it from running outside GitHub.
    """
    measuring = find_measuring(workflow, job)
    if not measuring.coverage or measuring.index is None:
        raise Refusal(
            f"job {job.id!r} has no step in which a known backend measures coverage.",
            place=workflow.place(job.key),
            hint="Name a job whose script calls one; `covpath status` lists them.",
        )
    step = job.steps[measuring.index]
    assert step.run is not None
    values = dict(_environment(workflow, job, step))
    obstacles = [*_surroundings(workflow, job), *_open_expressions(workflow, job, step, values)]
    if obstacles:
        raise Refusal(
            "the job cannot be measured here: "
            + "; ".join(f"line {place.line}: {what}" for place, what in obstacles)
            + ".",
            place=obstacles[0][0],
            hint="Measure it where it runs: covpath bench --on-github.",
        )
    directory = _resolved(workflow.directory_of(job, step) or ".", values)
    if not (root / directory).is_dir():
        raise Refusal(
            f"its working directory {directory!r} does not exist.",
            place=workflow.place(step.node),
            hint="Check --repo.",
        )
    return MeasuringCommand(
        workflow=workflow,
        job=job,
        step=step,
        measuring=measuring,
        script=_resolved(step.run.value, values),
        shell=shell_for(workflow, job, step).template,
        directory=directory,
        environment=tuple((name, _resolved(value.value, values)) for name, value in values.items()),
        installs=tuple(_installs(workflow, job, step.index)),
        time_limit_seconds=_minutes(job),
    )


def _installs(workflow: Workflow, job: Job, before: int) -> Iterator[str]:
    for step in job.steps[:before]:
        if step.run is None or "pip install" not in step.run.value or "${{" in step.run.value:
            continue
        if is_setup(step, shell_for(workflow, job, step)):
            yield step.run.value


def _environment(workflow: Workflow, job: Job, step: Step) -> Iterator[tuple[str, Scalar]]:
    """The variables in force for the step, the nearest last."""
    for layer in (workflow.env, job.env, step.env):
        for entry in layer.entries if layer is not None else ():
            value = deref(entry.value)
            if isinstance(value, Scalar):
                yield entry.key.value, value


def _surroundings(workflow: Workflow, job: Job) -> Iterator[tuple[Place, str]]:
    """What the job has around it that a copy of the repository has not."""
    for key, what in (("services", "it needs services"), ("container", "it runs in a container")):
        entry = job.node.find(key)
        if entry is not None:
            yield workflow.place(entry.key), what
    for step in job.steps:
        if step.uses is not None and step.uses.partition("@")[0].lower() in _DOWNLOADS:
            yield workflow.place(step.node), "it takes another job's artifact"


def _open_expressions(
    workflow: Workflow, job: Job, step: Step, values: dict[str, Scalar]
) -> Iterator[tuple[Place, str]]:
    """Expressions that only GitHub can evaluate, in all that the command depends on."""
    assert step.run is not None
    scalars = [step.run, *values.values()]
    for mapping in (step.node, *_defaults(workflow, job)):
        for name in ("shell", "working-directory"):
            found = mapping.get(name)
            if isinstance(found, Scalar):
                scalars.append(found)
    for scalar in scalars:
        for match in _EXPRESSION.finditer(scalar.value):
            named = _ENV.fullmatch(match[1])
            if named is not None and named[1] in values and "${{" not in values[named[1]].value:
                continue
            what = "a secret" if "secrets." in match[1] else "an expression"
            yield workflow.place(scalar), f"{what} is needed, `{match[0]}`"


def _defaults(workflow: Workflow, job: Job) -> Iterator[Mapping]:
    for holder in (job.node, workflow.root):
        inner = _child(_child(holder, "defaults"), "run")
        if inner is not None:
            yield inner


def _child(holder: Mapping | None, key: str) -> Mapping | None:
    node = holder.get(key) if holder is not None else None
    real = deref(node) if node is not None else None
    return real if isinstance(real, Mapping) else None


def _resolved(text: str, values: dict[str, Scalar]) -> str:
    """``text`` with ``${{ env.NAME }}`` replaced by values the file itself gives."""

    def value(match: re.Match[str]) -> str:
        name = _ENV.fullmatch(match[1])
        return values[name[1]].value if name is not None and name[1] in values else match[0]

    return _EXPRESSION.sub(value, text)


def _minutes(job: Job) -> float | None:
    data = job.timeout_minutes.data() if job.timeout_minutes is not None else None
    return float(data) * 60 if isinstance(data, (int, float)) and not isinstance(data, bool) else None
