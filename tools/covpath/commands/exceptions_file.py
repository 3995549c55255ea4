"""What every change of the exceptions file begins and ends with: names, targets, evidence; the diff, the write."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from covpath.commands.subject import Subject
from covpath.errors import CovpathError, InputError, Place, UsageError
from covpath.ledger.beginning import begin
from covpath.ledger.code_owners import PATHS, default_owner
from covpath.ledger.draft import EvidenceDraft
from covpath.ledger.editing import Edited
from covpath.ledger.entries import read_target
from covpath.ledger.model import DEFAULT_PATH, JobName, Target
from covpath.ledger.writing import change, preview
from covpath.outside.files import read_bytes
from covpath.terms import JobRef
from covpath.workflow.repository import find_job
from covpath.yamltext.nodes import Plain
from covpath.yamltext.source import Source


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


def name_of(ref: JobRef) -> JobName:
    """A job as entries name it: ``ci.yml:coverage``. Raises InputError for a file that no text can name."""
    if not ref.workflow.isprintable() and any("\ud800" <= char <= "\udfff" for char in ref.workflow):
        raise InputError(
            "the name of this file is not UTF-8, and no entry can name it.",
            place=Place(ref.workflow),
            hint="Rename it.",
        )
    return JobName(ref.workflow.rsplit("/", 1)[-1], ref.job)


def job_name(subject: Subject, name: str) -> JobName:
    """The job called ``name`` as entries name it."""
    workflow, job = find_job(subject.workflows.workflows, name)
    return name_of(workflow.ref(job))


def calendar_data(text: str) -> dict[str, Plain]:
    """A calendar as given on the command line: the keys of ``calendar:`` as ``key=value``, with commas.

    ``sprint=23,starts=2026-03-22,days=14``, or ``file=sprint.json,sprint=/sprint,starts=/start,days=14``.
    What they may be the schema says. Raises UsageError where it is no such list.
    """
    found: dict[str, Plain] = {}
    for part in text.split(","):
        key, equals, value = part.partition("=")
        if not equals or not value.strip():
            raise UsageError(
                f"--calendar: {part!r} is not of the form key=value.",
                hint="Write sprint=23,starts=2026-03-22,days=14 or file=FILE,sprint=/POINTER,starts=/POINTER,days=14.",
            )
        found[key.strip()] = int(value) if value.strip().isdecimal() else value.strip()
    return found


def suggested_owner(subject: Subject) -> str | None:
    """Whom CODEOWNERS names for everything, if that is one owner."""
    for path in PATHS:
        if (subject.root / path).is_file():
            try:
                return default_owner(read_bytes(subject.root / path, within=subject.root).decode("utf-8", "replace"))
            except CovpathError:
                return None
    return None


def apply(
    subject: Subject, edit: Callable[[Source], Edited], *, write: bool, screen: TextIO, begun: Source | None = None
) -> None:
    """Show what an edit of the exceptions file does, and write it if asked; a new file is begun as ``begun``."""
    path = subject.root / DEFAULT_PATH
    start = begun if begun is not None else begin(DEFAULT_PATH)
    edited = (change if write else preview)(subject.root, path, edit, begin=start)
    screen.write(edited.patch.diff(DEFAULT_PATH) or "Nothing to change.\n")
    screen.writelines(f"{sentence}\n" for sentence in edited.said)
    screen.write(f"Written: {DEFAULT_PATH}.\n" if write else "Nothing is written without --write.\n")
