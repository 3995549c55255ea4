"""``--pr``: a branch with the commits, pushed, and the pull request's text or the request itself."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from covpath.commands.subject import Subject
from covpath.errors import UsageError
from covpath.moves.proposal import Proposal
from covpath.outside.branch import NewCommit, create_branch, push
from covpath.outside.pull_request import Opened, PullRequest, open_or_write
from covpath.report.move_text import explanation

TEXT_NAME = "covpath-pull-request.md"


def send_pull_request(
    subject: Subject,
    proposals: tuple[Proposal, ...],
    accepted: frozenset[str],
    *,
    remote: str,
    text: Path | None,
) -> str:
    """Make the branch, push it, open the pull request; what was done, for the screen.

    The working tree and the index stay as they are. Where no GitHub can be reached the text
    goes to ``text``, or to a file in the folder one stands in.
    """
    repository = subject.repository
    if not repository.has_git:
        raise UsageError("there is no git repository to make a branch in.", hint="Use --write instead of --pr.")
    target = repository.remote(remote)
    base = repository.default_branch(remote) or repository.current_branch() or "main"
    commits = [
        NewCommit(
            message=f"{proposal.title}\n\n{explanation(proposal, accepted)}",
            files={proposal.before.path: proposal.after.document.source.encode()},
        )
        for proposal in proposals
    ]
    branch = _branch_name(proposals)
    create_branch(repository, branch, base="HEAD", commits=commits)
    push(repository, branch, remote=remote)
    wanted = PullRequest(title=proposals[0].title, body=_body(proposals, accepted), head=branch, base=base)
    file = text if text is not None else Path.cwd() / TEXT_NAME
    result = open_or_write(target.url, wanted, file=file, environment=repository.environment)
    if isinstance(result, Opened):
        return f"Pushed {branch} to {remote}; opened {result.url}.\n"
    return f"Pushed {branch} to {remote}; no pull request was opened ({result.reason}). Its text is in {result.file}.\n"


def _branch_name(proposals: tuple[Proposal, ...]) -> str:
    """A name that tells the move and is the same for the same edit."""
    words = re.sub(r"[^a-z0-9]+", "-", proposals[0].title.lower()).strip("-")[:48].rstrip("-")
    edits = "".join(proposal.patch.diff() for proposal in proposals)
    return f"covpath/{words}-{hashlib.sha256(edits.encode()).hexdigest()[:8]}"


def _body(proposals: tuple[Proposal, ...], accepted: frozenset[str]) -> str:
    parts = []
    for proposal in proposals:
        parts.append(explanation(proposal, accepted))
        parts.append(f"```diff\n{proposal.patch.diff()}```\n")
        parts.append("To undo exactly this, apply:\n")
        parts.append(f"```diff\n{proposal.patch.reverse().diff()}```\n")
    return "\n".join(parts)
