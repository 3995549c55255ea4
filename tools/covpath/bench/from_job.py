"""A coverage job of a workflow as a benchmark subject: its measuring step's command and nothing else.

Whatever a job needs that a copy of the repository does not have is refused before anything
runs, naming the lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from covpath.bench.measuring_script import Measured, backend_commands, joined, measuring_steps
from covpath.errors import CovpathError, Place, Refusal
from covpath.gate.measuring import find_measuring
from covpath.gate.scripts.purpose import is_setup
from covpath.gate.scripts.shell_effect import shell_for
from covpath.outside.files import read_bytes
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.recipes.links import Chain
from covpath.yamltext.nodes import Mapping, Scalar, deref

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_ENV = re.compile(r"env\.([A-Za-z_]\w*)")
_DOWNLOADS = ("actions/download-artifact", "dawidd6/action-download-artifact")


class MeasuringCommand(Struct, frozen=True, kw_only=True):
    """The measuring step, ready to run in a copy.

    ``script`` is the step's whole script (or those of the run and the report, where these are
    steps of their own), ``directory`` from the repository's root, ``shell`` a template with
    ``{0}``. ``commands`` are those of ``backend`` in the script, ``installs`` the scripts of
    earlier steps that install packages with pip.
    """

    workflow: Workflow
    job: Job
    step: Step
    backend: str
    commands: tuple[Measured, ...]
    script: str
    shell: str
    directory: str
    environment: tuple[tuple[str, str], ...]
    installs: tuple[str, ...]
    time_limit_seconds: float | None
    root: Path

    def read(self, name: str) -> str | None:
        """The text of a file of the repository; None where there is none that can be read."""
        try:
            return read_bytes(self.root / name, within=self.root).decode()
        except (CovpathError, UnicodeDecodeError):
            return None


def _measuring_step(workflow: Workflow, job: Job, behind: Chain | None) -> tuple[Step, str]:
    """The step in whose own script a backend measures, and the backend; a Refusal where there is none."""
    measuring = find_measuring(workflow, job)
    if not measuring.coverage and behind is not None:
        raise Refusal(
            f"job {job.id!r} calls no backend in a script of its own, but behind something else: {behind}.",
            place=workflow.place(job.key),
            hint="A step that runs the tool itself can be measured: write its command into a `run`.",
        )
    if not measuring.coverage or measuring.index is None:
        raise Refusal(
            f"job {job.id!r} has no step in which a known backend measures coverage.",
            place=workflow.place(job.key),
            hint="Name a job whose script calls one; `covpath status` lists them.",
        )
    step = job.steps[measuring.index]
    if measuring.recognition is None or step.run is None:
        raise Refusal(
            "the measuring step calls no backend in a script of its own.",
            place=workflow.place(step.node),
            hint="A step that runs the tool itself can be measured: write its command into a `run`.",
        )
    return step, measuring.recognition.backend


def measuring_command(workflow: Workflow, job: Job, root: Path, behind: Chain | None = None) -> MeasuringCommand:
    """The measuring step of ``job``; ``behind`` leads to what it measures with where no script of its own does.

    Raises Refusal naming every line that keeps it from running outside GitHub.
    """
    step, backend = _measuring_step(workflow, job, behind)
    values = dict(_environment(workflow, job, step))
    steps = measuring_steps(job, step.index, backend, {name: value.value for name, value in values.items()})
    if not steps:
        raise Refusal(
            "no step of the job runs the tests whose report this step makes.",
            place=workflow.place(step.node),
            hint="Name the job that runs them.",
        )
    values = _together(workflow, job, steps)
    obstacles = list(_surroundings(workflow, job))
    for one in steps:
        obstacles += _open_expressions(workflow, job, one, values)
    if obstacles:
        raise Refusal(
            "the job cannot be measured here: "
            + "; ".join(f"line {place.line}: {what}" for place, what in dict.fromkeys(obstacles))
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
    script = joined(tuple(_resolved(one.run.value, values) for one in steps if one.run is not None))
    environment = tuple((name, _resolved(value.value, values)) for name, value in values.items())
    return MeasuringCommand(
        workflow=workflow,
        job=job,
        step=step,
        backend=backend,
        commands=backend_commands(script, dict(environment), backend),
        script=script,
        shell=shell_for(workflow, job, step).template,
        directory=directory,
        environment=environment,
        installs=tuple(_installs(workflow, job, steps[0].index)),
        time_limit_seconds=_minutes(job),
        root=root,
    )


def _together(workflow: Workflow, job: Job, steps: tuple[Step, ...]) -> dict[str, Scalar]:
    """The variables of the steps that measure together; Refusal where the steps do not go together."""
    values: dict[str, Scalar] = {}
    last = steps[-1]
    for step in steps:
        own = dict(_environment(workflow, job, step))
        apart = [
            what
            for what, differs in (
                ("shells", shell_for(workflow, job, step).template != shell_for(workflow, job, last).template),
                ("directories", workflow.directory_of(job, step) != workflow.directory_of(job, last)),
                ("variables", any(name in values and values[name].value != own[name].value for name in own)),
            )
            if differs
        ]
        if apart:
            raise Refusal(
                f"the step that runs the tests and the one that reports have other {' and '.join(apart)}.",
                place=workflow.place(step.node),
                hint="Only steps that could be one can be measured here; put them together, or use --on-github.",
            )
        values.update(own)
    return values


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
