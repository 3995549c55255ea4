"""A gate that passes although a job it waits for has failed."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.gate_jobs import FAULTS, GateJob
from covpath.audits.subject import AuditSubject
from covpath.gate.assumptions import uses_status
from covpath.terms import JobId

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


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each gate that lets something pass, with all it lets pass."""
    for gate in subject.verdicts.gates:
        passing = [(name, word) for name in gate.needed for end, word in FAULTS if gate.lets_pass(name, end)]
        if passing:
            yield _finding(subject, gate, passing)


def _listed(names: list[JobId]) -> str:
    return ", ".join(names[:6]) + (f" or {len(names) - 6} more" if len(names) > 6 else "")


def _finding(subject: AuditSubject, gate: GateJob, passing: list[tuple[JobId, str]]) -> Finding:
    workflow, job = gate.workflow, gate.job
    checks = subject.verdicts.checks_of(workflow, job)
    required = any(subject.required.requires(name) for name in checks)
    told = " and ".join(
        f"a {word} {_listed(names)}"
        for _, word in FAULTS
        if (names := [name for name, other in passing if other == word])
    )
    skipped = not uses_status(job.if_)
    return Finding(
        rule=ID,
        severity=Severity.ERROR if required else Severity.WARNING,
        message=f"{job.id} lets pass {told}" + (": it is skipped then, which counts as passed" if skipped else ""),
        place=workflow.place(job.if_ if job.if_ is not None else job.key),
        hint="Give it `if: ${{ always() }}` and fail unless every result is success."
        if skipped
        else "Fail unless every result is success.",
        job=workflow.ref(job),
        key=" ".join(f"{word} {name}" for name, word in passing),
    )
