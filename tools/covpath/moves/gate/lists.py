"""Gates over several jobs: a job joins one's ``needs``, leaves it, or leaves the list of those let off."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from msgspec import Struct

from covpath.gate.aggregate import GateKind, kind_of
from covpath.gate.required import from_names
from covpath.gate.simulation.gate_actions import action_name
from covpath.moves.judging import Judging
from covpath.moves.proposal import Draft, NoteKind
from covpath.terms import Blocks, JobId
from covpath.workflow.model import Job, Step, Workflow
from covpath.yamltext.edit import Edit
from covpath.yamltext.nodes import Scalar, Sequence, deref
from covpath.yamltext.operations import insert_item, remove_item, remove_key, set_key, set_value

_LETTING_OFF = {"re-actors/alls-green": "allowed-failures", "lowlydba/are-we-good": "allowed-to-fail"}


class _List(Struct, frozen=True):
    """An input of a gate action that lists jobs which may fail."""

    step: Step
    key: str
    text: str


def gate_jobs(workflow: Workflow) -> tuple[Job, ...]:
    """The jobs that read the results of the jobs they need, and so make one check of many."""
    kinds = (GateKind.ACTION, GateKind.SCRIPT)
    return tuple(job for job in workflow.jobs.values() if kind_of(workflow, job) in kinds)


def covers(judging: Judging, workflow: Workflow, gate: Job, job: JobId) -> bool:
    """Whether the gate's check surely turns red when ``job`` fails."""
    names = judging.job(workflow, gate).checks
    judge = judging.judge(workflow, from_names(names, "the gate"))
    return judge.job(workflow, workflow.jobs[job]).blocks.value is Blocks.YES


def is_needed(gate: Job, job: JobId) -> bool:
    """Whether the gate needs the job itself."""
    return any(need.lower() == job.lower() for need in gate.needs)


def count_again(draft: Draft, judging: Judging) -> bool:
    """Take the job off one list of jobs that may fail."""
    for gate in gate_jobs(draft.workflow):
        for found in _lists(gate):
            if draft.job_id not in _names(found.text) or covers(judging, draft.workflow, gate, draft.job_id):
                continue
            trial = draft.trial()
            trial.make(_without(trial, found, draft.job_id))
            if covers(judging, trial.workflow, trial.workflow.jobs[gate.id], draft.job_id):
                draft.make(_without(draft, found, draft.job_id))
                draft.titles.append(f"let it count in {gate.id}")
                return True
    return False


def join(draft: Draft, judging: Judging) -> bool:
    """Let a gate need the job whose check is required where the job's own is not."""
    required = judging.required
    if not required.known or any(required.requires(check) for check in _checks(judging, draft, draft.job)):
        return False
    for gate in gate_jobs(draft.workflow):
        if gate.id == draft.job_id or is_needed(gate, draft.job_id):
            continue
        if not any(required.requires(check) for check in _checks(judging, draft, gate)):
            continue
        if covers(judging, draft.workflow, gate, draft.job_id):
            continue
        trial = draft.trial()
        trial.make(_joining(trial, gate))
        if covers(judging, trial.workflow, trial.workflow.jobs[gate.id], draft.job_id):
            draft.make(_joining(draft, gate))
            draft.titles.append(f"let {gate.id} need it")
            return True
        draft.say(
            NoteKind.LEFTOVER,
            f"the required gate {gate.id!r} does not need it, and would not notice its failure if it did",
            place=draft.workflow.place(gate.key),
        )
    return False


def _checks(judging: Judging, draft: Draft, job: Job) -> tuple[str, ...]:
    return judging.job(draft.workflow, job).checks


def _joining(draft: Draft, gate: Job) -> Edit | None:
    entry = gate.node.find("needs")
    node = deref(entry.value) if entry is not None else None
    route = (*gate.route, "needs")
    why = f"let {gate.id} need {draft.job_id}"
    if isinstance(node, Sequence) and node.items:
        return insert_item(draft.workflow.document, route, len(node.items), draft.job_id, why=why)
    return set_value(draft.workflow.document, route, [*map(str, gate.needs), draft.job_id], why=why)


def let_off(draft: Draft, judging: Judging) -> bool:
    """Let the required gates pass when the job fails: by their list of such jobs, else by not needing it."""
    done = False
    for gate in gate_jobs(draft.workflow):
        if gate.id == draft.job_id or not covers(judging, draft.workflow, gate, draft.job_id):
            continue
        done = draft.make(_letting_off(draft, gate)) or done
        draft.titles.append(f"let {gate.id} pass without it")
    return done


def _letting_off(draft: Draft, gate: Job) -> Edit | None:
    """By the gate's own habit: a list that is there is longer by one name."""
    for found in _lists(gate):
        names = _names(found.text)
        if names and "${{" not in found.text:
            new = json.dumps([*names, draft.job_id]) if found.text.strip().startswith("[") else None
            text = new or f"{found.text.rstrip()}, {draft.job_id}"
            route = (*found.step.route, "with")
            return set_key(draft.workflow.document, route, found.key, text, why=f"let {draft.job_id} fail")
    entry = gate.node.find("needs")
    node = deref(entry.value) if entry is not None else None
    route = (*gate.route, "needs")
    why = f"let {gate.id} not need {draft.job_id}"
    if isinstance(node, Sequence) and len(node.items) > 1:
        for index, item in enumerate(map(deref, node.items)):
            if isinstance(item, Scalar) and item.value.lower() == draft.job_id.lower():
                return remove_item(draft.workflow.document, (*route, index), why=why)
    return None


def _lists(gate: Job) -> Iterator[_List]:
    for step in gate.steps:
        name = action_name(step)
        if name is None:
            continue
        for key, text in step.inputs().items():
            if key == _LETTING_OFF[name]:
                yield _List(step, key, text)


def _names(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except ValueError:
        return [name.strip() for name in text.split(",") if name.strip()]
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def _without(draft: Draft, found: _List, job: JobId) -> Edit | None:
    """The list without the job; the input goes where nothing is left."""
    route = (*found.step.route, "with", found.key)
    why = f"let {job} count"
    if _names(found.text) == [job]:
        return remove_key(draft.workflow.document, route, prune=True, why=why)
    quoted = rf"[\"']?{re.escape(job)}[\"']?"
    new, count = re.subn(rf"(?<![\w-]){quoted}(?![\w-])\s*,\s*", "", found.text, count=1)
    if not count:
        new = re.sub(rf"\s*,\s*(?<![\w-]){quoted}(?![\w-])", "", found.text, count=1)
    return set_value(draft.workflow.document, route, new, why=why)
