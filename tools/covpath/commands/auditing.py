"""From one state, or from a change and what it is meant for, to the record of an audit."""

from __future__ import annotations

from collections.abc import Sequence

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


def judge_branch(
    repository: Repository, here: Audited, base: str, asked: Asked, *, tip: str = "HEAD", strict: bool
) -> AuditReport:
    """The audit of what the branch here changes since it left ``base``; the rest is told as standing.

    ``tip`` is the commit it ends with. Raises UsageError where there is no such revision.
    """
    began = repository.merge_base(base, tip)
    remarks: tuple[str, ...] = ()
    if began is None:
        began = repository.resolve(base)
        shallow = " (a shallow clone)" if repository.is_shallow() else ""
        remarks = (f"where this branch left {base} is unknown{shallow}: compared with {base} as it is now",)
    return _judge_change(repository, here, (began,), asked, called=base, remarks=remarks, strict=strict)


def judge_commit(
    repository: Repository, here: Audited, parents: Sequence[str], asked: Asked, *, strict: bool
) -> AuditReport:
    """The audit of what the commit that is being made changes: none of its ``parents`` has it. The rest is standing.

    All of the first commit is new.
    """
    if not parents:
        return judge_alone(here, asked, strict=strict)
    called = "HEAD" if len(parents) == 1 else "HEAD and what is merged"
    return _judge_change(repository, here, parents, asked, called=called, change="commit", strict=strict)


def _judge_change(
    repository: Repository,
    here: Audited,
    parents: Sequence[str],
    asked: Asked,
    *,
    called: str,
    change: str = "branch",
    remarks: tuple[str, ...] = (),
    strict: bool,
) -> AuditReport:
    there = [look_at(repository, Committed(repository=repository, revision=one), asked) for one in parents]
    before = [audit(one.subject) for one in there]
    judged = compare(audit(here.subject), before, there[0].subject, change)
    known = {_essence(error) for one in there for error in one.unreadable}
    new = tuple(error for error in here.unreadable if _essence(error) not in known)
    old = tuple(error for error in here.unreadable if _essence(error) in known)
    return _report(here, asked, judged, new, old, base=called, change=change, remarks=remarks, strict=strict)


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
    change: str = "branch",
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
        change=change,
        remarks=remarks,
        strict=strict,
    )
