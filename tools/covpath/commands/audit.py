"""``covpath audit``: the exceptions file against workflows, calendar and history."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

from covpath.audits.report import AuditReport
from covpath.commands.audited import Asked, look_at
from covpath.commands.auditing import judge_alone, judge_branch
from covpath.commands.day import day_or_today
from covpath.commands.event import event_base
from covpath.commands.state import WorkingTree
from covpath.errors import ExitCode, UsageError
from covpath.outside.git import Repository, find_repository
from covpath.outside.transaction import recover
from covpath.report.audit_formats import write_report


def run(
    *,
    directories: list[Path],
    repos: Path | None,
    base: str | None,
    no_base: bool,
    staged: bool,
    today: str | None,
    kickoff: str | None,
    strict: bool,
    fix: bool,
    target: str | None,
    reason: str | None,
    branch: str | None,
    required: Path | None,
    repo: Path | None,
    format: str,  # noqa: A002 - the option's own name
    screen: TextIO,
) -> ExitCode:
    """Print the findings, the worst first; FINDINGS where one of them fails the audit."""
    asked = Asked(today=day_or_today(today), required=required, kickoff=kickoff)
    if directories or repos is not None:
        from covpath.commands.audit_many import audit_many

        if base or fix or kickoff or required or staged or repo is not None:
            raise UsageError(
                "many repositories are audited each by itself.",
                hint="Leave --repo, --base, --staged, --fix, --kickoff and --required out.",
            )
        return audit_many(directories, repos, asked, strict=strict, format=format, screen=screen)
    if not fix and (branch or target or reason):
        raise UsageError("--branch, --target and --reason say how to fix.", hint="Add --fix.")
    if staged and (base or no_base or fix):
        raise UsageError("--staged is about a commit.", hint="Leave --base, --no-base and --fix out.")
    repository = find_repository(repo if repo is not None else Path.cwd())
    recover(repository.root)
    report = _judge_staged(repository, asked, strict) if staged else None
    if report is None:
        here = look_at(repository, WorkingTree(root=repository.root), asked)
        if base is None and not no_base:
            base = event_base(repository, os.environ)
        if base is None:
            report = judge_alone(here, asked, strict=strict)
        else:
            report = judge_branch(repository, here, base, asked, strict=strict)
        if fix:
            from covpath.commands.audit_fix import prepare

            return prepare(repository, here, report, until=target, reason=reason, branch=branch, screen=screen)
    write_report(report, format, os.environ, screen)
    if report.unreadable:
        sys.stderr.writelines(f"covpath: {error}\n" for error in report.unreadable)
        return ExitCode.USAGE
    return ExitCode.FINDINGS if report.fails else ExitCode.DONE


def _judge_staged(repository: Repository, asked: Asked, strict: bool) -> AuditReport | None:
    # Imported here: hooks ask for it.
    from covpath.commands.commit import judge_staged

    return judge_staged(repository, asked, os.environ, strict=strict)
