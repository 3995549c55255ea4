"""``covpath exceptions``: write, read and render the exceptions file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from covpath.audits.adoption import adoptable
from covpath.commands.job_status import calendar_of, entry_of, load_ledger
from covpath.commands.subject import EXCEPTIONS_PATH, Subject, open_subject, required_checks
from covpath.errors import ExitCode, InputError, UsageError
from covpath.gate.judge import Judge
from covpath.ledger import editing
from covpath.ledger.beginning import begin
from covpath.ledger.draft import Draft, EvidenceDraft
from covpath.ledger.editing import Edited
from covpath.ledger.entries import read_target
from covpath.ledger.job_matching import NamedJob
from covpath.ledger.markdown_import import import_markdown
from covpath.ledger.markdown_render import is_current, render
from covpath.ledger.model import Accepted, JobName, Ledger, Target
from covpath.ledger.reading import load
from covpath.ledger.writing import change, preview
from covpath.outside.files import read_bytes, shown
from covpath.terms import Decision
from covpath.workflow.repository import find_job
from covpath.yamltext.source import Source, decode


def run(*, action: str, repo: Path | None, screen: TextIO, **given: object) -> ExitCode:
    """Do one action; a change is shown as a diff, and written with ``--write``."""
    subject = open_subject(repo)
    return _ACTIONS[action](subject, given, screen)


def evidence_draft(text: str) -> EvidenceDraft:
    """Evidence as given on the command line: an address, or a file's path from the root."""
    return EvidenceDraft(url=text) if "://" in text else EvidenceDraft(file=text)


def target_of(text: str) -> Target:
    """A target as given on the command line. Raises UsageError for what is none."""
    try:
        return read_target(text)
    except ValueError as error:
        raise UsageError(
            f"--target {text!r}: {error}", hint="Write `sprint 24` or a date such as 2026-10-30."
        ) from error


def job_name(subject: Subject, name: str) -> JobName:
    """The job as entries name it: ``ci.yml:coverage``."""
    workflow, job = find_job(subject.workflows.workflows, name)
    return JobName(workflow.path.rsplit("/", 1)[-1], job.id)


def apply(subject: Subject, edit: Callable[[Source], Edited], *, write: bool, screen: TextIO) -> None:
    """Show what an edit of the exceptions file does, and write it if asked; a new file is begun."""
    path = subject.root / EXCEPTIONS_PATH
    start = begin(EXCEPTIONS_PATH)
    edited = (change if write else preview)(subject.root, path, edit, begin=start)
    screen.write(edited.patch.diff(EXCEPTIONS_PATH) or "Nothing to change.\n")
    screen.writelines(f"{sentence}\n" for sentence in edited.said)
    if write:
        screen.write(f"Written: {EXCEPTIONS_PATH}.\n")


def _add(subject: Subject, given: dict[str, object], screen: TextIO) -> ExitCode:
    decision = Decision(given["decision"] or ("undecided" if not given["target"] else "permanent-advisory"))
    reason = _text(given, "reason")
    if not reason:
        raise UsageError("an entry needs its reason.", hint="Say in a sentence why the job does not block: --reason.")
    until = target_of(_text(given, "target")) if given["target"] else None
    permanent = decision is Decision.PERMANENT_ADVISORY
    draft = Draft(
        jobs=(job_name(subject, _text(given, "job")),),
        decision=decision,
        reason=reason,
        owner=_text(given, "owner") or None,
        target=None if permanent else until,
        review=until if permanent else None,
        evidence=tuple(evidence_draft(text) for text in _texts(given, "evidence")),
        accepts=tuple(_accepted(text) for text in _texts(given, "accept")),
    )
    apply(subject, lambda source: editing.add(source, draft), write=bool(given["write"]), screen=screen)
    return ExitCode.DONE


def _accepted(text: str) -> Accepted:
    try:
        return Accepted(text)
    except ValueError:
        known = ", ".join(str(one) for one in Accepted)
        raise UsageError(f"an entry cannot accept {text!r}.", hint=f"It can accept {known}.") from None


def _adopt(subject: Subject, given: dict[str, object], screen: TextIO) -> ExitCode:
    ledger = load_ledger(subject.root)
    judge = Judge(required=required_checks(subject.root, None))
    verdicts = [verdict for workflow in subject.workflows.workflows for verdict in judge.workflow(workflow)]
    until = target_of(_text(given, "target")) if given["target"] else None
    drafts = [
        Draft(
            jobs=(JobName(verdict.ref.workflow.rsplit("/", 1)[-1], verdict.ref.job),),
            decision=Decision.UNDECIDED,
            reason=_text(given, "reason") or reason,
            owner=_text(given, "owner") or None,
            target=until,
            accepts=accepts,
        )
        for verdict, reason, accepts in adoptable(verdicts)
        if entry_of(ledger, verdict.ref) is None
    ]
    if not drafts:
        screen.write("Nothing to adopt: every job that does not block has its entry.\n")
        return ExitCode.DONE
    apply(subject, lambda source: editing.add(source, *drafts), write=bool(given["write"]), screen=screen)
    return ExitCode.DONE


