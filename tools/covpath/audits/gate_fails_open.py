"""A gate that passes although a job it waits for has failed."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject
from covpath.gate.aggregate import AggregateGate, Passing
from covpath.gate.simulation.assumptions import uses_status
from covpath.terms import JobId, Tri
from covpath.wording import few

ID = "gate-fails-open"
TITLE = "a gate passes although a job it waits for failed or was cancelled"
EXPLANATION = """\
A job that makes one check of many lets branch protection name only it. GitHub counts a skipped check as passed,
and skips a job when one that it needs fails, unless its `if` says otherwise: a gate without `if: always()` is
therefore open exactly when it should be shut. A gate that looks for `failure` alone lets a cancelled job pass,
and a lost or timed-out runner is one. Both have let real changes through.

What to do: `if: ${{ always() }}` at the gate, and a step that fails unless every result is the one wanted
(re-actors/alls-green does; so does a loop over `needs.*.result`).
"""


_WORDS = {"failure": "failing", "cancelled": "cancelled"}


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each gate that lets something pass, with all it lets pass."""
    for gate in subject.verdicts.gates:
        passing = [one for one in gate.passing if one.result in _WORDS and one.passes is Tri.TRUE and not one.allowed]
        if passing:
            yield _finding(subject, gate, passing)


def _finding(subject: AuditSubject, gate: AggregateGate, passing: list[Passing]) -> Finding:
    _, job = subject.verdicts.job(gate.ref)
    required = any(subject.required.requires(name) for name in subject.verdicts.checks_of(gate.ref))
    told = [
        f"a {word} {_listed(names)}"
        for result, word in _WORDS.items()
        if (names := [one.job for one in passing if one.result == result])
    ]
    skipped = not uses_status(job.if_)
    why = ": it is skipped then, which counts as passed" if skipped else ""
    first = "Give it `if: ${{ always() }}` and fail" if skipped else "Fail"
    return Finding(
        rule=ID,
        severity=Severity.ERROR if required else Severity.WARNING,
        message=f"{job.id} lets pass {' and '.join(told)}{why}",
        place=gate.place,
        hint=f"{first} unless every result is success.",
        job=gate.ref,
        key=" ".join(f"{one.result} {one.job}" for one in passing),
    )


def _listed(names: list[JobId]) -> str:
    return few(names, 6, "or")
