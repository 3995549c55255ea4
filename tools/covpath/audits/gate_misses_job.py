"""A job that no gate waits for."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject
from covpath.gate.aggregate import AggregateGate
from covpath.terms import Gate, JobRef

ID = "gate-misses-job"
TITLE = "a job that fails the run is waited for by no gate of its workflow"
EXPLANATION = """\
A gate covers what it needs, directly or through others. A job that was added later and forgotten there turns red
beside a green gate, and where only the gate is required the pull request can be merged all the same. Of the gates
in real repositories, half leave a job out. Where the required checks are known, only jobs that none of them covers
are told.

What to do: add the job to the gate's `needs`, or say why it does not count (`covpath exceptions add`).
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each workflow with gates, naming every job that all of them leave out."""
    found: dict[str, list[AggregateGate]] = {}
    for gate in subject.verdicts.gates:
        # Nobody knows what is required, or the gate is.
        if not subject.required.known or _is_required(subject, gate.ref):
            found.setdefault(gate.ref.workflow, []).append(gate)
    for gates in found.values():
        missed = [ref for ref in gates[0].misses if all(ref in gate.misses for gate in gates) and _counts(subject, ref)]
        if missed:
            yield _finding(subject, gates, missed)


def _counts(subject: AuditSubject, ref: JobRef) -> bool:
    """Whether a job is one that fails the run, not required by itself, and not explained."""
    verdict = subject.verdicts.of(ref)
    blocks = verdict is not None and verdict.gate is Gate.BLOCKING
    return blocks and not _is_required(subject, ref) and subject.entry_of(ref) is None


def _is_required(subject: AuditSubject, ref: JobRef) -> bool:
    return any(subject.required.requires(name) for name in subject.verdicts.checks_of(ref))


def _finding(subject: AuditSubject, gates: list[AggregateGate], missed: list[JobRef]) -> Finding:
    names = " and ".join(gate.ref.job for gate in gates)
    workflow, job = subject.verdicts.job(gates[0].ref)
    return Finding(
        rule=ID,
        severity=Severity.WARNING if subject.required.known else Severity.NOTE,
        message=f"{names} {'does' if len(gates) == 1 else 'do'} not wait for {', '.join(ref.job for ref in missed)}",
        place=workflow.place(job.key),
        hint=f"Add {'it' if len(missed) == 1 else 'them'} to `needs`.",
        job=gates[0].ref,
        key=" ".join(sorted(ref.job for ref in missed)),
        related=tuple((ref.job, workflow.place(workflow.jobs[ref.job].key)) for ref in missed),
    )
