"""The changes of the exceptions file that people ask for: add, adopt, postpone, resolve, import."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TextIO

from covpath.audits.adoption import adoptable
from covpath.audits.levers import is_partly_soft, is_soft
from covpath.commands.audited import Asked, look_at
from covpath.commands.day import day_or_today
from covpath.commands.exceptions_file import (
    apply,
    calendar_data,
    evidence_draft,
    job_name,
    name_of,
    suggested_owner,
    target_of,
)
from covpath.commands.job_status import load_ledger
from covpath.commands.state import WorkingTree
from covpath.commands.subject import Subject
from covpath.errors import ExitCode, InputError, Refusal, UsageError
from covpath.gate.verdict import JobVerdict
from covpath.ledger import editing
from covpath.ledger.beginning import begin
from covpath.ledger.draft import Draft
from covpath.ledger.job_matching import NamedJob
from covpath.ledger.markdown_import import ImportedPage, import_markdown
from covpath.ledger.model import DEFAULT_PATH, Accepted, JobName
from covpath.outside.files import read_bytes, shown
from covpath.terms import Decision, Gate
from covpath.workflow.repository import find_job
from covpath.yamltext.source import decode


def add(
    subject: Subject,
    *,
    job: str,
    decision: str | None,
    owner: str | None,
    target: str | None,
    reason: str | None,
    evidence: list[str],
    accept: list[str],
    calendar: str | None,
    write: bool,
    screen: TextIO,
) -> None:
    """One entry. What it accepts is the gate as it is today, unless ``accept`` says more or something else."""
    if not reason:
        raise UsageError("an entry needs its reason.", hint="Say in a sentence why the job does not block: --reason.")
    decided = Decision(decision or Decision.UNDECIDED.value)
    _expect_owner(subject, decided, owner)
    until = target_of(target) if target else None
    permanent = decided is Decision.PERMANENT_ADVISORY
    verdict = _verdict(subject, job)
    draft = Draft(
        jobs=(job_name(subject, job),),
        decision=decided,
        reason=reason,
        owner=owner,
        target=None if permanent else until,
        review=until if permanent else None,
        evidence=tuple(map(evidence_draft, evidence)),
        accepts=tuple(map(_accepted, accept)) or _as_it_is(verdict),
    )
    data = None if calendar is None else calendar_data(calendar)
    apply(subject, lambda source: editing.add(source, draft, calendar=data), write=write, screen=screen)
    if verdict.gate is Gate.BLOCKING and not is_partly_soft(verdict) and Accepted.NO_DATA not in draft.accepts:
        screen.write(f"{draft.jobs[0]} blocks: the audit will ask to resolve the entry.\n")


def adopt(
    subject: Subject,
    *,
    owner: str | None,
    target: str | None,
    reason: str | None,
    calendar: str | None,
    write: bool,
    screen: TextIO,
) -> ExitCode:
    """One undecided entry for each job that the audit finds unexplained, accepting what is so today.

    USAGE where a workflow could not be read: the rest is adopted all the same.
    """
    here = look_at(subject.repository, WorkingTree(root=subject.root), Asked(today=day_or_today(None)))
    for error in here.unreadable:
        if error.place is not None and error.place.file == DEFAULT_PATH:
            raise error  # nobody knows what it explains
        screen.write(f"not read, so nothing of it is adopted: {error}\n")
    code = ExitCode.USAGE if here.unreadable else ExitCode.DONE
    drafts = [
        Draft(
            jobs=(name_of(found.verdict.ref),),
            decision=Decision.UNDECIDED,
            reason=reason or found.reason,
            owner=owner,
            target=target_of(target) if target else None,
            accepts=found.accepts,
        )
        for found in adoptable(here.subject)
    ]
    if not drafts:
        of_these = " that could be read" if here.unreadable else ""
        screen.write(f"Nothing to adopt: every job{of_these} that does not block has its entry.\n")
        return code
    data = None if calendar is None else calendar_data(calendar)
    apply(
        subject,
        lambda source: editing.add(source, *drafts, calendar=data),
        write=write,
        screen=screen,
        begun=begin(DEFAULT_PATH, owner=owner),
    )
    if owner is None and (known := suggested_owner(subject)) is not None:
        screen.write(f"Nobody owns these entries yet; CODEOWNERS names {known}: --owner {known}.\n")
    return code


def postpone(
    subject: Subject,
    *,
    job: str,
    target: str | None,
    reason: str | None,
    evidence: list[str],
    write: bool,
    screen: TextIO,
) -> None:
    """Move the target, or the review, with the reason and perhaps new evidence."""
    if not target:
        raise UsageError("until when?", hint="Say `--target 'sprint 25'` or a date.")
    move = partial(
        editing.postpone,
        job=job_name(subject, job),
        until=target_of(target),
        reason=reason or "",
        evidence=tuple(map(evidence_draft, evidence)),
    )
    apply(subject, move, write=write, screen=screen)


def resolve(subject: Subject, *, job: str, mark: bool, today: str | None, write: bool, screen: TextIO) -> None:
    """Take the job's entry out, or with ``mark`` keep it as resolved that day.

    The job may be gone, which is one reason to resolve its entry. Raises Refusal where a job
    that is still soft is to be called resolved.
    """
    gate: Gate | None = None
    try:
        name = job_name(subject, job)
        gate = _verdict(subject, job).gate
    except UsageError:
        if ":" not in job:
            raise
        name = JobName.parse(job)
    soft = gate is not None and is_soft(gate)
    if mark and soft:
        raise Refusal(
            f"{name} is still {gate}; nothing is called resolved that does not block.",
            hint=f"covpath move {name} --gate blocking comes first.",
        )
    on = day_or_today(today) if mark else None
    apply(subject, lambda source: editing.resolve(source, (name,), on=on), write=write, screen=screen)
    if soft:
        screen.write(f"{name} is still {gate}: without an entry the audit will ask for one.\n")


def import_page(subject: Subject, *, page: Path, calendar: str | None, write: bool, screen: TextIO) -> None:
    """Read a Markdown registry; an entry for each of its sections whose job is certain."""
    page = page if page.is_absolute() or page.exists() else subject.root / page
    inside = page.resolve().is_relative_to(subject.root.resolve())
    # The entries say where they come from, and another machine has other folders.
    called = shown(page, subject.root) if inside else page.name
    text = decode(called, read_bytes(page)).text
    jobs = [
        NamedJob(ref=workflow.ref(job), name=job.name.value if job.name is not None else None)
        for workflow in subject.workflows.workflows
        for job in workflow.jobs.values()
    ]
    imported = import_markdown(text, called, jobs)
    _remark(imported, screen)
    drafts = [entry.draft for entry in imported.entries if entry.draft.jobs]
    if not drafts:
        raise InputError("no entry of the page names a job of a workflow.", hint="Name jobs as FILE:ID in the page.")
    data = None if calendar is None else calendar_data(calendar)
    apply(
        subject,
        lambda source: editing.add(source, *drafts, calendar=data),
        write=write,
        screen=screen,
        begun=begin(DEFAULT_PATH, preamble=imported.preamble),
    )


def _remark(imported: ImportedPage, screen: TextIO) -> None:
    for entry in imported.entries:
        screen.writelines(f"{entry.place}: {remark}\n" for remark in entry.remarks)
        if not entry.draft.jobs:
            known = (
                f"its job may be {' or '.join(map(str, entry.candidates))}" if entry.candidates else "it names no job"
            )
            screen.write(f"{entry.place}: {entry.title!r} is not imported: {known}.\n")
    screen.writelines(f"{remark}\n" for remark in imported.remarks)


def _expect_owner(subject: Subject, decision: Decision, owner: str | None) -> None:
    """A decision needs somebody who answers for it; who that may be is only suggested."""
    ledger = load_ledger(subject.root)
    if decision is Decision.UNDECIDED or owner or (ledger is not None and ledger.owner):
        return
    known = suggested_owner(subject)
    raise UsageError(
        "who answers for it?",
        hint=f"CODEOWNERS names {known}: --owner {known}." if known else "Name a person or a team: --owner @org/team.",
    )


def _accepted(text: str) -> Accepted:
    try:
        return Accepted(text)
    except ValueError:
        known = ", ".join(str(one) for one in Accepted)
        raise UsageError(f"an entry cannot accept {text!r}.", hint=f"It can accept {known}.") from None


def _verdict(subject: Subject, name: str) -> JobVerdict:
    """A job as the audit sees it. Raises UsageError where there is no such job."""
    workflow, job = find_job(subject.workflows.workflows, name)
    here = look_at(subject.repository, WorkingTree(root=subject.root), Asked(today=day_or_today(None)))
    verdict = here.subject.verdicts.of(workflow.ref(job))
    assert verdict is not None
    return verdict


def _as_it_is(verdict: JobVerdict) -> tuple[Accepted, ...]:
    """The gate of today, so that another one is noticed; nothing where it blocks."""
    return () if verdict.gate is Gate.BLOCKING else (Accepted(str(verdict.gate)),)
