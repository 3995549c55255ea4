"""From one state, or from a branch and what it is meant for, to the record of an audit."""

from __future__ import annotations

from covpath.audits.comparison import Judged, all_new, compare
from covpath.audits.report import AuditReport
from covpath.audits.table import audit
from covpath.commands.audited import Asked, Audited, look_at
from covpath.commands.state import Committed
from covpath.errors import CovpathError
from covpath.outside.git import Repository


def judge_alone(here: Audited, asked: Asked, *, strict: bool) -> AuditReport:
    """The audit of one state: everything in it counts."""
    return _report(here, asked, all_new(audit(here.subject)), here.unreadable, strict=strict)


def judge_branch(repository: Repository, here: Audited, base: str, asked: Asked, *, strict: bool) -> AuditReport:
    """The audit of what the branch here changes since it left ``base``; the rest is told as standing.

    Raises UsageError where there is no such revision.
    """
    began = repository.merge_base(base, "HEAD")
    remarks: tuple[str, ...] = ()
    if began is None:
        began = repository.resolve(base)
        shallow = " (a shallow clone)" if repository.is_shallow() else ""
        remarks = (f"where this branch left {base} is unknown{shallow}: compared with {base} as it is now",)
    there = look_at(repository, Committed(repository=repository, revision=began), asked)
    judged = compare(audit(here.subject), audit(there.subject), there.subject)
    before = {_essence(error) for error in there.unreadable}
    new = tuple(error for error in here.unreadable if _essence(error) not in before)
    old = tuple(error for error in here.unreadable if _essence(error) in before)
    return _report(here, asked, judged, new, old, base=base, remarks=remarks, strict=strict)


def _essence(error: CovpathError) -> tuple[str, str]:
    """What an unreadable file is known by, wherever in it the error stands."""
    return (error.place.file if error.place is not None else "", error.message)


def _report(
    here: Audited,
    asked: Asked,
    judged: tuple[Judged, ...],
    unreadable: tuple[CovpathError, ...],
    unreadable_before: tuple[CovpathError, ...] = (),
    *,
    base: str | None = None,
    remarks: tuple[str, ...] = (),
    strict: bool,
) -> AuditReport:
    subject = here.subject
    return AuditReport(
        today=asked.today,
        jobs=len(subject.verdicts.refs),
        entries=len(subject.open_entries),
        exceptions_file=subject.exceptions_path if subject.ledger is not None else None,
        judged=judged,
        unreadable=unreadable,
        unreadable_before=unreadable_before,
        base=base,
        remarks=remarks,
        strict=strict,
    )
