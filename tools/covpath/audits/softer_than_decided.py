"""A job that has become softer since its entry was decided, where the entry does not say what it accepts."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.levers import is_partly_soft, is_soft, levers
from covpath.audits.subject import AuditSubject
from covpath.gate.judge import Judge
from covpath.gate.required import UNKNOWN_REQUIRED
from covpath.gate.verdict import JobVerdict
from covpath.ledger.history import Change
from covpath.ledger.model import Entry
from covpath.terms import Gate

ID = "softer-than-decided"
TITLE = "a job has become softer since its entry was decided, and the entry does not accept that by name"
EXPLANATION = """\
An entry that names no gate under `accepts` was written about the job as it was that day. A job whose failures
people could see and that has become silent since, or that had one masked step and now passes as a whole, was not
decided so. What the job was is read from git: its workflow in the commit that made the present decision.

What to do: make it as it was (the finding names the lines), or decide anew and write what is accepted
(`accepts: silent`).
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each job of an open entry without a gate under `accepts` that is softer than it was then."""
    if not subject.past.known:
        return
    for entry in subject.open_entries:
        decided = _decided(subject, entry)
        if entry.accepted_gates or decided is None:
            continue
        for verdict in subject.jobs_of(entry):
            if subject.past.is_cut_off_at(decided.commit):
                if verdict.gate is Gate.SILENT:
                    yield _unknown(entry, verdict)
                continue
            then = _as_it_was(subject, verdict, decided) if is_soft(verdict.gate) else None
            if then is not None and _is_softer(verdict, then):
                yield _finding(verdict, then, decided)


def _decided(subject: AuditSubject, entry: Entry) -> Change | None:
    """The commit that made the present decision; None where that is not known, or not committed yet."""
    history = subject.past.exceptions.of(entry)
    decided = history.decided if history is not None else None
    return decided if decided is not None and decided.commit else None


def _as_it_was(subject: AuditSubject, verdict: JobVerdict, decided: Change) -> JobVerdict | None:
    workflow = subject.past.workflow_at(decided.commit, verdict.ref.workflow)
    job = workflow.jobs.get(verdict.ref.job) if workflow is not None else None
    if workflow is None or job is None:
        return None
    return Judge(required=UNKNOWN_REQUIRED).job(workflow, job)


def _is_softer(now: JobVerdict, then: JobVerdict) -> bool:
    if then.gate is Gate.ADVISORY:
        return now.gate is Gate.SILENT
    # One that blocked altogether was decided ahead of the change that its entry speaks of.
    return then.gate is Gate.BLOCKING and is_partly_soft(then)


def _unknown(entry: Entry, verdict: JobVerdict) -> Finding:
    return Finding(
        rule=ID,
        severity=Severity.NOTE,
        message=f"whether {verdict.ref.job} was {verdict.gate} when that was decided is unknown:"
        " the history is cut off",
        place=entry.place,
        hint="Fetch all of it: git fetch --unshallow.",
        job=verdict.ref,
        key="unknown",
    )


def _finding(now: JobVerdict, then: JobVerdict, decided: Change) -> Finding:
    found = levers(now)
    was = str(then.gate) if is_soft(then.gate) else "blocking but for a part"
    return Finding(
        rule=ID,
        severity=Severity.ERROR,
        message=f"{now.ref.job} is {now.gate}, and was {was} when that was decided"
        f" ({decided.day}, {decided.commit[:8]})",
        place=found[0].place if found else now.place,
        hint=f"Make it {was} again, or decide anew and write `accepts: {now.gate}`.",
        job=now.ref,
        key=f"{then.gate} {now.gate}",
        related=tuple((lever.message, lever.place) for lever in found),
    )
