"""An audit as a page for the job summary: one table, the worst first, within GitHub's limit of a mebibyte."""

from __future__ import annotations

from covpath.audits.comparison import Judged
from covpath.audits.finding import Severity
from covpath.audits.report import AuditReport
from covpath.report.audit_text import summary

MOST_ROWS = 500
_MARKS = {Severity.ERROR: "**error**", Severity.WARNING: "warning", Severity.NOTE: "note"}
_HEAD = ("| | what | where | what to do |", "|---|---|---|---|")
_SPECIAL = "\\`*_{}[]<>()#+-!|~&"


def render(report: AuditReport) -> str:
    """The page, beginning with its heading."""
    new = [one for one in report.judged if not one.standing]
    old = [one for one in report.judged if one.standing]
    lines = ["## covpath audit", ""]
    if new or report.unreadable:
        lines += _HEAD
        for error in report.unreadable:
            where = _text(str(error.place)) if error.place is not None else ""
            lines.append(f"| **error** | not read: {_text(error.message)} | {where} | {_text(error.hint or '')} |")
        lines += _rows(new)
        lines.append("")
    if old:
        lines += [
            f"<details><summary>Not this {report.change}</summary>",
            "",
            "| | what | where | what to do |",
            "|---|---|---|---|",
        ]
        lines += _rows(old)
        lines += ["", "</details>", ""]
    lines += [f"{_text(remark)}." for remark in report.remarks]
    lines.append(_text(summary(report)))
    return "\n".join(lines) + "\n\n"


def _rows(judged: list[Judged]) -> list[str]:
    rows = [
        f"| {_MARKS[one.finding.severity]} | {_text(one.finding.message)} (`{one.finding.rule}`) "
        f"| {_text(f'{one.finding.place.file}:{one.finding.place.line}')} | {_text(one.finding.hint)} |"
        for one in judged[:MOST_ROWS]
    ]
    if len(judged) > MOST_ROWS:
        rows.append(f"| | {len(judged) - MOST_ROWS} more | | |")
    return rows


def _text(text: str) -> str:
    """Text as text: nothing in it is Markdown, HTML or a cell's end."""
    one_line = " ".join(text.split())[:1000]
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in one_line)
