"""``continue-on-error`` of steps and jobs: taken away, or put where the file allows it."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.errors import Place, Refusal
from covpath.gate.simulation.step_reasons import short
from covpath.gate.verdict import JobVerdict
from covpath.moves.gate.subject import Subject, everywhere
from covpath.moves.gate.switches import say_switch
from covpath.moves.proposal import Draft, NoteKind
from covpath.terms import Gate
from covpath.workflow.expressions.template import OPEN
from covpath.workflow.model import Step
from covpath.yamltext.nodes import Route, Scalar
from covpath.yamltext.operations import remove_key, set_key

FLAG = "continue-on-error"
_BEHIND = ("name", "needs", "if", "runs-on", "timeout-minutes")


def remove_flag(subject: Subject, verdict: JobVerdict) -> bool:
    """Take away a flag that lets the failure pass: one that does it alone, else the step's before the job's."""
    found = [(scalar, route) for scalar, route in _flags(subject, verdict) if scalar is not None and may_be_on(scalar)]
    if not found:
        return False
    alone = (one for one in found if len(found) > 1 and _suffices(subject, one[1]))
    scalar, route = next(alone, found[0])
    draft = subject.draft
    if OPEN in scalar.value:
        place = draft.workflow.place(scalar)
        draft.say(NoteKind.CHANGE, f"`{FLAG}: {short(scalar.value)}` goes for good", place=place)
        say_switch(draft, scalar, on=False)
    _say_comment(draft, scalar)
    if not draft.make(remove_key(draft.workflow.document, (*route, FLAG), why=f"remove {FLAG}")):
        return False
    draft.titles.append("make it blocking")
    return True


def _say_comment(draft: Draft, scalar: Scalar) -> None:
    """A comment right above the flag, which may be about it, stays."""
    source = draft.workflow.document.source
    line = source.line_of(scalar.start)
    comments: list[str] = []
    while line > 1 and source.line_text(line - 1).lstrip().startswith("#"):
        line -= 1
        comments.insert(0, source.line_text(line).strip())
    if comments:
        place = Place(source.path, line)
        draft.say(NoteKind.LEFTOVER, f"the comment above it stays: `{' '.join(comments)}`", place=place)


def _suffices(subject: Subject, route: Route) -> bool:
    """Whether the subject blocks once the flag at ``route`` is gone."""
    trial = subject.draft.trial()
    trial.make(remove_key(trial.workflow.document, (*route, FLAG)))
    return everywhere(subject.verdict_in(trial), Gate.BLOCKING)


def _flags(subject: Subject, verdict: JobVerdict) -> Iterator[tuple[Scalar | None, Route]]:
    step = subject.step(verdict)
    yield step.continue_on_error, step.route
    job = subject.draft.job
    if subject.origin is None:
        yield job.continue_on_error, job.route
    elif job.continue_on_error is not None and may_be_on(job.continue_on_error):
        raise Refusal(
            f"the whole job {job.id!r} is let pass by its `{FLAG}`, and with it this step.",
            place=subject.draft.workflow.place(job.continue_on_error),
            hint="Move the job: leave --step out.",
        )


def may_be_on(scalar: Scalar) -> bool:
    """Whether a flag could be true: ``true``, or an expression. Any other text is an error and off."""
    return OPEN in scalar.value or scalar.data() is True


def flag_job(draft: Draft) -> bool:
    """Let the run pass when the job fails; its check stays red."""
    job = draft.job
    if job.uses is not None:
        raise Refusal(
            f"job {job.id!r} calls a reusable workflow, where GitHub allows no `{FLAG}`.",
            place=draft.workflow.place(job.uses),
            hint="Move the job in the called workflow.",
        )
    if job.continue_on_error is not None and OPEN in job.continue_on_error.value:
        written = short(job.continue_on_error.value)
        place = draft.workflow.place(job.continue_on_error)
        draft.say(NoteKind.CHANGE, f"`{FLAG}: {written}` becomes `true` for every leg and event", place=place)
        say_switch(draft, job.continue_on_error, on=True)
    edit = set_key(
        draft.workflow.document, job.route, FLAG, True, after=_BEHIND, why="let the run pass when this job fails"
    )
    if not draft.make(edit):
        return False
    draft.titles.append("make it advisory")
    _say_dependants(draft)
    return True


def drop_job_flag(draft: Draft) -> bool:
    """Take the job's own flag away, where it is plainly on."""
    scalar = draft.job.continue_on_error
    if scalar is None or scalar.data() is not True:
        return False
    _say_comment(draft, scalar)
    return draft.make(remove_key(draft.workflow.document, (*draft.job.route, FLAG), why=f"remove {FLAG}"))


def flag_step(draft: Draft, step: Step) -> bool:
    """Let the job go on when the step fails."""
    if step.continue_on_error is not None and OPEN in step.continue_on_error.value:
        written = short(step.continue_on_error.value)
        place = draft.workflow.place(step.continue_on_error)
        draft.say(NoteKind.CHANGE, f"`{FLAG}: {written}` becomes `true` for every leg and event", place=place)
        say_switch(draft, step.continue_on_error, on=True)
    if not draft.make(set_key(draft.workflow.document, step.route, FLAG, True, why="let the step fail")):
        return False
    draft.titles.append("make it advisory")
    return True


def _say_dependants(draft: Draft) -> None:
    """A job that is let off counts as a success for those that need it."""
    own = draft.job_id.lower()
    for job in draft.workflow.jobs.values():
        if any(need.lower() == own for need in job.needs) and job.if_ is None:
            draft.say(
                NoteKind.CHANGE,
                f"job {job.id!r} needs it and runs from now on although it failed",
                place=draft.workflow.place(job.key),
            )
