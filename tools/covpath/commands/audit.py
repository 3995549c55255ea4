"""``covpath audit``: the exceptions file against workflows, calendar and history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TextIO

from covpath.audits.finding import AuditSubject, Finding, Severity
from covpath.audits.table import audit
from covpath.commands.day import day_or_today
from covpath.commands.job_status import calendar_of, load_ledger
from covpath.commands.subject import EXCEPTIONS_PATH, Subject, open_subject, required_checks
from covpath.errors import CovpathError, ExitCode
from covpath.gate.judge import Judge
from covpath.ledger.calendar import Calendar, UnknownDay
from covpath.ledger.model import Ledger
from covpath.report.audit_data import to_json
from covpath.report.audit_text import render


def run(
    *,
    directories: list[Path],
    repos: Path | None,
    base: str | None,
    today: str | None,
    kickoff: str | None,
    strict: bool,
    fix: bool,
    required: Path | None,
    repo: Path | None,
    format: str,  # noqa: A002 - the option's own name
    screen: TextIO,
) -> ExitCode:
    """Print the findings, the worst first."""
    del directories, repos, base, kickoff, fix
    subject = open_subject(repo)
    ledger = load_ledger(subject.root)
    listed = ledger.required_checks.names if ledger is not None and ledger.required_checks is not None else ()
    judge = Judge(required=required_checks(subject.root, required, listed))
    looked_at = AuditSubject(
        verdicts=tuple(verdict for workflow in subject.workflows.workflows for verdict in judge.workflow(workflow)),
        ledger=ledger,
        exceptions_path=EXCEPTIONS_PATH,
        calendar=_calendar(subject, ledger),
        today=day_or_today(today),
    )
    findings = audit(looked_at)
    if format == "json":
        screen.write(json.dumps(to_json(looked_at, findings, subject.workflows.unreadable), indent=2) + "\n")
    else:
        screen.write(render(looked_at, findings, subject.workflows.unreadable))
    return _code(findings, strict, bool(subject.workflows.unreadable))


def _calendar(subject: Subject, ledger: Ledger | None) -> Calendar | UnknownDay | None:
    """The calendar, or why there is none although the file asks for one."""
    if ledger is None or ledger.calendar is None:
        return None
    try:
        return calendar_of(subject.root, ledger)
    except CovpathError as error:
        return UnknownDay(reason=error.message, hint=error.hint or "Mend the calendar.", place=error.place)


def _code(findings: tuple[Finding, ...], strict: bool, unreadable: bool) -> ExitCode:
    failing = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
    if unreadable:
        return ExitCode.USAGE
    return ExitCode.FINDINGS if any(finding.severity in failing for finding in findings) else ExitCode.DONE
