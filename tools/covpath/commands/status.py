"""``covpath status``: what each job's failure does to the run and to a merge, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from covpath.commands.job_status import job_status, load_ledger
from covpath.commands.subject import open_subject, required_checks
from covpath.errors import ExitCode
from covpath.gate.judge import Judge
from covpath.gate.required import RequiredChecks
from covpath.ledger.model import Ledger
from covpath.report.status_data import JobStatus, Status, to_json
from covpath.report.status_text import render
from covpath.terms import Gate
from covpath.workflow.model import Job, Workflow
from covpath.workflow.repository import find_job


def run(
    *,
    repo: Path | None,
    job: str | None,
    all: bool,  # noqa: A002 - the option's own name
    base: str | None,
    others: list[Path],
    required: Path | None,
    format: str,  # noqa: A002 - the option's own name
    screen: TextIO,
) -> ExitCode:
    """Print the status; USAGE where a workflow could not be read (the rest is still told)."""
    del base, others
    subject = open_subject(repo)
    ledger = load_ledger(subject.root)
    listed = ledger.required_checks.names if ledger is not None and ledger.required_checks is not None else ()
    checks = required_checks(subject.root, required, listed)
    workflows = subject.workflows.workflows
    chosen = [find_job(workflows, job)] if job is not None else _jobs(workflows)
    status = Status(
        required=checks,
        jobs=tuple(_status(workflow, one, checks, ledger) for workflow, one in chosen),
        unreadable=subject.workflows.unreadable,
    )
    if format == "json":
        screen.write(json.dumps(to_json(status), indent=2, ensure_ascii=False) + "\n")
    else:
        shown = status.jobs if all or job else tuple(one for one in status.jobs if _worth_telling(one))
        screen.write(render(status, shown=shown, detail=job is not None))
    return ExitCode.USAGE if status.unreadable else ExitCode.DONE


def _jobs(workflows: Iterable[Workflow]) -> list[tuple[Workflow, Job]]:
    return [(workflow, job) for workflow in workflows for job in workflow.jobs.values()]


def _worth_telling(job: JobStatus) -> bool:
    """Coverage jobs, and jobs that run for pull requests without blocking."""
    return job.verdict.coverage or job.verdict.partly or job.verdict.gate in (Gate.ADVISORY, Gate.SILENT, Gate.UNKNOWN)


def _status(workflow: Workflow, job: Job, required: RequiredChecks, ledger: Ledger | None) -> JobStatus:
    return job_status(workflow, job, Judge(required=required).job(workflow, job), ledger)
