"""A required check that no failure turns red."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from covpath.audits.finding import Finding, Severity
from covpath.audits.levers import is_soft, levers
from covpath.audits.subject import AuditSubject
from covpath.errors import Place
from covpath.gate.required import RequiredChecks
from covpath.gate.verdict import JobVerdict
from covpath.terms import Blocks, Tri

ID = "cannot-go-red"
TITLE = "a required check cannot go red"
EXPLANATION = """\
A check on the list of required ones promises that what it checks is so before a merge. Where the job's failure
is masked inside it (a step's `continue-on-error`, `|| true`), the check is green whatever happens: present, and
no enforcement. A status of Codecov's is so where codecov.yml makes it `informational`, or asks for a figure that no
coverage misses. This is asked only where the required checks are known (--required FILE, .github/settings.yml or
`required_checks` in the exceptions file), and of the checks without which Mergify does not merge.

What to do: let the job block (`covpath move JOB --gate blocking`), or take its check off the list.
"""


_REQUIRED = "is required"


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each job that is soft, and each status that is informational, while it is waited for."""
    waiting = dict(_waiting(subject.required))
    for name in subject.required.names:
        waiting[name] = _REQUIRED
    if not waiting:
        return
    for verdict in subject.verdicts.noteworthy():
        names = [name for name in verdict.checks if name in waiting]
        if names and is_soft(verdict.gate) and verdict.blocks.value is Blocks.NO and verdict.blocks.held is Tri.FALSE:
            yield _finding(subject, verdict, names, waiting[names[0]])
    yield from _statuses(subject.required, waiting)


def _waiting(required: RequiredChecks) -> Iterator[tuple[str, str]]:
    """The checks that Mergify waits for."""
    mergify = required.mergify
    for way in (*mergify.ways, *mergify.protections) if mergify is not None else ():
        for one in way.condition.needed():
            if one.wants_success:
                yield one.name, f"is waited for by {way} of Mergify"


def _statuses(required: RequiredChecks, waiting: Mapping[str, str]) -> Iterator[Finding]:
    """The statuses of Codecov that no coverage turns red."""
    if required.codecov is None:
        return
    for status in required.codecov.statuses:
        if status.name in waiting and status.posted is not Tri.FALSE and status.can_fail is Tri.FALSE:
            reason = status.reasons[0]
            yield Finding(
                rule=ID,
                severity=_severity(waiting[status.name]),
                message=f"`{status.name}` {waiting[status.name]} and cannot go red: it {reason.message}",
                place=reason.place or Place(required.codecov.path or ""),
                hint=f"Let coverage turn it red, or wait for `{status.name}` no longer.",
                key=status.name,
            )


def _finding(subject: AuditSubject, verdict: JobVerdict, required: list[str], why: str) -> Finding:
    entry = subject.entry_of(verdict.ref)
    accepted = entry is not None and verdict.gate in entry.accepted_gates
    names = ", ".join(f"`{name}`" for name in required)
    found = levers(verdict)
    return Finding(
        rule=ID,
        severity=Severity.NOTE if accepted else _severity(why),
        message=f"{verdict.ref.job}: {names} {why} and cannot go red{', accepted' if accepted else ''}",
        place=found[0].place if found else verdict.place,
        hint=f"covpath move {verdict.ref} --gate blocking, or {_or_else(names, why)}.",
        job=verdict.ref,
        key=" ".join(required),
        related=tuple((lever.message, lever.place) for lever in found),
    )


def _severity(why: str) -> Severity:
    """What only Mergify waits for, people may merge without."""
    return Severity.ERROR if why == _REQUIRED else Severity.WARNING


def _or_else(names: str, why: str) -> str:
    return f"take {names} off the required checks" if why == _REQUIRED else f"take {names} out of the condition"
