"""A required check that may never arrive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject
from covpath.errors import Place
from covpath.terms import Tri
from covpath.workflow.repository import WORKFLOW_FOLDER

if TYPE_CHECKING:
    from covpath.gate.services.stuck_services import Awaited

ID = "stuck-check"
TITLE = "a required check may never report, and the pull request waits for it for ever"
EXPLANATION = """\
A required check that does not report leaves the pull request at "Expected, waiting for status", without an end.
That happens where the workflow does not run: it is left out by a path or branch filter, runs only after the
merge or not in the merge queue that others run in; or the matrix job with that name is skipped as a whole.
A status of Codecov's does not come where codecov.yml switches it off or confines it to branches of other names,
or where no report is uploaded. Mergify waits in the same way for the checks its conditions name, which it knows
by the names of jobs and legs alone. Asked only where the required checks are known, and where Mergify merges.

What to do: let the workflow run for all pull requests and skip the job inside it instead (a skipped job counts
as passed), or take the check off the list or out of the condition.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each name that is waited for and may never report; a note where another app may report it."""
    yield from _of_services(subject)
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


def _of_services(subject: AuditSubject) -> Iterator[Finding]:
    """What Codecov may never post, and Mergify may wait for in vain."""
    required = subject.required
    awaited = any(name.startswith("codecov/") for name in required.names)
    if subject.unreadable or not (awaited or required.mergify is not None):
        return
    # Imported here: most repositories wait for neither.
    from covpath.gate.services.stuck_services import Offers, checks_in_vain, statuses_in_vain

    verdicts = subject.verdicts
    jobs = tuple((*verdicts.job(ref), verdicts.patterns_of(ref)) for ref in verdicts.refs)
    offers = Offers(judge=verdicts.judge, jobs=jobs)
    yield from (_in_vain(subject, one) for one in statuses_in_vain(required, offers))
    if required.mergify is not None:
        yield from (_in_vain(subject, one) for one in checks_in_vain(required.mergify, offers))


def _in_vain(subject: AuditSubject, one: Awaited) -> Finding:
    by_protection = one.by == "required"
    severity = {"sure": Severity.ERROR, "likely": Severity.WARNING, "possible": Severity.NOTE}[one.certainty.value]
    what = f"the required check `{one.name}`" if by_protection else f"`{one.name}`, {one.by},"
    workflow_folder = Place(WORKFLOW_FOLDER if subject.required.authoritative else subject.required.source)
    return Finding(
        rule=ID,
        severity=severity if by_protection or severity is not Severity.ERROR else Severity.WARNING,
        message=f"{what} may never report: {one.why}",
        place=one.place or workflow_folder,
        hint=one.hint,
        job=one.ref,
        key=f"{'' if by_protection else 'mergify '}{one.name}",
    )


def _reported_by_nobody(subject: AuditSubject) -> Iterator[Finding]:
    """Names that only another app could report."""
    offered = [pattern for ref in subject.verdicts.refs for pattern in subject.verdicts.patterns_of(ref)]
    for name in sorted(subject.required.names):
        if any(name.startswith(f"codecov/{kind}") for kind in ("project", "patch", "changes")):
            continue
        if all(pattern.could_be(name) is Tri.FALSE for pattern in offered):
            yield Finding(
                rule=ID,
                severity=Severity.NOTE,
                message=f"the required check `{name}` is reported by no job of these workflows",
                place=Place(WORKFLOW_FOLDER if subject.required.authoritative else subject.required.source),
                hint="If no other app reports it, take it off the list: nothing can be merged while it is missing.",
                key=str(name),
            )
