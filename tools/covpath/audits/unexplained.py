"""A job that does not block, and no entry says why."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import AuditSubject, Finding, Severity
from covpath.errors import Place
from covpath.gate.verdict import JobVerdict, StepVerdict
from covpath.terms import Gate

ID = "unexplained"
TITLE = "a job or step does not block, and no entry of the exceptions file says why"
EXPLANATION = """\
Two thirds of the decisions to make a job advisory are never undone, and most were never explained. This rule
asks for an entry in ci/ci-exceptions.yaml for each job whose failure does not fail the run, and for each job
with a masked step: who answers for it, until when, and why. One finding a job lists every lever with its line.

What to do: let it block again (`covpath move JOB --gate blocking`), or write the decision down
(`covpath exceptions add JOB --decision ... --owner ... --target ...`).
"""

_SOFT = (Gate.ADVISORY, Gate.SILENT)


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each job that does not block, or masks a step, without an entry."""
    for verdict in subject.verdicts:
        if verdict.gate is Gate.NO_SIGNAL or _explained(subject, verdict):
            continue
        masked = masked_steps(verdict)
        if verdict.gate in _SOFT:
            yield _finding(verdict, f"{verdict.ref.job} is {verdict.gate}: {_what(verdict.gate)}", masked)
        elif masked:
            names = ", ".join(f"`{step.label}`" for step in masked)
            yield _finding(verdict, f"{verdict.ref.job} blocks, but its step {names} does not", masked)


def _explained(subject: AuditSubject, verdict: JobVerdict) -> bool:
    return subject.ledger is not None and any(entry.is_about(verdict.ref) for entry in subject.ledger.open_entries)


def masked_steps(verdict: JobVerdict) -> tuple[StepVerdict, ...]:
    """Steps whose failure is swallowed: by their own flag, or, where they check something, by the shell."""
    return tuple(step for step in verdict.steps if step.gate in _SOFT and _deliberate(step))


def _deliberate(step: StepVerdict) -> bool:
    codes = [reason.code for reason in step.reasons]
    by_flag = any(code.startswith("step-continue-on-error") for code in codes)
    by_shell = any(code.startswith("shell-mask") for code in codes)
    return by_flag or (by_shell and not step.setup)


def levers(verdict: JobVerdict) -> tuple[tuple[str, Place], ...]:
    """Every line that keeps a failure from failing the run, with what stands there."""
    found = [
        (reason.message, reason.place)
        for step in masked_steps(verdict)
        for reason in step.reasons
        if reason.place is not None and reason.code.startswith(("step-continue", "shell-mask", "ratchet"))
    ]
    found += [
        (reason.message, reason.place)
        for reason in verdict.reasons
        if reason.place is not None and reason.code.startswith("job-continue")
    ]
    return tuple(dict.fromkeys(found))


def _what(gate: Gate) -> str:
    return "a failure is seen, but the run passes" if gate is Gate.ADVISORY else "a failure shows nowhere"


def _finding(verdict: JobVerdict, message: str, masked: tuple[StepVerdict, ...]) -> Finding:
    related = levers(verdict)
    place = related[0][1] if related else masked[0].place if masked else verdict.place
    return Finding(
        rule=ID,
        severity=Severity.ERROR,
        message=f"{message}, and no entry says why",
        place=place,
        hint=f"Undo: covpath move {verdict.ref} --gate blocking. "
        f"Keep: covpath exceptions add {verdict.ref} --target ...",
        job=verdict.ref,
        related=related,
    )
