"""An audit's findings for people: the worst first, each with what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from covpath.audits.finding import AuditSubject, Finding, Severity
from covpath.errors import CovpathError


def render(subject: AuditSubject, findings: Sequence[Finding], unreadable: Sequence[CovpathError]) -> str:
    """The page for a terminal or a log."""
    lines = [line for finding in findings for line in _finding(finding)]
    lines += [f"not read: {error}" for error in unreadable]
    lines.append(_summary(subject, findings))
    return "\n".join(lines) + "\n"


def _finding(finding: Finding) -> Iterator[str]:
    yield f"{finding.place}: {finding.severity}: {finding.message} [{finding.rule}]"
    for message, place in finding.related:
        yield f"    line {place.line}: {message}"
    yield f"    {finding.hint}"


def _summary(subject: AuditSubject, findings: Sequence[Finding]) -> str:
    entries = len(subject.ledger.open_entries) if subject.ledger is not None else 0
    written = f"{entries} open {'entry' if entries == 1 else 'entries'}" if subject.ledger else "no exceptions file"
    counts = [
        f"{number} {severity}{'s' if number != 1 else ''}"
        for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE)
        if (number := sum(finding.severity is severity for finding in findings))
    ]
    found = ", ".join(counts) or "nothing to report"
    return f"{found}; {len(subject.verdicts)} jobs, {written}, judged as of {subject.today}."
