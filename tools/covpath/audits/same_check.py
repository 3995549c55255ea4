"""Two jobs that report one check name."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject
from covpath.gate.purpose import is_setup
from covpath.gate.shell_effect import shell_for
from covpath.gate.signal import signal_of
from covpath.terms import JobRef
from covpath.workflow.model import Job, Workflow

ID = "same-check"
TITLE = "two jobs report the same check name"
EXPLANATION = """\
Branch protection knows checks by name only. Where two jobs report one name, GitHub calls it ambiguous: the pull
request may stay blocked, or be let through by the wrong one of the two. One job that does nothing, for the paths
that the other leaves out, is GitHub's own recipe for required checks; it is told as a note, since then a failure
of the real one can hide behind the other's green.

What to do: give each job a name of its own.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each name that several jobs with a signal on pull requests report."""
    named: dict[str, list[JobRef]] = {}
    for workflow in subject.verdicts.workflows:
        if signal_of(workflow).events:
            for job in workflow.jobs.values():
                for name in subject.verdicts.checks_of(workflow, job):
                    named.setdefault(name, []).append(workflow.ref(job))
    for name, refs in named.items():
        if len(refs) > 1:
            yield _finding(subject, name, refs)


def _finding(subject: AuditSubject, name: str, refs: list[JobRef]) -> Finding:
    jobs = [subject.verdicts.job(ref) for ref in refs]
    twin = any(_does_nothing(*job) for job in jobs)
    places = [(str(ref), workflow.place(job.key)) for ref, (workflow, job) in zip(refs, jobs, strict=True)]
    return Finding(
        rule=ID,
        severity=Severity.NOTE if twin else Severity.WARNING,
        message=f"the check `{name}` is reported by {' and '.join(map(str, refs))}"
        + (", one of which does nothing" if twin else ""),
        place=places[-1][1],
        hint="Give each job a name of its own.",
        job=refs[-1],
        key=f"{name} {' '.join(sorted(map(str, refs)))}",
        related=tuple(places[:-1]),
    )


def _does_nothing(workflow: Workflow, job: Job) -> bool:
    """Whether a job only says something: a stand-in for the paths the real one leaves out."""
    return bool(job.steps) and all(
        step.run is not None and is_setup(step, shell_for(workflow, job, step)) for step in job.steps
    )
