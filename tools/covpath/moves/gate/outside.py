"""What a gate move cannot do because it lies outside the file: the list of required checks."""

from __future__ import annotations

from collections.abc import Iterable

from covpath.gate.verdict import JobVerdict
from covpath.moves.gate.lists import covers, gate_jobs, is_needed
from covpath.moves.gate.protection import addition, require_command, unrequire_command
from covpath.moves.judging import Judging
from covpath.moves.matrix_legs import LegView
from covpath.moves.proposal import Draft, NoteKind
from covpath.terms import Blocks, Gate, Tri
from covpath.wording import few

RENAMED = "required-check-renamed"
_MOST_NAMED = 3


def say_still_red(draft: Draft, judging: Judging, checks: Iterable[str]) -> None:
    """A job that is let off still turns its own checks red.

    Nothing is said of checks known not to be required, nor of those no pull request ever has.
    """
    required = judging.required
    named = tuple(dict.fromkeys(check for check in checks if not required.known or required.requires(check)))
    if not named or judging.job(draft.before, draft.before.jobs[draft.job_id]).gate is Gate.NO_SIGNAL:
        return
    command = unrequire_command(draft.workflow, judging, *named)
    shown = few([f"`{_line(check)}`" for check in named], _MOST_NAMED)
    one = len(named) == 1
    draft.say(
        NoteKind.OUTSIDE,
        f"the check{'' if one else 's'} {shown} still turn{'s' if one else ''} red when the job fails; "
        f"{'if it is required, it' if one else 'those that are required'} must leave the list{addition(command)}",
        command=command,
    )


def _line(check: str) -> str:
    """A check's name on one line, however the file writes it."""
    return " ".join(check.split())


def say_not_required(draft: Draft, judging: Judging, verdict: JobVerdict) -> None:
    """A run that fails blocks a merge only where a check it turns red is required."""
    required = judging.required
    if required.known:
        if verdict.blocks.value is Blocks.NO and verdict.checks and verdict.blocks.held is not Tri.TRUE:
            check = verdict.checks[0]
            command = require_command(draft.workflow, judging, check)
            draft.say(
                NoteKind.OUTSIDE,
                f"no check that turns red with it is required ({required.source}): `{check}` would have to be"
                f"{addition(command)}",
                command=command,
            )
        return
    for gate in gate_jobs(draft.workflow):
        if gate.id != draft.job_id and not is_needed(gate, draft.job_id):
            if covers(judging, draft.workflow, gate, draft.job_id):
                continue
            draft.say(
                NoteKind.OUTSIDE,
                f"the gate {gate.id!r} does not need it: if only that is required, nothing blocks "
                "(with --required FILE the move lets the gate need it)",
                place=draft.workflow.place(gate.key),
            )


def say_names(draft: Draft, judging: Judging, before: tuple[LegView, ...], after: tuple[LegView, ...]) -> None:
    """The checks that are called otherwise from now on."""
    for old, new in zip(before, after, strict=True):
        if old.check == new.check:
            continue
        message = f"the check `{_line(old.check)}` is called `{_line(new.check)}` from now on"
        if judging.required.known and judging.required.requires(old.check):
            draft.stop(
                RENAMED,
                old.check,
                f"{message}, and is required: no pull request could be merged until the list follows",
                draft.workflow.place(draft.job.key),
            )
        command = require_command(draft.workflow, judging, new.check)
        then = f"a list that requires it must follow{addition(command)}"
        draft.say(NoteKind.OUTSIDE, f"{message}; {then}", command=command)
        command = unrequire_command(draft.workflow, judging, old.check)
        wait = (
            f"nothing reports `{_line(old.check)}` any more: on such a list it would be waited for{addition(command)}"
        )
        draft.say(NoteKind.OUTSIDE, wait, command=command)
