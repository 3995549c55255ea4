"""A job that no gate waits for."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.gate_jobs import GateJob
from covpath.audits.subject import AuditSubject
from covpath.terms import Gate, JobId
from covpath.workflow.model import Workflow

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
    """One finding for each gate job's workflow, naming every job left out."""
    found: dict[str, list[GateJob]] = {}
    for gate in subject.verdicts.gates:
        found.setdefault(gate.workflow.path, []).append(gate)
    for gates in found.values():
        gates = [gate for gate in gates if _counts(subject, gate)]
        missed = list(_missed(subject, gates)) if gates else []
        if missed:
            yield _finding(subject, gates, missed)


def _counts(subject: AuditSubject, gate: GateJob) -> bool:
    """Whether a gate may be what a merge waits for: it is required, or nobody knows what is."""
    return not subject.required.known or _is_required(subject, gate.workflow, gate.job.id)


def _is_required(subject: AuditSubject, workflow: Workflow, job: JobId) -> bool:
    checks = subject.verdicts.checks_of(workflow, workflow.jobs[job])
    return any(subject.required.requires(name) for name in checks)


def _missed(subject: AuditSubject, gates: list[GateJob]) -> Iterator[JobId]:
    workflow = gates[0].workflow
    covered = frozenset().union(*(gate.covers for gate in gates), {gate.job.id for gate in gates})
    for job in workflow.jobs.values():
        if job.id in covered or any(need in covered for need in job.needs) or _is_required(subject, workflow, job.id):
            continue
        verdict = subject.verdicts.of(workflow.ref(job))
        if verdict is not None and verdict.gate is Gate.BLOCKING and subject.entry_of(verdict.ref) is None:
            yield job.id


def _finding(subject: AuditSubject, gates: list[GateJob], missed: list[JobId]) -> Finding:
    workflow, job = gates[0].workflow, gates[0].job
    names = " and ".join(gate.job.id for gate in gates)
    return Finding(
        rule=ID,
        severity=Severity.WARNING if subject.required.known else Severity.NOTE,
        message=f"{names} {'does' if len(gates) == 1 else 'do'} not wait for {', '.join(missed)}",
        place=workflow.place(job.key),
        hint=f"Add {'it' if len(missed) == 1 else 'them'} to `needs`.",
        job=workflow.ref(job),
        key=" ".join(sorted(missed)),
        related=tuple((name, workflow.place(workflow.jobs[name].key)) for name in missed),
    )
