"""The step that tells of a failure which no longer turns anything red, added and withdrawn.

Its shape is the mark by which it is found again: it runs only after the failure of one step,
and does nothing but print annotations.
"""

from __future__ import annotations

import re

from covpath.moves.proposal import Draft, NoteKind
from covpath.workflow.model import Job, Step
from covpath.workflow.shell.dialect import shell_named
from covpath.yamltext.nodes import Plain
from covpath.yamltext.operations import remove_key, set_key

_OURS = "advisory_"
_CONDITION = re.compile(r"steps\.([A-Za-z_][\w-]*)\.outcome == 'failure'")
_ONLY_ANNOTATES = re.compile(r"echo \"::(?:warning|error|notice)[^\"\n]*\"\n?")
_PROMISE = "This does not block the merge."


def add(draft: Draft, step: Step, check: str) -> None:
    """Add a step after ``step`` that annotates the run when it has failed."""
    if step.id is None:
        name = _free(
            draft.job, _OURS + (re.sub(r"\W+", "_", step.label.lower(), flags=re.ASCII).strip("_")[:40] or "step")
        )
        draft.make(set_key(draft.workflow.document, step.route, "id", name, before=("run", "uses"), after=("name",)))
        step = draft.job.steps[step.index]
    what = plain(step.label)
    item: Plain = {
        "name": f"Say that {what} failed",
        "if": f"steps.{step.id}.outcome == 'failure'",
        "run": f'echo "{annotation(check, what)}"',
        **({"shell": "bash"} if _wants_bash(draft) else {}),
    }
    draft.insert_step(step.index + 1, item, why="announce the failure")
    draft.say(NoteKind.CHANGE, f"a new step annotates the run when `{step.label}` fails, so that people see it")
    if "make it advisory" not in draft.titles:
        draft.titles.append("show its failures")


def annotation(check: str, what: str) -> str:
    """The workflow command that tells of a failure."""
    return f"::warning title={plain(check)}::{plain(what)} failed. {_PROMISE}"


def _wants_bash(draft: Draft) -> bool:
    """Whether a step without a ``shell`` may be run by another one: on Windows, or by the job's own default."""
    job = draft.job
    named = job.defaults_shell or draft.workflow.defaults_shell
    if named is not None:
        return not shell_named(named).kind.reads_posix
    text = draft.workflow.document.source.text
    parts = [node for node in (job.runs_on, job.strategy) if node is not None]
    return any("windows" in text[part.start : part.end].lower() for part in parts)


def _free(job: Job, name: str) -> str:
    """The name, with a number where a step has it already."""
    taken = {step.id for step in job.steps}
    return next(one for one in (name, *(f"{name}_{number}" for number in range(2, 1000))) if one not in taken)


def leftover(job: Job, step: Step | None = None) -> Step | None:
    """A step of this shape that covpath added (for ``step``, where it is given)."""
    for one in job.steps:
        watched = watched_by(job, one)
        if watched is not None and (step is None or watched is step) and _is_ours(one, watched):
            return one
    return None


def watched_by(job: Job, step: Step) -> Step | None:
    """The step whose failure a step of this shape tells of."""
    match = _CONDITION.fullmatch(step.if_.value) if step.if_ is not None else None
    if match is None or step.run is None or not _ONLY_ANNOTATES.fullmatch(step.run.value):
        return None
    return next((other for other in job.steps if other.id == match[1]), None)


def _is_ours(step: Step, watched: Step) -> bool:
    said = step.run is not None and _PROMISE in step.run.value
    return said or (watched.id or "").startswith(_OURS)


def withdraw(draft: Draft, step: Step | None = None) -> bool:
    """Remove a step of this shape, with the id that was given for it."""
    found = leftover(draft.job, step)
    watched = watched_by(draft.job, found) if found is not None else None
    if found is None or watched is None or watched.id is None:
        return False
    index = watched.index
    draft.remove_step(found.index, why="remove the announcement")
    if watched.id.startswith(_OURS) and draft.workflow.document.source.text.count(watched.id) == 1:
        route = (*draft.job.steps[index].route, "id")
        draft.make(remove_key(draft.workflow.document, route, why="remove its id"))
    return True


def plain(text: str) -> str:
    """Text that is safe inside a workflow command and a quoted shell word."""
    return re.sub(r"[^\w .,@()/+-]", "", text).strip() or "a step"
