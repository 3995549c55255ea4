"""A required check that no failure turns red."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.levers import is_soft, levers
from covpath.audits.subject import AuditSubject
from covpath.gate.verdict import JobVerdict
from covpath.terms import Blocks

ID = "cannot-go-red"
TITLE = "a required check cannot go red"
EXPLANATION = """\
A check on the list of required ones promises that what it checks is so before a merge. Where the job's failure
is masked inside it (a step's `continue-on-error`, `|| true`), the check is green whatever happens: present, and
no enforcement. This is asked only where the required checks are known (--required FILE, .github/settings.yml or
`required_checks` in the exceptions file).

What to do: let the job block (`covpath move JOB --gate blocking`), or take its check off the list.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each job that is soft, while its check is required."""
    if not subject.required.known:
        return
    for verdict in subject.verdicts.noteworthy():
        required = [name for name in verdict.checks if subject.required.requires(name)]
        if required and is_soft(verdict.gate) and verdict.blocks.value is Blocks.NO:
            yield _finding(subject, verdict, required)


def _finding(subject: AuditSubject, verdict: JobVerdict, required: list[str]) -> Finding:
    entry = subject.entry_of(verdict.ref)
    accepted = entry is not None and verdict.gate in entry.accepted_gates
    names = ", ".join(f"`{name}`" for name in required)
    found = levers(verdict)
    return Finding(
        rule=ID,
        severity=Severity.NOTE if accepted else Severity.ERROR,
        message=f"{verdict.ref.job}: {names} is required and cannot go red{', accepted' if accepted else ''}",
        place=found[0].place if found else verdict.place,
        hint=f"covpath move {verdict.ref} --gate blocking, or take {names} off the required checks.",
        job=verdict.ref,
        key=" ".join(required),
        related=tuple((lever.message, lever.place) for lever in found),
    )