def _postpone(subject: Subject, given: dict[str, object], screen: TextIO) -> ExitCode:
    if not given["target"]:
        raise UsageError("until when?", hint="Say `--target 'sprint 25'` or a date.")
    name, until = job_name(subject, _text(given, "job")), target_of(_text(given, "target"))
    reason = _text(given, "reason")
    apply(
        subject,
        lambda source: editing.postpone(source, name, until, reason),
        write=bool(given["write"]),
        screen=screen,
    )
    return ExitCode.DONE


def _resolve(subject: Subject, given: dict[str, object], screen: TextIO) -> ExitCode:
    text = _text(given, "job")
    try:
        name = job_name(subject, text)
    except UsageError:  # the job may be gone, which is one reason to resolve its entry
        name = JobName.parse(text) if ":" in text else JobName("", text)  # type: ignore[arg-type]
        if not name.file:
            raise
    apply(subject, lambda source: editing.resolve(source, (name,)), write=bool(given["write"]), screen=screen)
    return ExitCode.DONE


def _import(subject: Subject, given: dict[str, object], screen: TextIO) -> ExitCode:
    page = Path(str(given["page"]))
    page = page if page.is_absolute() or page.exists() else subject.root / page
    text = decode(shown(page, subject.root), read_bytes(page)).text
    jobs = [
        NamedJob(ref=workflow.ref(job), name=job.name.value if job.name is not None else None)
        for workflow in subject.workflows.workflows
        for job in workflow.jobs.values()
    ]
    imported = import_markdown(text, shown(page, subject.root), jobs)
    certain = [entry for entry in imported.entries if entry.draft.jobs]
    for entry in imported.entries:
        screen.writelines(f"{entry.place}: {remark}\n" for remark in entry.remarks)
        if not entry.draft.jobs:
            known = " or ".join(map(str, entry.candidates)) or "none that is known"
            screen.write(f"{entry.place}: {entry.title!r} is not imported: its job may be {known}.\n")
    screen.writelines(f"{remark}\n" for remark in imported.remarks)
    if not certain:
        raise InputError("no entry of the page names a job of a workflow.", hint="Name jobs as FILE:ID in the page.")
    path = subject.root / EXCEPTIONS_PATH
    start = begin(EXCEPTIONS_PATH, preamble=imported.preamble)
    edited = (change if given["write"] else preview)(
        subject.root, path, lambda source: editing.add(source, *(entry.draft for entry in certain)), begin=start
    )
    screen.write(edited.patch.diff(EXCEPTIONS_PATH))
    if given["write"]:
        screen.write(f"Written: {EXCEPTIONS_PATH}.\n")
    return ExitCode.DONE


def _render(subject: Subject, given: dict[str, object], screen: TextIO) -> ExitCode:
    ledger = _ledger(subject)
    calendar = calendar_of(subject.root, ledger)
    page = given["check"]
    if page is None:
        screen.write(render(ledger, calendar))
        return ExitCode.DONE
    if is_current(read_bytes(Path(str(page))).decode("utf-8", "replace"), ledger, calendar):
        screen.write(f"{page} is current.\n")
        return ExitCode.DONE
    screen.write(f"{page} is not current: covpath exceptions render > {page}\n")
    return ExitCode.FINDINGS


def _check(subject: Subject, given: dict[str, object], screen: TextIO) -> ExitCode:
    del given
    ledger = _ledger(subject)
    count = len(ledger.open_entries)
    screen.write(f"{EXCEPTIONS_PATH} is valid: {count} open {'entry' if count == 1 else 'entries'}.\n")
    return ExitCode.DONE


def _ledger(subject: Subject) -> Ledger:
    return load(subject.root / EXCEPTIONS_PATH, subject.root)


def _text(given: dict[str, object], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""


def _texts(given: dict[str, object], name: str) -> list[str]:
    value = given.get(name)
    return [str(item) for item in value] if isinstance(value, list) else []


_ACTIONS: dict[str, Callable[[Subject, dict[str, object], TextIO], ExitCode]] = {
    "add": _add,
    "adopt": _adopt,
    "postpone": _postpone,
    "resolve": _resolve,
    "import": _import,
    "render": _render,
    "check": _check,
}
