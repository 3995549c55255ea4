"""An audit for people: the worst first, each with what to do; what is accepted and what stood before in a line each."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.comparison import Judged
from covpath.audits.finding import Finding, Severity
from covpath.audits.report import AuditReport
from covpath.ledger.model import DEFAULT_PATH


def render(report: AuditReport) -> str:
    """The page for a terminal or a log. What could not be read is told on standard error, as all errors are."""
    lines: list[str] = []
    for one in report.judged:
        if not one.standing and one.finding.severity is not Severity.NOTE:
            lines += _in_full(one.finding)
    lines += _section("accepted, or only told:", _notes(report))
    lines += _section(f"not this {report.change}:", _standing(report))
    lines += [f"note: {remark}." for remark in report.remarks]
    lines.append(summary(report))
    return "\n".join(lines) + "\n"


def _in_full(finding: Finding) -> Iterator[str]:
    yield f"{finding.place}: {finding.severity}: {finding.message} [{finding.rule}]"
    for message, place in finding.related:
        where = f"line {place.line}" if place.file == finding.place.file else str(place)
        yield f"    {where}: {message}"
    yield f"    {finding.hint}"


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield title
        yield from (f"  {line}" for line in found)


def _notes(report: AuditReport) -> Iterator[str]:
    for one in report.judged:
        if one.finding.severity is Severity.NOTE and not one.standing:
            yield one_line(one)


def _standing(report: AuditReport) -> Iterator[str]:
    for one in report.judged:
        if one.standing:
            yield one_line(one)
    yield from (f"not read: {error}" for error in report.unreadable_before)


def one_line(one: Judged) -> str:
    """A finding in one line, its place in front."""
    return f"{one.finding.place}: {one.finding.message} [{one.finding.rule}]"


def summary(report: AuditReport) -> str:
    """The last line: how many of what, in how many jobs and entries, on which day, against what."""
    counts = [
        _counted(number, str(severity))
        for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE)
        if (number := report.count(severity))
    ]
    standing = sum(one.standing for one in report.judged)
    found = ", ".join(counts) or _nothing(report)
    before = f" ({standing} older)" if standing else ""
    against = f", against {report.base}" if report.base is not None else ""
    jobs = _counted(report.jobs, "job") if report.jobs or report.unreadable else "no job in .github/workflows"
    return f"{found}{before}; {jobs}, {_written(report)}, judged as of {report.today}{against}."


def _nothing(report: AuditReport) -> str:
    if report.unreadable:
        return "not all could be read"
    return "nothing new" if report.base is not None else "nothing to report"


def _written(report: AuditReport) -> str:
    """What the exceptions file says, in a few words."""
    if report.exceptions_file is None:
        errors = (*report.unreadable, *report.unreadable_before)
        unread = any(one.place is not None and one.place.file == DEFAULT_PATH for one in errors)
        return "the exceptions file not read" if unread else "no exceptions file"
    return f"{report.entries} open {'entry' if report.entries == 1 else 'entries'}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
