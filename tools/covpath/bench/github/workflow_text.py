"""The generated workflow's text: the job's own parts as they are written, covpath's around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from covpath.bench.github.cells import RealCell, expected_data, matrix_data
from covpath.bench.github.measured import Measured
from covpath.bench.github.own_steps import collecting_job, preparing_steps, recording_step
from covpath.bench.github.permissions import permission_lines
from covpath.errors import Refusal
from covpath.terms import JobId
from covpath.workflow.model import Job, Workflow
from covpath.yamltext.excerpt import entry_lines, item_lines
from covpath.yamltext.layout import Indents
from covpath.yamltext.nodes import Mapping as MappingNode
from covpath.yamltext.nodes import Plain, deref, to_plain
from covpath.yamltext.nodes import Sequence as List
from covpath.yamltext.rendering import render_entry, render_item, render_scalar

_SURROUNDINGS = ("environment", "container", "services", "env", "defaults")
_STYLE = Indents()


class MeasuringJob(Struct, frozen=True, kw_only=True):
    """One job of the generated workflow: a measured job and the cells it is run for.

    ``environments`` are variables a backend's cells need beside the job's own, by backend.
    """

    id: str
    measured: Measured
    leg: Mapping[str, Plain] | None
    cells: tuple[RealCell, ...]
    environments: Mapping[str, Mapping[str, str]]
    needs: tuple[JobId, ...]
    permissions: Mapping[str, str]
    subject: Mapping[str, object]
    keeps_environment: bool = False
    keeps_if: bool = False


class TakenOver(Struct, frozen=True, kw_only=True):
    """A job that has to run before: whole, but for its ``needs``, its ``if`` and what its token may do."""

    workflow: Workflow
    job: Job
    needs: tuple[JobId, ...]
    keeps_if: bool
    permissions: Mapping[str, str] | None
    """None: as the file has them, because a called workflow may ask for them."""


class Layout(Struct, frozen=True, kw_only=True):
    """All that the text is made of."""

    title: str
    origin: str
    branch: str
    requirement: str
    measuring: tuple[MeasuringJob, ...]
    taken_over: tuple[TakenOver, ...]
    inputs: Mapping[str, Mapping[str, Plain]]
    collecting: str


def workflow_text(layout: Layout) -> str:
    """The whole file."""
    first = layout.measuring[0].measured.workflow
    lines = [
        f"# Made by `covpath bench --on-github` from {layout.origin}.",
        "# It is pushed as a branch of its own, runs once, and is never merged.",
        f"name: {render_scalar(layout.title)}",
        "",
        *_triggers(layout),
        "",
        "permissions: {}",
        "",
        "concurrency:",
        "  group: covpath-bench-${{ github.ref }}",
        "  cancel-in-progress: true",
        "",
    ]
    for key in ("env", "defaults"):
        found = entry_lines(first.document, first.root, key, 0)
        lines += [*found, ""] if found else []
    lines.append("jobs:")
    for other in layout.taken_over:
        lines += [*_taken_over(other), ""]
    for job in layout.measuring:
        lines += [*_measuring(job, layout), ""]
    cells = [cell for job in layout.measuring for cell in job.cells]
    lines += collecting_job(
        layout.collecting,
        [job.id for job in layout.measuring],
        requirement=layout.requirement,
        expected=expected_data(cells),
        runner="ubuntu-latest",
    )
    return "\n".join(lines) + "\n"


def _triggers(layout: Layout) -> Iterator[str]:
    yield "on:"
    yield "  push:"
    yield f"    branches: [{render_scalar(layout.branch, flow=True)}]"
    if not layout.inputs:
        yield "  workflow_dispatch:"
        return
    inputs: Plain = {name: dict(given) for name, given in layout.inputs.items()}
    for line in render_entry("workflow_dispatch", {"inputs": inputs}, _STYLE):
        yield f"  {line}"


def _measuring(job: MeasuringJob, layout: Layout) -> Iterator[str]:
    measured = job.measured
    document, node = measured.workflow.document, measured.job.node
    yield f"  {job.id}:"
    yield "    name: measure (${{ matrix.covpath.id }})"
    yield "    runs-on: ${{ matrix.covpath.runs-on }}"
    if job.needs:
        yield f"    needs: [{', '.join(job.needs)}]"
    if job.keeps_if:
        yield from entry_lines(document, node, "if", 4)
    yield from entry_lines(document, node, "timeout-minutes", 4)
    yield from permission_lines(job.permissions, 4)
    yield "    strategy:"
    yield "      fail-fast: false"
    yield "      matrix:"
    yield "        include:"
    for cell in job.cells:
        covpath: Plain = matrix_data(cell, job.environments.get(cell.backend, {}))  # type: ignore[assignment]
        entry: dict[str, Plain] = {**(job.leg or {}), "covpath": covpath}
        yield from (f"          {line}" for line in render_item(entry, _STYLE))
    for key in _SURROUNDINGS:
        if key != "environment" or job.keeps_environment:
            yield from entry_lines(document, node, key, 4)
    yield "    steps:"
    first = measured.parts[0].index
    for step in measured.kept:
        if step.index == first:
            yield from preparing_steps(
                requirement=layout.requirement,
                subject=job.subject,
                report=measured.report,
                in_container=measured.job.container is not None,
            )
        yield from item_lines(document, _steps(measured.workflow, measured.job), step.index, 6)
    yield from recording_step()


def _taken_over(other: TakenOver) -> Iterator[str]:
    document, node = other.workflow.document, other.job.node
    yield f"  {other.job.id}:"
    for entry in node.entries:
        key = entry.key.value
        if key == "needs" and other.needs:
            yield f"    needs: [{', '.join(other.needs)}]"
        elif key == "needs" or (key == "if" and not other.keeps_if) or key in ("concurrency", "permissions", "steps"):
            continue
        else:
            yield from entry_lines(document, node, key, 4)
    if other.permissions is not None:
        yield from permission_lines(other.permissions, 4)
    else:
        yield from _own_permissions(other)
    if other.job.steps:
        yield "    steps:"
        steps = _steps(other.workflow, other.job)
        for index in range(len(steps.items)):
            yield from item_lines(document, steps, index, 6)


def _own_permissions(other: TakenOver) -> Iterator[str]:
    """As the file has them: for the job, or for all its jobs; nothing where it says nothing."""
    workflow, job = other.workflow, other.job
    node = job.permissions if job.permissions is not None else workflow.permissions
    plain = to_plain(node) if node is not None else None
    if isinstance(plain, dict):
        yield from permission_lines({scope: str(level) for scope, level in plain.items()}, 4)
    elif plain is not None:
        yield f"    permissions: {plain}"


def _steps(workflow: Workflow, job: Job) -> List:
    node = job.node.get("steps")
    real = deref(node) if node is not None else None
    if not isinstance(real, List):
        raise Refusal(f"job {job.id!r} has no steps.", place=workflow.place(job.key))
    return real


def called_inputs(workflow: Workflow, read: Sequence[str]) -> dict[str, dict[str, Plain]]:
    """Inputs of the file that the job reads, as a run started by hand can be given them."""
    found: dict[str, dict[str, Plain]] = {}
    on = deref(workflow.on) if workflow.on is not None else None
    for event in ("workflow_call", "workflow_dispatch"):
        settings = on.get(event) if isinstance(on, MappingNode) else None
        plain = to_plain(settings) if settings is not None else None
        inputs = plain.get("inputs") if isinstance(plain, dict) else None
        for name, given in inputs.items() if isinstance(inputs, dict) else ():
            if name.lower() in {one.lower() for one in read}:
                found.setdefault(name, _input(given))
    for name in read:
        if name.lower() not in {known.lower() for known in found}:
            found[name] = {"type": "string", "required": False}
    return found


def _input(given: Plain) -> dict[str, Plain]:
    """One input; a default that is an expression is left out, which GitHub does not allow there."""
    known = dict(given) if isinstance(given, dict) else {}
    kept: dict[str, Plain] = {}
    kept |= {key: known[key] for key in ("description", "type", "options", "default") if key in known}
    if isinstance(kept.get("default"), str) and "${{" in str(kept["default"]):
        del kept["default"]
    return {**kept, "required": False}
