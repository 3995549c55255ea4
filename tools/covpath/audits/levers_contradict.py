"""Two settings of which one says that a failure counts and the other that it does not."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.levers import levers, masked_steps
from covpath.audits.subject import AuditSubject
from covpath.backends.table import backend
from covpath.errors import Place
from covpath.gate.measuring import measurements
from covpath.gate.scripts.shell_effect import FAILING_INPUTS
from covpath.gate.verdict import JobVerdict
from covpath.terms import Blocks, Tri
from covpath.workflow.model import Job, Step, Workflow, scalar_text

ID = "levers-contradict"
TITLE = "two levers contradict each other: one makes a failure count, the other takes it back"
EXPLANATION = """\
Somebody wrote that it must fail: an upload with `fail_ci_if_error: true`, a threshold (`--fail-under 80`), a
`continue-on-error: false`. Somebody else wrote that it need not: a flag around it, `|| true` behind it. The
second wins, and whoever reads the first believes that the gate is closed.

A job's own `continue-on-error` lets the run pass and leaves its check red. Where branch protection requires that
check, or Mergify merges only when it is green, the merge waits for a job that the workflow calls harmless.

What to do: keep one of the two. `covpath move JOB --gate blocking` removes what masks; otherwise take the
threshold, the input, the required check or the condition away, so that the file says what it does.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each masked step that is told to fail, and each job that is let off and waited for."""
    for verdict in subject.verdicts.noteworthy():
        yield from _waited_for(verdict)
        masked = {step.index for step in masked_steps(verdict)}
        if not masked:
            continue
        explained = subject.entry_of(verdict.ref) is not None
        for step, what, place in _told_to_fail(*subject.verdicts.job(verdict.ref), masked):
            yield Finding(
                rule=ID,
                severity=Severity.NOTE if explained else Severity.WARNING,
                message=f"{verdict.ref.job}: `{step.label}` is told to fail ({what}), and a mask takes that back",
                place=place,
                hint="Keep one of the two.",
                job=verdict.ref,
                key=f"{step.label} {what}",
                related=tuple((lever.message, lever.place) for lever in levers(verdict)),
            )


def _waited_for(verdict: JobVerdict) -> Iterator[Finding]:
    """A job whose own flag says that its failure does not count, while its red check keeps a merge back."""
    flag = next((one for one in verdict.reasons if one.code == "job-continue-on-error"), None)
    if flag is None or flag.place is None:
        return
    blocks = verdict.blocks
    waiting: tuple[tuple[str, Place], ...] = ()
    if blocks.value is Blocks.YES:
        why = f"{' and '.join(f'`{name}`' for name in blocks.checks)} is required"
    elif blocks.mergify is not None and blocks.held is Tri.TRUE:
        why = blocks.mergify.reasons[0].message
        waiting = tuple((one.message, one.place) for one in blocks.mergify.reasons if one.place is not None)
    else:
        return
    yield Finding(
        rule=ID,
        severity=Severity.WARNING,
        message=f"{verdict.ref.job}: its own flag says that a failure does not count, and {why}",
        place=flag.place,
        hint=f"covpath move {verdict.ref} --gate advisory keeps the check green; otherwise keep one of the two.",
        job=verdict.ref,
        key="waited for",
        related=waiting,
    )


def _told_to_fail(workflow: Workflow, job: Job, masked: set[int]) -> Iterator[tuple[Step, str, Place]]:
    """Steps that no failure gets out of, each with what says that one should.

    A job's own flag is another matter: the check still turns red.
    """
    for step in job.steps:
        if step.index in masked:
            yield from _inputs(workflow, step)
            flag = step.continue_on_error
            if flag is not None and flag.data() is False:
                yield step, "`continue-on-error: false`", workflow.place(flag)
    for one in measurements(workflow, job):
        if one.step.index not in masked or one.step.run is None:
            continue
        if backend(one.recognition.backend).parse(one.recognition).request.thresholds:
            yield one.step, "a threshold", workflow.place(one.step.run)


def _inputs(workflow: Workflow, step: Step) -> Iterator[tuple[Step, str, Place]]:
    for name in FAILING_INPUTS:
        entry = step.with_.find(name) if step.with_ is not None else None
        if entry is not None and scalar_text(entry.value).lower() in ("true", "error"):
            yield step, f"`{name}: {scalar_text(entry.value)}`", workflow.place(entry.value)
