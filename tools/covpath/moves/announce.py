"""The step that tells of a failure which no longer turns anything red, added and withdrawn.

Its shape is the mark by which it is found again: it runs only after the failure of one step,
and does nothing but print annotations.
"""

from __future__ import annotations

import re

from covpath.moves.proposal import Draft, NoteKind
from covpath.workflow.model import Job, Step
from covpath.yamltext.nodes import Plain
from covpath.yamltext.operations import insert_item, remove_item, remove_key, set_key

_OURS = "advisory_"
_CONDITION = re.compile(r"steps\.([A-Za-z_][\w-]*)\.outcome == 'failure'")
_ONLY_ANNOTATES = re.compile(r"echo \"::(?:warning|error|notice)[^\"\n]*\"\n?")


def add(draft: Draft, step: Step, check: str) -> None:
    """Add a step after ``step`` that annotates the run when it has failed."""
    if step.id is None:
        name = _OURS + (re.sub(r"\W+", "_", step.label.lower()).strip("_")[:40] or "step")
        draft.make(set_key(draft.workflow.document, step.route, "id", name, before=("run", "uses"), after=("name",)))
        step = draft.job.steps[step.index]
    what = _plain(step.label)
    item: Plain = {
        "name": f"Say that {what} failed",
        "if": f"steps.{step.id}.outcome == 'failure'",
        "run": f'echo "::warning title={_plain(check)}::{what} failed. This does not block the merge."',
    }
    steps = (*draft.job.route, "steps")
    draft.make(insert_item(draft.workflow.document, steps, step.index + 1, item, why="announce the failure"))
    draft.say(NoteKind.CHANGE, f"a new step annotates the run when `{step.label}` fails, so that people see it")
    if "make it advisory" not in draft.titles:
        draft.titles.append("show its failures")


def leftover(job: Job) -> Step | None:
    """A step of this shape whose own step is not masked (any more): it can never run."""
    for step in job.steps:
        match = _CONDITION.fullmatch(step.if_.value) if step.if_ is not None else None
        if match is None or step.run is None or not _ONLY_ANNOTATES.fullmatch(step.run.value):
            continue
        watched = next((other for other in job.steps if other.id == match[1]), None)
        if watched is not None and watched.id is not None and watched.id.startswith(_OURS):
            return step
    return None


def withdraw(draft: Draft) -> bool:
    """Remove a step of this shape, with the id that was given for it."""
    step = leftover(draft.job)
    if step is None or step.if_ is None:
        return False
    watched = _CONDITION.fullmatch(step.if_.value)
    assert watched is not None
    draft.make(remove_item(draft.workflow.document, step.route, why="remove the announcement"))
    source = draft.workflow.document.source.text
    other = next(other for other in draft.job.steps if other.id == watched[1])
    if source.count(watched[1]) == 1:
        draft.make(remove_key(draft.workflow.document, (*other.route, "id"), why="remove its id"))
    return True


def _plain(text: str) -> str:
    """Text that is safe inside a workflow command and a quoted shell word."""
    return re.sub(r"[^\w .,()/+-]", "", text).strip() or "a step"
