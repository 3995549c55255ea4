"""The measured job made ready: its measuring steps run through covpath, everything else word for word as it is."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from covpath.backends.contract import Role
from covpath.backends.request import MACHINE_FORMATS
from covpath.backends.table import backend
from covpath.bench.github.on_push import Remark, holds, push_contexts
from covpath.errors import Refusal
from covpath.gate.measuring import Measurement, measurements
from covpath.gate.scripts.shell_effect import shell_for
from covpath.terms import JobId, Tri
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.reading import model_of
from covpath.workflow.shell.dialect import ShellKind
from covpath.yamltext.nodes import Plain
from covpath.yamltext.operations import remove_key, set_key
from covpath.yamltext.rewriting import Rewriting

CELL = "covpath bench cell"
"""The command a measuring step's shell begins with; what follows ``--`` is the step's own shell."""


class Part(Struct, frozen=True, kw_only=True):
    """One wrapped step: its script as the file has it, its shell, its time limit in seconds."""

    index: int
    script: str
    shell: str
    timeout_seconds: float | None = None


class Measured(Struct, frozen=True, kw_only=True):
    """A job whose steps ``parts`` run through covpath; the steps after the last are not kept.

    ``report`` is the path from the repository's root, perhaps with expressions in it; None where the
    script does not tell. ``language`` says whose tests are measured, ``backend`` with what.
    """

    workflow: Workflow
    job: Job
    backend: str
    parts: tuple[Part, ...]
    report: str | None
    remarks: tuple[Remark, ...]

    @property
    def kept(self) -> tuple[Step, ...]:
        """The steps up to the last measuring one."""
        return self.job.steps[: self.parts[-1].index + 1]


def make_measured(workflow: Workflow, job_id: JobId, branch: str, leg: Mapping[str, Plain] | None) -> Measured:
    """Wrap the measuring steps of a job; ``leg`` is the combination of its matrix that is measured."""
    job = workflow.jobs[job_id]
    found = _running(workflow, job, push_contexts(branch, leg))
    last = found[-1].step
    parts = tuple(_part(workflow, job, step) for step in dict.fromkeys(one.step for one in found))
    report = _report(workflow, job, found[-1])
    remarks = list(_remarks(workflow, found, report))
    rewriting = Rewriting(workflow.document)
    for number, part in enumerate(parts, start=1):
        route = job.steps[part.index].route
        shell = f"{CELL} {number} -- {part.shell}"
        rewriting.make(set_key(rewriting.document, route, "shell", shell, before=("run",), why="measure"))
    condition = last.if_
    if condition is not None and holds(condition.value, push_contexts(branch, leg)) is not Tri.TRUE:
        rewriting.make(remove_key(rewriting.document, (*last.route, "if"), why="it has to measure"))
        remarks.append(
            Remark(
                message=f"the measuring step's condition is left out: {condition.value.strip()}",
                place=workflow.place(condition),
            )
        )
    after = model_of(workflow.path, rewriting.document)
    return Measured(
        workflow=after,
        job=after.jobs[job_id],
        backend=found[-1].recognition.backend,
        parts=parts,
        report=report,
        remarks=tuple(remarks),
    )


def runs_a_measurement(workflow: Workflow, job: Job, contexts: Contexts) -> bool:
    """Whether a step that measures is not surely left out. Raises Refusal where no known backend measures."""
    return not all(_left_out(one.step, contexts) for one in _writing(workflow, job))


def _running(workflow: Workflow, job: Job, contexts: Contexts) -> list[Measurement]:
    """The commands that measure or report, up to the last report, in steps that are not left out.

    Where a push leaves out every report, the last one is taken all the same.
    """
    writing = _writing(workflow, job)
    last = next((one for one in reversed(writing) if not _left_out(one.step, contexts)), writing[-1])
    language = backend(last.recognition.backend).LANGUAGE
    return [
        one
        for one in measurements(workflow, job)
        if one.step.index <= last.step.index
        and backend(one.recognition.backend).LANGUAGE is language
        and (one.step is last.step or not _left_out(one.step, contexts))
    ]


def _writing(workflow: Workflow, job: Job) -> list[Measurement]:
    """The commands that write a report, else those that measure."""
    found = measurements(workflow, job)
    if not found:
        raise Refusal(
            f"job {job.id!r} has no step in which a known backend measures coverage.",
            place=workflow.place(job.key),
            hint="Name a job whose script calls one; `covpath status` lists them.",
        )
    return [one for one in found if one.recognition.role in (Role.BOTH, Role.WRITES_REPORT)] or list(found)


def _left_out(step: Step, contexts: Contexts) -> bool:
    return step.if_ is not None and holds(step.if_.value, contexts) is Tri.FALSE


def _part(workflow: Workflow, job: Job, step: Step) -> Part:
    shell = shell_for(workflow, job, step)
    if step.run is None:
        raise Refusal(
            "the measuring step is an action; only a script can be wrapped.",
            place=workflow.place(step.node),
            hint="Write its command into a `run` step.",
        )
    place = workflow.place(step.node)
    if shell.kind in (ShellKind.PWSH, ShellKind.CMD):
        raise Refusal(f"the measuring step's shell is {shell.kind.value}, which covpath cannot wrap.", place=place)
    if "{0}" not in shell.template or "${{" in shell.template:
        raise Refusal("the measuring step's shell is not known.", place=place, hint="Write it out in the step.")
    if step.background:
        raise Refusal("the measuring step runs in the background; its end cannot be seen.", place=place)
    minutes = step.timeout_minutes.data() if step.timeout_minutes is not None else None
    return Part(
        index=step.index,
        script=step.run.value,
        shell=shell.template,
        timeout_seconds=minutes * 60 if isinstance(minutes, (int, float)) and minutes > 0 else None,
    )


def _report(workflow: Workflow, job: Job, one: Measurement) -> str | None:
    """Where the measuring command's report lies, one for machines before any other."""
    reports = backend(one.recognition.backend).parse(one.recognition).request.files
    reports = tuple(report for report in reports if not report.directory)
    known = [report.path for report in reports if report.format in MACHINE_FORMATS] or [one.path for one in reports]
    for path in known:
        if path is None:
            continue
        text = path.text if path.text is not None else path.raw.strip("\"'")
        if path.text is None and ("${{" not in text or "$" in text.replace("${{", "")):
            continue
        directory = workflow.directory_of(job, one.step) or "."
        joined = posixpath.join(directory, text)
        return joined if "${{" in joined else posixpath.normpath(joined)
    return None


def _remarks(workflow: Workflow, found: Sequence[Measurement], report: str | None) -> Iterator[Remark]:
    roles = {one.recognition.role for one in found}
    place = workflow.place(found[-1].step.node)
    if not roles & {Role.BOTH, Role.MEASURES}:
        yield Remark(
            message="the measuring step only writes the report: what is measured is that, and not the tests",
            place=place,
            risk=True,
        )
    if report is None:
        yield Remark(
            message="where the report will lie cannot be told, so a cell is judged by the exit status alone",
            place=place,
            risk=True,
        )
