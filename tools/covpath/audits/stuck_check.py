"""A required check that may never arrive."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject
from covpath.errors import Place
from covpath.terms import Tri
from covpath.workflow.repository import WORKFLOW_FOLDER

ID = "stuck-check"
TITLE = "a required check may never report, and the pull request waits for it for ever"
EXPLANATION = """\
A required check that does not report leaves the pull request at "Expected, waiting for status", without an end.
That happens where the workflow does not run: it is left out by a path or branch filter, runs only after the
merge or not in the merge queue that others run in; or the matrix job with that name is skipped as a whole.
Asked only where the required checks are known.

What to do: let the workflow run for all pull requests and skip the job inside it instead (a skipped job counts
as passed), or take the check off the list.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each required name that may never report, and a note for each that no job here reports."""
    if not subject.required.known:
        return
    for stuck in subject.verdicts.stuck_checks:
        workflow, job = subject.verdicts.job(stuck.ref)
        yield Finding(
            rule=ID,
            severity=Severity.ERROR,
            message=f"the required check `{stuck.name}` may never report: {stuck.reason.message}",
            place=stuck.reason.place or workflow.place(job.key),
            hint="Skip the job instead of the workflow, or take the check off the list.",
            job=stuck.ref,
            key=stuck.name,
            related=(("the job", workflow.place(job.key)),),
        )
    if not subject.unreadable:
        yield from _reported_by_nobody(subject)


def _reported_by_nobody(subject: AuditSubject) -> Iterator[Finding]:
    """Names that only another app could report."""
    offered = [pattern for ref in subject.verdicts.refs for pattern in subject.verdicts.patterns_of(ref)]
    for name in sorted(subject.required.names):
        if all(pattern.could_be(name) is Tri.FALSE for pattern in offered):
            yield Finding(
                rule=ID,
                severity=Severity.NOTE,
                message=f"the required check `{name}` is reported by no job of these workflows",
                place=Place(WORKFLOW_FOLDER if subject.required.authoritative else subject.required.source),
                hint="If no other app reports it, take it off the list: nothing can be merged while it is missing.",
                key=str(name),
            )
