"""A job that does not block, and no entry says why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.levers import calls, is_soft, legs_of, levers, masked_steps, only_says, soft_legs, undo
from covpath.audits.renaming import all_renamed
from covpath.audits.subject import AuditSubject
from covpath.gate.scripts.purpose import is_setup
from covpath.gate.scripts.shell_effect import shell_for
from covpath.gate.verdict import JobVerdict, StepVerdict
from covpath.terms import Gate, JobRef
from covpath.workflow.model import Job, Workflow

ID = "unexplained"
TITLE = "a job, a leg of it or a step does not block, and no entry of the exceptions file says why"
EXPLANATION = """\
Two thirds of the decisions to make a job advisory are never undone, and most were never explained. This rule
asks for an entry in ci/ci-exceptions.yaml for each job whose failure does not fail the run, in every leg of its
matrix or in some, and for each job with a masked step: who answers for it, until when, and why. One finding a job
lists every lever with its line. A script that only works out words for others (`echo "v=$(cmd)"`) is no check, and
nobody is asked about it.

What to do: let it block again (`covpath move JOB --gate blocking`), or write the decision down
(`covpath exceptions add JOB --decision ... --owner ... --target ...`). To begin with what is advisory today:
`covpath exceptions adopt`.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each job that does not block, or masks a step, without an entry."""
    elsewhere: frozenset[JobRef] | None = None
    for verdict in subject.verdicts.noteworthy():
        if verdict.gate is Gate.NO_SIGNAL or _explained(subject, verdict.ref):
            continue
        workflow, job = subject.verdicts.job(verdict.ref)
        if only_says(job, verdict):
            continue
        if elsewhere is None:
            elsewhere = all_renamed(subject)
        if verdict.ref in elsewhere:
            continue  # the business of `stale`
        masked = masked_steps(verdict)
        in_part = _only_in_part(workflow, job, verdict, masked)
        if is_soft(verdict.gate) and not in_part:
            yield _finding(verdict, f"{verdict.ref.job} is {verdict.gate}: {_what(verdict.gate)}", masked)
        elif soft_legs(verdict):
            yield _finding(verdict, f"{verdict.ref.job} blocks, but not in {legs_of(verdict)}", masked)
        elif masked:
            yield _finding(verdict, _steps_do_not(verdict, masked, in_part), masked)


def _only_in_part(workflow: Workflow, job: Job, verdict: JobVerdict, masked: tuple[StepVerdict, ...]) -> bool:
    """Whether a job that measures nothing is soft by the step it is judged by alone, and others would fail it."""
    if verdict.coverage or job.continue_on_error is not None:
        return False
    indexes = {step.index for step in masked}
    return verdict.measuring in indexes and any(
        step.run is not None
        and step.if_ is None
        and step.continue_on_error is None
        and step.index not in indexes
        and not is_setup(step, shell_for(workflow, job, step))
        for step in job.steps
    )


_HARDEST_FIRST = tuple(map(str, (Gate.BLOCKING, Gate.UNKNOWN, Gate.ADVISORY, Gate.SILENT)))


def gate_of(key: str) -> str:
    """The gate that a finding of this rule is about, from its key."""
    return key.partition("\n")[0]


def is_no_worse(key: str, before: str) -> bool:
    """Whether what one finding of a job is about was all there in another: no softer a gate, no lever more."""
    gate, *levers_now = key.split("\n")
    gate_before, *levers_before = before.split("\n")
    if _HARDEST_FIRST.index(gate) > _HARDEST_FIRST.index(gate_before):
        return False
    return not Counter(levers_now) - Counter(levers_before)


def _steps_do_not(verdict: JobVerdict, masked: tuple[StepVerdict, ...], in_part: bool) -> str:
    names = ", ".join(f"`{step.label}`" for step in masked)
    one = len(masked) == 1
    if verdict.gate is Gate.BLOCKING or in_part:
        return f"{verdict.ref.job} blocks, but its {'step' if one else 'steps'} {names} {'does' if one else 'do'} not"
    return f"{verdict.ref.job}: its {'step' if one else 'steps'} {names} {'does' if one else 'do'} not block"


def _explained(subject: AuditSubject, ref: JobRef) -> bool:
    """Whether an entry speaks of the job: open, or resolved (that is another rule's), or damaged."""
    if subject.exceptions_unreadable or any(name.matches(ref) for name in subject.unread):
        return True
    return subject.entry_of(ref) is not None or any(entry.is_about(ref) for entry in subject.resolved_entries)


def _what(gate: Gate) -> str:
    return "a failure is seen, but the run passes" if gate is Gate.ADVISORY else "a failure shows nowhere"


def _finding(verdict: JobVerdict, message: str, masked: tuple[StepVerdict, ...]) -> Finding:
    found = levers(verdict)
    place = found[0].place if found else masked[0].place if masked else verdict.place
    return Finding(
        rule=ID,
        severity=Severity.ERROR,
        message=f"{message}, and no entry says why",
        place=place,
        hint=f"Undo: {undo(verdict)}. Keep: covpath exceptions add {verdict.ref} --target ... --reason ...",
        job=verdict.ref,
        # Another gate or another lever is another thing to explain, another line is not.
        key="\n".join((str(verdict.gate), *sorted(lever.name for lever in found))),
        related=tuple((one.message, one.place) for one in found or calls(verdict) if one.place is not None),
    )
