"""What an entry accepts, and what is."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.levers import is_partly_soft, is_soft, levers, masked_steps
from covpath.audits.subject import AuditSubject
from covpath.gate.verdict import JobVerdict
from covpath.ledger.model import Entry
from covpath.terms import Gate

ID = "accepted-gate"
TITLE = "the gate of a job, against what its entry accepts"
EXPLANATION = """\
An entry may say what it accepts: `accepts: advisory` (a failure passes and is seen), `silent` (nothing shows
it), `no-signal` (the job does not run before a merge), `unknown`. What is accepted stays in every audit as a
note, and fails only when it changes: a job accepted as advisory that has become silent was not accepted. An
entry that names no gate accepts whichever it is; the note says which.

What to do: make the gate what was accepted (`covpath move JOB --gate advisory`), or decide anew and change
`accepts` in the entry.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """A note for each job whose state an entry accepts, an error where it is another one."""
    for entry in subject.open_entries:
        for verdict in subject.jobs_of(entry):
            if verdict.gate is Gate.BLOCKING and not is_partly_soft(verdict):
                continue  # the business of `still-open`
            yield _accepted(entry, verdict) if _is_accepted(entry, verdict) else _differs(entry, verdict)


def _is_accepted(entry: Entry, verdict: JobVerdict) -> bool:
    gates = entry.accepted_gates
    return not gates or verdict.gate in gates or verdict.gate is Gate.BLOCKING


def _is_better(entry: Entry, verdict: JobVerdict) -> bool:
    """Whether a failure that was accepted unseen can be seen now, or what cannot be told may still be as accepted."""
    return verdict.gate is Gate.UNKNOWN or (
        verdict.gate is Gate.ADVISORY and entry.accepted_gates in ((Gate.SILENT,), (Gate.SILENT, Gate.UNKNOWN))
    )


def _accepted(entry: Entry, verdict: JobVerdict) -> Finding:
    until = f" until {entry.until}" if entry.until is not None else ""
    what = "masks a step" if masked_steps(verdict) else "does not block in every leg"
    if is_soft(verdict.gate) or (verdict.gate is not Gate.BLOCKING and not is_partly_soft(verdict)):
        what = f"is {verdict.gate}"
    return Finding(
        rule=ID,
        severity=Severity.NOTE,
        message=f"{verdict.ref.job} {what}, accepted{until} by {entry.owner or 'nobody'} ({entry.decision})",
        place=entry.place,
        hint=f"Reason: {' '.join(entry.reason.split())}",
        job=verdict.ref,
        key="accepted",
    )


def _differs(entry: Entry, verdict: JobVerdict) -> Finding:
    found = levers(verdict)
    wanted = " or ".join(map(str, entry.accepted_gates))
    return Finding(
        rule=ID,
        severity=Severity.WARNING if _is_better(entry, verdict) else Severity.ERROR,
        message=f"{verdict.ref.job} is {verdict.gate}, and its entry accepts {wanted}",
        place=found[0].place if is_soft(verdict.gate) and found else verdict.place,
        hint="Make it what was accepted, or decide anew and change `accepts`.",
        job=verdict.ref,
        key=str(verdict.gate),
        related=(
            *((lever.message, lever.place) for lever in found),
            ("what the entry accepts", entry.place_of("accepts")),
        ),
    )
