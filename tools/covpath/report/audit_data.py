"""An audit's findings as plain data for ``--format json``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from covpath.audits.finding import AuditSubject, Finding
from covpath.errors import CovpathError

VERSION = 1


def to_json(subject: AuditSubject, findings: Sequence[Finding], unreadable: Sequence[CovpathError]) -> dict[str, Any]:
    """Findings as data (schema ``audit``)."""
    return {
        "version": VERSION,
        "today": subject.today.isoformat(),
        "exceptions_file": subject.exceptions_path if subject.ledger is not None else None,
        "findings": [_finding(finding) for finding in findings],
        "unreadable": [str(error) for error in unreadable],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "message": finding.message,
        "hint": finding.hint,
        "file": finding.place.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "workflow": None if finding.job is None else finding.job.workflow,
        "job": None if finding.job is None else finding.job.job,
        "by_time": finding.by_time,
        "related": [
            {"message": message, "file": place.file, "line": place.line, "column": place.column}
            for message, place in finding.related
        ],
    }
