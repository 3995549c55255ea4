"""Which step a job is judged by: the one that measures coverage, else the last that does work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from covpath.backends.contract import Recognition, Role
from covpath.backends.table import recognise
from covpath.backends.words import Argument
from covpath.gate.purpose import is_setup
from covpath.gate.shell_effect import shell_for
from covpath.terms import Reason
from covpath.workflow.model import Job, Step, StepForm, Workflow
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.syntax import Command

_WORDS = ("cov", "tarpaulin", "nyc", "c8", "slipcover")
"""A script without any of these measures nothing that a backend recognises; most scripts have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """The measuring step of a job.

    ``index`` is None for a job without steps. ``command`` is the backend's command in the
    step's script, ``recognition`` what it is; both are None where the job measures no coverage.
    """

    index: int | None
    coverage: bool = False
    command: Command | None = None
    recognition: Recognition | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A backend's command in a step's script."""

    step: Step
    command: Command
    recognition: Recognition


def measurements(job: Job) -> tuple[Measurement, ...]:
    """Every backend command in the job's scripts, in order."""
    return tuple(one for step in job.steps for one in _measurements_of(step))


def _measurements_of(step: Step) -> Iterator[Measurement]:
    if step.run is None or not any(word in step.run.value for word in _WORDS):
        return
    for command in parse_script(step.run.value).commands:
        recognition = recognise_command(command)
        if recognition is not None and recognition.role is not Role.OTHER:
            yield Measurement(step=step, command=command, recognition=recognition)


def recognise_command(command: Command) -> Recognition | None:
    """The backend of a shell command, if it is one's."""
    if not command.words:
        return None
    environ = {item.name: (item.value.text or "") if item.value else "" for item in command.assignments}
    return recognise(tuple(Argument(word.raw, word.text) for word in command.words), environ)


def find_measuring(workflow: Workflow, job: Job) -> Measuring:
    """The step a job is judged by.

    In a coverage job the last step that measures or writes a report; in any other job its
    last ``run`` step that does more than prepare, else its last ``run`` step, else its last
    step.
    """
    return next(alternatives(workflow, job), Measuring(index=None))


def alternatives(workflow: Workflow, job: Job) -> Iterator[Measuring]:
    """The steps a job could be judged by, best first: another counts where the first does not run."""
    found = measurements(job)
    if not found:
        yield from _in_parallel(job)
        yield from (Measuring(index=index) for index in candidates(workflow, job))
        return
    writers = [one for one in found if one.recognition.role in (Role.BOTH, Role.WRITES_REPORT)]
    others = [one for one in found if one not in writers]
    for one in (*reversed(writers), *reversed(others)):
        yield Measuring(index=one.step.index, coverage=True, command=one.command, recognition=one.recognition)


def _in_parallel(job: Job) -> Iterator[Measuring]:
    """Measurements among steps that run beside each other; the group's own step stands for them."""
    for step in job.steps:
        for inner in _below(step):
            for one in _measurements_of(inner):
                yield Measuring(index=step.index, coverage=True, recognition=one.recognition)


def _below(step: Step) -> Iterator[Step]:
    for child in step.children:
        yield child
        yield from _below(child)


def candidates(workflow: Workflow, job: Job) -> Iterator[int]:
    """The steps a job that measures nothing could be judged by, best first."""
    runs = [step for step in reversed(job.steps) if step.form is StepForm.RUN]
    working: set[int] = set()
    for step in runs:
        if not is_setup(step, shell_for(workflow, job, step)):
            working.add(step.index)
            yield step.index
    yield from (step.index for step in runs if step.index not in working)
    yield from (step.index for step in reversed(job.steps) if step.form is not StepForm.RUN)
