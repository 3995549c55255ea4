"""An audit's report for tests of what prints it: one of everything, and text that wants to be more than text."""

from __future__ import annotations

from datetime import date

from covpath.audits.comparison import Judged
from covpath.audits.finding import Finding, Severity
from covpath.audits.report import AuditReport
from covpath.errors import InputError, Place
from covpath.terms import JobId, JobRef

WORKFLOW = ".github/workflows/ci.yml"
HOSTILE = "50% off: a,b\r\n::error file=x::no | <b>no</b> `no` [no](no) *no*"


def finding(severity: Severity = Severity.ERROR, message: str = "lint is silent", **more: object) -> Finding:
    given: dict[str, object] = {
        "rule": "unexplained",
        "severity": severity,
        "message": message,
        "place": Place(WORKFLOW, 5, 24),
        "hint": "Delete line 5.",
        "job": JobRef(WORKFLOW, JobId("lint")),
        "key": message,
    }
    return Finding(**(given | more))  # type: ignore[arg-type]


def report(*judged: Judged, **more: object) -> AuditReport:
    given: dict[str, object] = {
        "today": date(2026, 11, 25),
        "jobs": 2,
        "entries": 1,
        "exceptions_file": "ci/ci-exceptions.yaml",
        "judged": judged,
    }
    return AuditReport(**(given | more))  # type: ignore[arg-type]


def one_of_everything() -> AuditReport:
    return report(
        Judged(finding=finding(related=(("the flag", Place(WORKFLOW, 5, 24)), ("far off", Place("a b.yml"))))),
        Judged(finding=finding(Severity.WARNING, HOSTILE, rule="due-soon", job=None, place=Place("ci/x.yaml", 3))),
        Judged(finding=finding(Severity.NOTE, "lint is accepted", rule="accepted-gate")),
        Judged(finding=finding(Severity.ERROR, "docs is late", rule="overdue", by_time=True), standing=True),
        Judged(finding=finding(Severity.WARNING, "docs is undecided", rule="undecided"), standing=True),
        unreadable=(InputError("is not YAML.", place=Place(".github/workflows/bad.yml", 2, 1), hint="Mend it."),),
        unreadable_before=(InputError("is not UTF-8.", place=Place(".github/workflows/old.yml", 1)),),
        base="origin/main",
        remarks=("where it began is unknown",),
    )
