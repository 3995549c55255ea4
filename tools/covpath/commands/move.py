"""``covpath move``: a minimal, proven edit of one job, shown, written, undone or sent as a pull request."""

from __future__ import annotations

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TextIO

from covpath.commands.pull_request import send_pull_request
from covpath.commands.subject import Subject, open_subject, required_checks
from covpath.errors import CovpathError, ExitCode, UsageError
from covpath.gate.judge import Judge
from covpath.moves.plan import Wanted, plan
from covpath.moves.proposal import Proposal
from covpath.outside.files import read_bytes
from covpath.outside.transaction import Transaction
from covpath.report.move_data import to_json
from covpath.report.move_text import explanation
from covpath.terms import JobId
from covpath.workflow.model import Workflow
from covpath.workflow.repository import find_job


def run(
    *,
    repo: Path | None,
    job: str | None,
    all_matching: str | None,
    gate: str | None,
    backend: str | None,
    runner: str | None,
    timeout_minutes: int | None,
    report: str | None,
    accept: list[str],
    write: bool,
    undo: bool,
    pr: bool,
    remote: str,
    text: Path | None,
    required: Path | None,
    format: str,  # noqa: A002 - the option's own name
    screen: TextIO,
) -> ExitCode:
    """Propose the move and do with it what was asked. Refuses with the diff still shown."""
    labels = tuple(label.strip() for label in runner.split(",") if label.strip()) if runner is not None else ()
    wanted = Wanted(gate=gate, backend=backend, report=report, labels=labels, timeout_minutes=timeout_minutes)
    if wanted.nothing or (runner is not None and not labels):
        raise UsageError(
            "nothing to move.", hint="Say what: --gate, --backend, --runner, --timeout-minutes, or several of them."
        )
    subject = open_subject(repo)
    judge = Judge(required=required_checks(subject.root, required))
    proposals = tuple(
        plan(workflow, jobs, wanted, judge, _reader(subject)) for workflow, jobs in _targets(subject, job, all_matching)
    )
    accepted = frozenset(accept)
    if format == "json":
        screen.write(json.dumps([to_json(proposal, accepted) for proposal in proposals], indent=2) + "\n")
    else:
        for proposal in proposals:
            _show(proposal, accepted, undo, screen)
    for proposal in proposals:
        proposal.refuse_unless(accepted)
    changing = tuple(proposal for proposal in proposals if proposal.patch.edits)
    if write and changing:
        _write(subject, changing)
        if format == "text":
            screen.write(f"Written: {', '.join(proposal.after.path for proposal in changing)}.\n")
    if pr and changing:
        screen.write(send_pull_request(subject, changing, accepted, remote=remote, text=text))
    return ExitCode.DONE


def _reader(subject: Subject) -> Callable[[str], str | None]:
    """Reads files of the repository; what cannot be read counts as absent."""

    def read(path: str) -> str | None:
        try:
            return read_bytes(subject.root / path, within=subject.root).decode()
        except (CovpathError, UnicodeDecodeError):
            return None

    return read


def _targets(subject: Subject, job: str | None, pattern: str | None) -> list[tuple[Workflow, tuple[JobId, ...]]]:
    """The jobs to move, by workflow."""
    if (job is None) == (pattern is None):
        raise UsageError("which job?", hint="Give JOB, or --all-matching PATTERN, not both.")
    if job is not None:
        workflow, found = find_job(subject.workflows.workflows, job)
        return [(workflow, (found.id,))]
    assert pattern is not None
    file, _, name = pattern.rpartition(":")
    targets = []
    for workflow in subject.workflows.workflows:
        if file and workflow.path.rsplit("/", 1)[-1] != file:
            continue
        jobs = tuple(job_id for job_id in workflow.jobs if fnmatchcase(job_id, name))
        if jobs:
            targets.append((workflow, jobs))
    if not targets:
        raise UsageError(f"no job matches {pattern!r}.", hint="A pattern is a job id with * and ?, or FILE:PATTERN.")
    return targets


def _show(proposal: Proposal, accepted: frozenset[str], undo: bool, screen: TextIO) -> None:
    if undo:
        screen.write(proposal.patch.reverse().diff())
        return
    screen.write(explanation(proposal, accepted))
    diff = proposal.patch.diff()
    screen.write(f"\n{diff}" if diff else "Nothing to change.\n")


def _write(subject: Subject, proposals: tuple[Proposal, ...]) -> None:
    """Replace all files or none."""
    with Transaction(subject.root) as writing:
        for proposal in proposals:
            writing.replace(
                subject.root / proposal.before.path,
                before=proposal.before.document.source.encode(),
                after=proposal.after.document.source.encode(),
            )
