"""Upload steps: the inputs by which an action is told to fail when it delivers nothing."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.backends.uploaders import Choice, Condition, Switch, Uploader, uploader
from covpath.gate.data import carries_something_else
from covpath.gate.verdict import JobVerdict
from covpath.moves.gate.subject import Subject
from covpath.moves.proposal import Draft, NoteKind
from covpath.terms import Tri
from covpath.workflow.model import Job, Step
from covpath.yamltext.nodes import Plain
from covpath.yamltext.operations import set_key


def upload_steps(job: Job, behind: int) -> tuple[Step, ...]:
    """The steps after the one at ``behind`` that hand a report to a service or keep it."""
    measured = job.steps[behind].run if behind >= 0 else None
    script = measured.value if measured is not None else ""
    known = (step for step in job.steps if step.index > behind and _known(step) is not None)
    return tuple(step for step in known if not carries_something_else(step, script))


def _known(step: Step) -> Uploader | None:
    return uploader(step.uses) if step.uses else None


def let_fail(subject: Subject, verdict: JobVerdict) -> bool:
    """Tell the subject's action to fail with the upload, where an input says so far that it shall not."""
    step = subject.step(verdict)
    found = _known(step)
    if found is None or found.can_fail(step.inputs()) is Tri.TRUE:
        return False
    return _tell(subject.draft, step, found.errors_count)


def let_missing_fail(draft: Draft, step: Step) -> bool:
    """Tell an upload step to fail when there is nothing to upload."""
    found = _known(step)
    if found is None or found.missing_report_fails(step.inputs()) is not Tri.FALSE:
        return False
    return _tell(draft, step, (*found.errors_count, *found.missing_counts))


def _tell(draft: Draft, step: Step, conditions: tuple[Condition, ...]) -> bool:
    for name, value in _answers(step, conditions):
        route = draft.job.steps[step.index].route
        written = step.inputs().get(name, "")
        if "${{" in written:
            draft.say(NoteKind.CHANGE, f"`{name}: {written}` goes for good", place=draft.workflow.place(step.node))
        key = _spelling(step, name)
        if step.with_ is None:
            edit = set_key(draft.workflow.document, route, "with", {key: value}, why=f"let {step.label} fail")
        else:
            edit = set_key(draft.workflow.document, (*route, "with"), key, value, why=f"let {step.label} fail")
        if draft.make(edit):
            draft.titles.append(f"let {step.label} fail")
            return True
    return False


def _answers(step: Step, conditions: tuple[Condition, ...]) -> Iterator[tuple[str, Plain]]:
    """The inputs to set, each with a value that lets the step fail, for those conditions that do not."""
    inputs = step.inputs()
    for condition in conditions:
        if isinstance(condition, Switch) and condition.read(inputs) is not Tri.TRUE:
            if condition.when_true is Tri.TRUE:
                yield condition.input, True
            elif condition.when_false is Tri.TRUE:
                yield condition.input, False
        elif isinstance(condition, Choice) and condition.read(inputs) is not Tri.TRUE:
            yield condition.input, min(condition.failing)


def _spelling(step: Step, name: str) -> str:
    """The input as the step spells it, where it is there."""
    entries = step.with_.entries if step.with_ is not None else ()
    return next((entry.key.value for entry in entries if entry.key.value.lower() == name.lower()), name)
