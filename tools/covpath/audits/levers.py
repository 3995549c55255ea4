"""What keeps a job's failure from failing the run: the lines that do it, as far as somebody wrote them for that."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from covpath.errors import Place
from covpath.gate.verdict import JobVerdict, StepVerdict
from covpath.terms import Gate, Reason

_FLAGS = ("step-continue-on-error", "job-continue-on-error")


class Lever(Struct, frozen=True, kw_only=True):
    """One line that softens. ``name`` stays the same when the line moves; ``is_line``: deleting it undoes it."""

    name: str
    message: str
    place: Place
    is_line: bool


def is_soft(gate: Gate) -> bool:
    """Whether a failure passes: seen or unseen."""
    return gate in (Gate.ADVISORY, Gate.SILENT)


def masked_steps(verdict: JobVerdict) -> tuple[StepVerdict, ...]:
    """Steps whose failure is swallowed: by their own flag, or, where they check something, by the shell."""
    return tuple(step for step in verdict.steps if is_soft(step.gate) and _deliberate(step))


def levers(verdict: JobVerdict) -> tuple[Lever, ...]:
    """Every line that keeps a failure from failing the run."""
    return tuple(dict.fromkeys(_levers(verdict)))


def _levers(verdict: JobVerdict) -> Iterator[Lever]:
    for step in masked_steps(verdict):
        for reason in step.reasons:
            if reason.place is not None and reason.code.startswith(("step-continue", "shell-mask", "ratchet")):
                yield _lever(reason, reason.place, step.label)
    for reason in verdict.reasons:
        if reason.place is not None and reason.code.startswith("job-continue"):
            yield _lever(reason, reason.place, "")


def _lever(reason: Reason, place: Place, where: str) -> Lever:
    return Lever(
        name=f"{reason.code} {where}".strip(),
        message=reason.message,
        place=place,
        is_line=reason.code in _FLAGS and "${{" not in reason.message,
    )


def _deliberate(step: StepVerdict) -> bool:
    codes = [reason.code for reason in step.reasons]
    by_flag = any(code.startswith("step-continue-on-error") for code in codes)
    by_shell = any(code.startswith("shell-mask") for code in codes)
    return by_flag or (by_shell and not step.setup)
