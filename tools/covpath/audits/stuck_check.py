"""A required check that may never arrive."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject
from covpath.errors import Place
from covpath.gate.checks import CheckPattern, check_patterns, legs_of, naming_contexts
from covpath.gate.signal import Signal, signal_of
from covpath.terms import Tri
from covpath.workflow.model import Job, Workflow
from covpath.workflow.repository import WORKFLOW_FOLDER

ID = "stuck-check"
TITLE = "a required check may never report, and the pull request waits for it for ever"
EXPLANATION = """\
A required check that does not report leaves the pull request at "Expected, waiting for status", without an end.
That happens where the workflow does not run: it is left out by a path or branch filter, runs only after the
merge, or the matrix job with that name is skipped as a whole. Asked only where the required checks are known.

What to do: let the workflow run for all pull requests and skip the job inside it instead (a skipped job counts
as passed), or take the check off the list.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each required name that no job reports, or none for sure."""
    if not subject.required.known:
        return
    contexts = naming_contexts()
    offers = [
        (workflow, job, pattern)
        for workflow in subject.verdicts.workflows
        for job in workflow.jobs.values()
        for pattern in check_patterns(job, legs_of(job, contexts), contexts)
    ]
    for name in sorted(subject.required.names):
        fitting = [
            (workflow, job, pattern) for workflow, job, pattern in offers if pattern.could_be(name) is not Tri.FALSE
        ]
        if not fitting:
            if not subject.unreadable:
                yield _nobody(subject, name)
        elif all(_filtered(signal_of(workflow)) for workflow, _, _ in fitting):
            yield _stuck(name, fitting)


def _filtered(signal: Signal) -> str:
    """Why a workflow's checks are missing from some pull requests; empty where they are not."""
    if not signal.events:
        return "never runs for a pull request"
    if signal.path_filtered:
        return "does not run for pull requests that touch other paths"
    return ""


def _stuck(name: str, fitting: list[tuple[Workflow, Job, CheckPattern]]) -> Finding:
    workflow, job, _ = fitting[0]
    on = workflow.on
    return Finding(
        rule=ID,
        severity=Severity.ERROR,
        message=f"the required check `{name}` may never report: {workflow.path.rsplit('/', 1)[-1]} "
        f"{_filtered(signal_of(workflow))}",
        place=workflow.place(on) if on is not None else workflow.place(job.key),
        hint="Skip the job instead of the workflow, or take the check off the list.",
        job=workflow.ref(job),
        key=str(name),
        related=(("the job", workflow.place(job.key)),),
    )


def _nobody(subject: AuditSubject, name: str) -> Finding:
    return Finding(
        rule=ID,
        severity=Severity.NOTE,
        message=f"the required check `{name}` is reported by no job of these workflows",
        place=Place(WORKFLOW_FOLDER if subject.required.authoritative else subject.required.source),
        hint="If no other app reports it, take it off the list: nothing can be merged while it is missing.",
        key=str(name),
    )
