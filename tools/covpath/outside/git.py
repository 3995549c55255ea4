"""A repository, and git asked about it: its revisions, branches and remotes.

Reading never runs anything: no hook, no text conversion, no file monitor, no pager, no
signature check, no fetch of missing objects, whatever the repository's configuration asks
for. A plain directory is a repository too, one without git facts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from covpath.errors import OutsideError, UsageError

if TYPE_CHECKING:
    from covpath.outside.processes import Completed

TIMEOUT_SECONDS = 60.0
WORKFLOWS = ".github/workflows"

# Set by git around hooks; they would turn our questions to another repository or index.
_OF_ANOTHER_REPOSITORY = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)

_QUIET = {
    "GCM_INTERACTIVE": "never",
    "GIT_ASKPASS": "",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    "SSH_ASKPASS_REQUIRE": "never",
}

_NOTHING_RUNS = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "log.showSignature=false")


class Remote(Struct, frozen=True, kw_only=True):
    """A remote and the address it is fetched from, shorthands spelled out."""

    name: str
    url: str


class Repository(Struct, frozen=True, kw_only=True):
    """A directory with workflows, ``root`` its top; ``has_git`` says whether git can be asked about it."""

    root: Path
    has_git: bool
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def __repr__(self) -> str:
        return f"Repository({str(self.root)!r})"  # an environment may hold secrets

    def git(
        self, *arguments: str, given: bytes = b"", expected: Sequence[int] = (0,), index: Path | None = None
    ) -> Completed:
        """Ask git something that only reads, of another ``index`` than its own where one is given.

        Raises OutsideError where git cannot answer.
        """
        quiet = quiet_environment(self.environment) | {"GIT_ALLOW_PROTOCOL": "none"}
        if index is not None:
            quiet["GIT_INDEX_FILE"] = str(index)
        return run_git(self, arguments, quiet, given=given, expected=expected)

    def resolve(self, revision: str) -> str:
        """The commit id ``revision`` names. Raises UsageError where it names none."""
        done = self.git(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", expected=(0, 1)
        )
        if done.exit_status:
            raise UsageError(f"there is no commit {revision!r} in this repository.", hint=self._how_to_get(revision))
        return done.output.decode("ascii").strip()

    def _how_to_get(self, revision: str) -> str:
        remote, _, branch = revision.partition("/")
        more = "--unshallow " if self.is_shallow() else ""
        if branch and any(one.name == remote for one in self.remotes()):
            return f"Fetch it first: git fetch {more}{remote} {branch}:refs/remotes/{revision}"
        return f"Fetch it first: git fetch {more}".rstrip() if more else "Check its name, or fetch it."

    def head(self) -> str | None:
        """The commit that is checked out; None before the first commit."""
        done = self.git("rev-parse", "--verify", "--quiet", "HEAD^{commit}", expected=(0, 1))
        return done.output.decode("ascii").strip() or None

    def is_shallow(self) -> bool:
        """Whether the history was cut off when this was cloned."""
        return self.git("rev-parse", "--is-shallow-repository").output.strip() == b"true"

    def merge_base(self, one: str, other: str) -> str | None:
        """The newest commit both come from; None where none is known (also in a shallow clone)."""
        done = self.git("merge-base", self.resolve(one), self.resolve(other), expected=(0, 1))
        return done.output.decode("ascii").strip() or None

    def current_branch(self) -> str | None:
        """The branch that is checked out; None on a detached commit."""
        return text_of(self.git("symbolic-ref", "--quiet", "--short", "HEAD", expected=(0, 1))) or None

    def default_branch(self, remote: str = "origin") -> str | None:
        """The branch the remote calls its default, as far as this clone knows."""
        done = self.git("symbolic-ref", "--quiet", "--short", f"refs/remotes/{remote}/HEAD", expected=(0, 1))
        return text_of(done).removeprefix(f"{remote}/") or None

    def remotes(self) -> tuple[Remote, ...]:
        """The remotes in git's order."""
        lines = (line.split("\t", 1) for line in text_of(self.git("remote", "-v")).splitlines())
        return tuple(
            Remote(name=name, url=rest.removesuffix("(fetch)").strip())
            for name, rest in lines
            if rest.endswith("(fetch)")
        )

    def remote(self, name: str) -> Remote:
        """The remote of that name. Raises UsageError where there is none."""
        known = {one.name: one for one in self.remotes()} if self.has_git else {}
        if name not in known:
            raise UsageError(f"there is no remote {name!r}.", hint=f"There is: {', '.join(known) or 'none'}.")
        return known[name]


def find_repository(start: Path, environment: Mapping[str, str] | None = None) -> Repository:
    """The repository that ``start`` lies in: the nearest directory upwards with git or workflows.

    Where there is none, ``start`` itself, without git facts. Runs nothing.
    """
    start = start.resolve()
    if not start.is_dir():
        raise UsageError(f"{start} is not a directory.", hint="Name the directory that holds .github/workflows.")
    surroundings = dict(os.environ if environment is None else environment)
    for directory in (start, *start.parents):
        if (directory / ".git").exists():
            return Repository(root=directory, has_git=True, environment=surroundings)
        if (directory / WORKFLOWS).is_dir():
            return Repository(root=directory, has_git=False, environment=surroundings)
    if (start / "HEAD").is_file() and (start / "objects").is_dir():
        raise UsageError(f"{start} is a bare git repository: no files lie there.", hint="Clone it, and stand there.")
    return Repository(root=start, has_git=False, environment=surroundings)


def quiet_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """``environment`` in which git asks nobody anything and looks at no other repository."""
    kept = {name: value for name, value in environment.items() if name not in _OF_ANOTHER_REPOSITORY}
    return kept | _QUIET


def run_git(
    repository: Repository,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    given: bytes = b"",
    expected: Sequence[int] = (0,),
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Completed:
    """Run git in the repository's root; the one place that does."""
    if not repository.has_git:
        raise UsageError(f"{repository.root} is not a git repository.", hint="What was asked needs its history.")
    # Imported here: much of what covpath tells asks git nothing.
    from covpath.outside.processes import failure, run

    done = run(
        ("git", *_NOTHING_RUNS, *arguments),
        directory=repository.root,
        environment=environment,
        timeout_seconds=timeout_seconds,
        called=f"git {arguments[0]}",
        given=given,
        expected=range(-64, 256),
    )
    if done.exit_status in expected:
        return done
    if b"dubious ownership" in done.error_output:
        raise OutsideError(
            f"git does not trust {repository.root}: it belongs to another user.",
            hint=f'If you do: git config --global --add safe.directory "{repository.root}"',
        )
    if b"not a git repository" in done.error_output:
        raise OutsideError(
            f"git finds no repository at {repository.root}, although there is a .git.",
            hint="Mend .git (git worktree repair, where that is what it is), or take it away to go without history.",
        )
    raise failure(done)


def text_of(done: Completed) -> str:
    """What git wrote, stripped; bytes that are not UTF-8 survive a way back."""
    return done.output.decode("utf-8", "surrogateescape").strip()
