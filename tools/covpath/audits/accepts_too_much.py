"""An entry that accepts what is no longer so."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.levers import is_partly_soft
from covpath.audits.subject import AuditSubject, names_of
from covpath.gate.verdict import JobVerdict
from covpath.ledger.model import Accepted, Entry
from covpath.terms import Gate, Tri

ID = "accepts-too-much"
TITLE = "an entry accepts what is not so any more"
EXPLANATION = """\
What an entry accepts is reported no more. So an acceptance that has outlived its cause hides the next one: a job
whose report was made sure of may lose it again, and one that blocks but for a step may become silent, and the
entry has accepted both long ago.

What to do: take it out of `accepts`.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each thing that an open entry accepts and that none of its jobs has."""
    for entry in subject.open_entries:
        verdicts = tuple(subject.jobs_of(entry))
        if not verdicts or len(verdicts) < len(entry.jobs) or not all(map(_needs_an_entry, verdicts)):
            continue  # the business of `stale` and of `still-open`
        for accepted in entry.accepts:
            why = _why_not(accepted, verdicts)
            if why is not None:
                yield _finding(subject, entry, accepted, why)


def _needs_an_entry(verdict: JobVerdict) -> bool:
    return verdict.gate is not Gate.BLOCKING or is_partly_soft(verdict)


def _why_not(accepted: Accepted, verdicts: tuple[JobVerdict, ...]) -> str | None:
    """Why there is surely nothing of the kind to accept; None where there is, or may be."""
    if accepted is Accepted.NO_DATA:
        if not any(verdict.coverage for verdict in verdicts):
            return "it measures no coverage"
        lacking = any(verdict.data.green_without_data is not Tri.FALSE for verdict in verdicts if verdict.coverage)
        return None if lacking else "a green run holds its report"
    if accepted in (Accepted.ADVISORY, Accepted.SILENT) and all(one.gate is Gate.BLOCKING for one in verdicts):
        return "only a part of it does not block"
    return None


def _finding(subject: AuditSubject, entry: Entry, accepted: Accepted, why: str) -> Finding:
    return Finding(
        rule=ID,
        severity=Severity.WARNING,
        message=f"{names_of(entry)}: accepts {accepted}, and {why}",
        place=entry.place_of("accepts"),
        hint=f"Take `{accepted}` out of `accepts`.",
        job=subject.ref_of(entry),
        key=f"{names_of(entry)} {accepted}",
    )
