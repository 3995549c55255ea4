"""An audit as plain data for ``--format json`` (schema ``audit``)."""

from __future__ import annotations

from typing import Any

from covpath.audits.comparison import Judged
from covpath.audits.report import AuditReport
from covpath.errors import CovpathError, Place

VERSION = 1


def to_json(report: AuditReport) -> dict[str, Any]:
    """The whole audit."""
    return {
        "version": VERSION,
        "today": report.today.isoformat(),
        "base": report.base,
        "exceptions_file": report.exceptions_file,
        "jobs": report.jobs,
        "entries": report.entries,
        "fails": report.fails,
        "findings": [_finding(report, one) for one in report.judged],
        "unreadable": [_error(error, standing=False) for error in report.unreadable]
        + [_error(error, standing=True) for error in report.unreadable_before],
        "remarks": list(report.remarks),
    }


def _finding(report: AuditReport, one: Judged) -> dict[str, Any]:
    finding = one.finding
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "message": finding.message,
        "hint": finding.hint,
        **_place(finding.place),
        "workflow": None if finding.job is None else finding.job.workflow,
        "job": None if finding.job is None else finding.job.job,
        "standing": one.standing,
        "fails": report.is_failing(one),
        "by_time": finding.by_time,
        "fingerprint": finding.fingerprint,
        "related": [{"message": message, **_place(place)} for message, place in finding.related],
    }


def _error(error: CovpathError, *, standing: bool) -> dict[str, Any]:
    return {"message": error.message, "hint": error.hint, **_place(error.place), "standing": standing}


def _place(place: Place | None) -> dict[str, Any]:
    return {
        "file": None if place is None else place.file,
        "line": None if place is None else place.line,
        "column": None if place is None else place.column,
    }
