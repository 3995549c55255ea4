"""The audit of a commit that is being made: what a hook is asked about."""

from __future__ import annotations

from collections.abc import Mapping

from covpath.audits.report import AuditReport
from covpath.commands.audited import Asked, look_at
from covpath.commands.auditing import judge_branch, judge_commit
from covpath.commands.state import Committed, Staged
from covpath.errors import UsageError
from covpath.outside.git import Repository
from covpath.outside.index import index_of_commit, merged, staged


def judge_staged(
    repository: Repository, asked: Asked, environment: Mapping[str, str], *, strict: bool
) -> AuditReport | None:
    """What is staged, against HEAD, or the range of commits that pre-commit names; None where there is no change.

    Nothing is staged, and no commit is being made, where all files are checked (``pre-commit run --all-files``).
    Source of the names: pre-commit's documentation of ``--from-ref`` and ``--to-ref``, which it also
    gives to hooks before a push.
    """
    if not repository.has_git:
        raise UsageError(f"{repository.root} is not a git repository.", hint="Leave --staged out.")
    base, tip = environment.get("PRE_COMMIT_FROM_REF"), environment.get("PRE_COMMIT_TO_REF")
    if base and tip:
        here = look_at(repository, Committed(repository=repository, revision=repository.resolve(tip)), asked)
        return judge_branch(repository, here, base, asked, tip=tip, strict=strict)
    index = index_of_commit(repository, environment)
    found = staged(repository, index)
    if index is None and not found.changed:
        return None
    here = look_at(repository, Staged(repository=repository, index=found), asked)
    head = repository.head()
    parents = () if head is None else (head, *merged(repository))
    return judge_commit(repository, here, parents, asked, strict=strict)
