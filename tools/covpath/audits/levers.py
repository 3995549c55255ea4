"""What keeps a job's failure from failing the run: the lines that do it, as far as somebody wrote them for that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from covpath.errors import Place
from covpath.gate.scripts.script_commands import only_tells
from covpath.gate.verdict import JobVerdict, LegVerdict, StepVerdict
from covpath.terms import Gate, Reason
from covpath.wording import few
from covpath.workflow.model import Job

_JOB_S = "job-continue-on-error"
_UPLOAD = "upload-quiet"
_MASKS = ("step-continue-on-error", _JOB_S, "shell-mask", "ratchet")
_FLAGS = ("step-continue-on-error", _JOB_S)
_MOVED = ("shell-mask-or-list", "shell-mask-pipeline", "ratchet", _UPLOAD)
"""What a move may know how to take back."""


class Lever(Struct, frozen=True, kw_only=True):
    """One line that softens. ``name`` stays the same when the line moves; ``is_line``: deleting it undoes it.

    ``step`` is the number (from 1) of the step that it masks beside the one the job is judged by.
    """

    name: str
    message: str
    place: Place
    is_line: bool
    by_move: bool
    step: int | None


def is_soft(gate: Gate) -> bool:
    """Whether a failure passes: seen or unseen."""
    return gate in (Gate.ADVISORY, Gate.SILENT)


def masked_steps(verdict: JobVerdict) -> tuple[StepVerdict, ...]:
    """Steps whose failure is swallowed by their own flag, or, where they check something, by the shell.

    One leg of a matrix in which that is so is enough.
    """
    return tuple(step for step in verdict.steps if is_soft(step.softest) and _deliberate(step))


def soft_legs(verdict: JobVerdict) -> tuple[LegVerdict, ...]:
    """The legs in which a job that blocks in others does not."""
    if is_soft(verdict.gate) or not any(map(_is_mask, verdict.reasons)):
        return ()
    return tuple(leg for leg in verdict.legs if is_soft(leg.gate))


_MOST_LEGS = 3


def legs_of(verdict: JobVerdict) -> str:
    """The soft legs by the names of their checks, a few of many."""
    return few([f"`{leg.check}`" for leg in soft_legs(verdict)], _MOST_LEGS)


def is_partly_soft(verdict: JobVerdict) -> bool:
    """Whether a job lets something pass although it may block: a step, or a leg."""
    return bool(masked_steps(verdict) or soft_legs(verdict))


def levers(verdict: JobVerdict) -> tuple[Lever, ...]:
    """Every line that keeps a failure from failing the run."""
    found = dict.fromkeys(_levers(verdict))
    return tuple({lever.place: lever for lever in reversed(found)}.values())[::-1]


def calls(verdict: JobVerdict) -> tuple[Reason, ...]:
    """Where a job without steps of its own calls the workflow whose jobs decide."""
    return tuple(reason for reason in verdict.reasons if reason.code == "reusable-call" and reason.place is not None)


def only_says(job: Job, verdict: JobVerdict) -> bool:
    """Whether all that is soft about a job is a script that checks nothing: it works out words, or shows some."""
    index = verdict.measuring
    if index is None or soft_legs(verdict) or not _by_shell_alone(verdict):
        return False
    script = job.steps[index].run
    return script is not None and [step.index for step in masked_steps(verdict)] == [index] and only_tells(script.value)


def _by_shell_alone(verdict: JobVerdict) -> bool:
    return all(lever.name.startswith("shell") for lever in levers(verdict))


def _levers(verdict: JobVerdict) -> Iterator[Lever]:
    for step in masked_steps(verdict):
        for reason in filter(_is_mask, step.reasons):
            if reason.code.startswith(_JOB_S):
                continue  # told once, below
            yield _lever(reason, step.label, None if step.index == verdict.measuring else step.index + 1)
    legs = bool(soft_legs(verdict))
    for reason in verdict.reasons:
        if _is_mask(reason) and (legs or reason.code.startswith(_JOB_S)):
            yield _lever(reason, "", None)
    if is_soft(verdict.gate):
        uploads = (reason for reason in verdict.reasons if reason.code == _UPLOAD and reason.place is not None)
        yield from (_lever(reason, "", None) for reason in uploads)


def _lever(reason: Reason, where: str, step: int | None) -> Lever:
    assert reason.place is not None
    return Lever(
        name=f"{reason.code} {where}".strip(),
        message=reason.message,
        place=reason.place,
        is_line=reason.code in _FLAGS and "\n" not in reason.message,
        by_move=reason.code in (*_FLAGS, *_MOVED),
        step=step,
    )


def _deliberate(step: StepVerdict) -> bool:
    codes = [reason.code for reason in filter(_is_mask, step.reasons)]
    by_flag = any(code.startswith("step-continue-on-error") for code in codes)
    by_shell = any(code.startswith("shell-mask") for code in codes)
    return by_flag or (by_shell and not step.setup)


def _is_mask(reason: Reason) -> bool:
    return (
        reason.place is not None
        and reason.code.startswith(_MASKS)
        and not reason.code.endswith("continue-on-error-off")
    )


def undo(verdict: JobVerdict) -> str:
    """What takes all levers out, in words that can be followed as they stand."""
    found = levers(verdict)
    if not found and (called := calls(verdict)):
        return f"let what is called in {_numbered(called)} block"
    if not found:
        return f"covpath move {verdict.ref} --gate blocking"
    return ", then ".join(_ways_out(verdict, found))


def _ways_out(verdict: JobVerdict, found: tuple[Lever, ...]) -> Iterator[str]:
    # What is told by its line comes first: a move may shift the lines below.
    first = found[0].place.file
    ratchets = any(lever.name.startswith("ratchet") for lever in found)
    lines = [lever for lever in found if lever.is_line and lever.place.file == first and not ratchets]
    if lines:
        yield f"delete {_numbered(lines)}"
    by_hand = [lever for lever in found if not lever.by_move]
    if by_hand:
        yield f"let the failure count that is lost in {_numbered(by_hand)}"
    moved = [lever for lever in found if lever.by_move and lever not in lines]
    if any(lever.step is None for lever in moved):
        yield f"covpath move {verdict.ref} --gate blocking"
    for step in dict.fromkeys(lever.step for lever in moved if lever.step is not None):
        yield f"covpath move {verdict.ref} --gate blocking --step {step}"


def _numbered(found: Sequence[Lever | Reason]) -> str:
    numbers = sorted({one.place.line or 0 for one in found if one.place is not None})
    return f"line{'' if len(numbers) == 1 else 's'} {' and '.join(map(str, numbers))}"
