"""A branch with commits, made and pushed without touching the index or the working tree.

No hook runs and nobody is asked for a password. The bytes of the files are committed as
they are given: no line-ending or other filter is applied.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from covpath.errors import Refusal, UsageError
from covpath.outside.git import Repository, quiet_environment, run_git, text_of

PUSH_TIMEOUT_SECONDS = 180.0


class NewCommit(Struct, frozen=True, kw_only=True):
    """One commit to make: its message, and the whole content of each file it changes."""

    message: str
    files: Mapping[str, bytes]


def create_branch(repository: Repository, name: str, *, base: str, commits: Sequence[NewCommit]) -> str:
    """Make the branch ``name`` with ``commits`` on top of ``base``; the id of its last commit.

    Author and committer are the user's own, as git is configured. Raises Refusal where the
    branch exists, and OutsideError where git refuses (no user name, no such base).
    """
    reference = _reference(repository, name)
    parent = repository.resolve(base)
    if repository.git("rev-parse", "--verify", "--quiet", reference, expected=(0, 1)).exit_status == 0:
        raise Refusal(f"there is a branch {name} already.", hint=f"Delete it (git branch -D {name}) or name another.")
    with tempfile.TemporaryDirectory(prefix="covpath-") as scratch:
        environment = quiet_environment(repository.environment) | {"GIT_INDEX_FILE": str(Path(scratch, "index"))}

        def git(*arguments: str, given: bytes = b"") -> str:
            return text_of(run_git(repository, arguments, environment, given=given))

        git("read-tree", parent)
        for commit in commits:
            for path, data in commit.files.items():
                blob = git("hash-object", "-w", "--stdin", given=data)
                git("update-index", "--add", "--cacheinfo", f"{_mode(repository, parent, path)},{blob},{path}")
            parent = git("commit-tree", git("write-tree"), "-p", parent, "-F", "-", given=commit.message.encode())
        # The empty old value: made only if it still does not exist.
        git("update-ref", "--create-reflog", "-m", "covpath", reference, parent, "0" * len(parent))
    return parent


def push(repository: Repository, name: str, *, remote: str) -> None:
    """Push the branch ``name`` to ``remote``, which must not have a different one of that name.

    Uses the user's own credential helpers and ssh keys, and asks nobody.
    """
    reference = _reference(repository, name)
    repository.remote(remote)  # which raises where there is none
    run_git(
        repository,
        (
            *("push", "--no-verify", "--no-signed", "--no-follow-tags", "--recurse-submodules=no", "--porcelain"),
            *("--", remote, f"{reference}:{reference}"),
        ),
        quiet_environment(repository.environment),
        timeout_seconds=PUSH_TIMEOUT_SECONDS,
    )


def _reference(repository: Repository, name: str) -> str:
    reference = f"refs/heads/{name}"
    if name.startswith("-") or repository.git("check-ref-format", reference, expected=(0, 1)).exit_status:
        raise UsageError(f"{name!r} cannot be the name of a branch.")
    return reference


def _mode(repository: Repository, commit: str, path: str) -> str:
    """The mode ``path`` has, so that a script stays executable; links are not replaced."""
    listed = text_of(repository.git("ls-tree", "--full-tree", commit, "--", path))
    mode = listed.split(" ", 1)[0] or "100644"
    if not mode.startswith("100"):
        raise Refusal(f"{path} is not a regular file in git; it is not replaced.")
    return mode
