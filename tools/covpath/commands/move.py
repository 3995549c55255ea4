"""``covpath move``: a minimal, proven edit of one job, shown, written, undone or sent as a pull request."""

from __future__ import annotations

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TextIO

from covpath.commands.job_status import load_ledger
from covpath.commands.linking import links_of, texts_of, tracer_of
from covpath.commands.pull_request import send_pull_request
from covpath.commands.state import WorkingTree
from covpath.commands.subject import Subject, open_subject, required_checks, with_other_services
from covpath.errors import CovpathError, ExitCode, UsageError
from covpath.gate.judge import Judge
from covpath.moves.plan import plan
from covpath.moves.proposal import Proposal
from covpath.moves.wanted import Wanted
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
    step: str | None,
    leg: str | None,
    with_upload: bool,
    backend: str | None,
    report: str | None,
    keep_serial: bool,
    runner: str | None,
    timeout_minutes: int | None,
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
    labels, group = _runner(runner)
    wanted = Wanted(
        gate=gate,
        step=step,
        leg=leg,
        with_upload=with_upload,
        backend=backend,
        report=report,
        keep_serial=keep_serial,
        labels=labels,
        group=group,
        timeout_minutes=timeout_minutes,
        several=all_matching is not None,
    )
    _refuse_nothing(wanted, runner)
    subject = open_subject(repo)
    judge = _judge(subject, required)
    branch = subject.repository.default_branch() if subject.repository.has_git else None
    proposals = tuple(
        plan(workflow, jobs, wanted, judge, _reader(subject), branch, _folders(subject))
        for workflow, jobs in _targets(subject, job, all_matching)
    )
    accepted = frozenset(accept)
    _show(proposals, accepted, screen, json_wanted=format == "json", undo=undo)
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


def _refuse_nothing(wanted: Wanted, runner: str | None) -> None:
    """Raise UsageError where nothing is asked for, or nothing that can be."""
    if wanted.nothing or (runner is not None and not wanted.runner):
        raise UsageError(
            "nothing to move.", hint="Say what: --gate, --backend, --runner, --timeout-minutes, or several of them."
        )
    if wanted.timeout_minutes is not None and wanted.timeout_minutes < 1:
        raise UsageError(f"a job cannot end after {wanted.timeout_minutes} minutes.", hint="Give a number from 1.")


def _runner(written: str | None) -> tuple[tuple[str, ...], str | None]:
    """The labels and the group of ``--runner``: ``ubuntu-24.04``, ``self-hosted,linux``, ``group=big,linux``."""
    parts = [part.strip() for part in (written or "").split(",") if part.strip()]
    groups = [part.partition("=")[2] for part in parts if part.startswith("group=")]
    return tuple(part for part in parts if not part.startswith("group=")), groups[-1] if groups else None


def _judge(subject: Subject, required: Path | None) -> Judge:
    """A judge that knows the required checks, as far as they are known, and how workflows call each other."""
    ledger = load_ledger(subject.root)
    listed = ledger.required_checks.names if ledger is not None and ledger.required_checks is not None else ()
    tree = WorkingTree(root=subject.root)
    checks, _ = with_other_services(required_checks(subject.root, required, listed), tree)
    links = links_of(tree, subject.workflows.workflows)
    behind = tracer_of(texts_of(tree), links).alternatives
    return Judge(required=checks, links=links, behind=behind)


def _reader(subject: Subject) -> Callable[[str], str | None]:
    """Reads files of the repository; what cannot be read counts as absent."""

    def read(path: str) -> str | None:
        try:
            return read_bytes(subject.root / path, within=subject.root).decode()
        except (CovpathError, UnicodeDecodeError):
            return None

    return read


def _folders(subject: Subject) -> Callable[[str], bool]:
    """Tells the folders of the repository; links that lead out of it do not count."""
    root = subject.root.resolve()

    def is_folder(path: str) -> bool:
        found = (root / path).resolve()
        return found.is_relative_to(root) and found.is_dir()

    return is_folder


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
        if workflow.generated or (file and workflow.path.rsplit("/", 1)[-1] != file):
            continue
        jobs = tuple(job_id for job_id in workflow.jobs if fnmatchcase(job_id, name))
        if jobs:
            targets.append((workflow, jobs))
    if not targets:
        raise UsageError(f"no job matches {pattern!r}.", hint="A pattern is a job id with * and ?, or FILE:PATTERN.")
    return targets


def _show(
    proposals: tuple[Proposal, ...], accepted: frozenset[str], screen: TextIO, *, json_wanted: bool, undo: bool
) -> None:
    if json_wanted:
        screen.write(json.dumps([to_json(proposal, accepted) for proposal in proposals], indent=2) + "\n")
        return
    for proposal in proposals:
        if undo:
            screen.write(proposal.patch.reverse().diff())
            continue
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
