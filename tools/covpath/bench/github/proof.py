"""The generated workflow is read again and held against the job it came from: what was to stay has stayed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from covpath.bench.github.measured import CELL
from covpath.bench.github.workflow_text import Layout, MeasuringJob, TakenOver
from covpath.errors import ProofFailed
from covpath.terms import JobId
from covpath.workflow.model import Step, Workflow
from covpath.workflow.reading import read_workflow
from covpath.yamltext.nodes import Mapping, Node, Plain, same, to_plain

_KEPT = ("container", "services", "env", "defaults", "timeout-minutes")
_FORBIDDEN = frozenset({"pull_request_target", "workflow_run", "pull_request", "issue_comment"})


def prove(layout: Layout, path: str, text: str) -> Workflow:
    """Read ``text`` back; ProofFailed where a kept part says something else than in the file it came from."""
    made = read_workflow(path, text.encode())
    wrong = list(_differences(layout, made))
    if wrong:
        raise ProofFailed(f"the generated workflow differs from the job in {', '.join(wrong)}.")
    return made


def _differences(layout: Layout, made: Workflow) -> Iterator[str]:
    first = layout.measuring[0].measured.workflow
    for key in ("env", "defaults"):
        if not _alike(first.root.get(key), made.root.get(key)):
            yield key
    events = to_plain(made.on) if made.on is not None else None
    if not isinstance(events, dict) or set(events) != {"push", "workflow_dispatch"} or _FORBIDDEN & set(events):
        yield "on"
    if to_plain(made.root.get("permissions") or made.root) != {}:
        yield "permissions"
    expected = {job.id for job in layout.measuring} | {str(job.job.id) for job in layout.taken_over}
    if set(made.jobs) != {*expected, layout.collecting}:
        yield "jobs"
        return
    for job in layout.measuring:
        yield from _measuring(job, made)
    for other in layout.taken_over:
        yield from _taken_over(other, made)


def _measuring(job: MeasuringJob, made: Workflow) -> Iterator[str]:
    now = made.jobs[JobId(job.id)]
    for key in _KEPT:
        if not _alike(job.measured.job.node.get(key), now.node.get(key)):
            yield f"{job.id}.{key}"
    if to_plain(now.permissions or now.node) != dict(job.permissions):
        yield f"{job.id}.permissions"
    own = [step for step in now.steps if not _ours(step)]
    if len(own) != len(job.measured.kept):
        yield f"{job.id}.steps"
        return
    for before, after in zip(job.measured.kept, own, strict=True):
        if not _alike(before.node, after.node):
            yield f"{job.id}.steps[{before.index}]"
    wrapped = [step for step in own if (step.shell or "").startswith(f"{CELL} ")]
    if [step.run.value if step.run else "" for step in wrapped] != [part.script for part in job.measured.parts]:
        yield f"{job.id}: the measuring steps"


def _ours(step: Step) -> bool:
    """The steps covpath adds: the last, and those that are named and identified as its own."""
    return step.id in ("covpath", "covpath-python") or (step.with_ is not None and _reads_record(step.with_))


def _reads_record(inputs: Mapping) -> bool:
    return to_plain(inputs).get("path") == "${{ steps.covpath.outputs.record }}"  # type: ignore[union-attr]


def _taken_over(other: TakenOver, made: Workflow) -> Iterator[str]:
    now = made.jobs[other.job.id]
    changed = {"needs", "permissions", "concurrency", *(() if other.keeps_if else ("if",))}
    before, after = _without(to_plain(other.job.node), changed), _without(to_plain(now.node), changed)
    if not same(before, after):
        yield str(other.job.id)
    if sorted(now.needs) != sorted(other.needs):
        yield f"{other.job.id}.needs"


def _without(plain: Plain, keys: Sequence[str] | set[str]) -> Plain:
    assert isinstance(plain, dict)
    return {key: value for key, value in plain.items() if key not in keys}


def _alike(one: Node | None, other: Node | None) -> bool:
    if one is None or other is None:
        return one is other
    return same(to_plain(one), to_plain(other))
