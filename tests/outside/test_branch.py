from __future__ import annotations

from pathlib import Path

import pytest

from covpath.errors import OutsideError, Refusal, UsageError
from covpath.outside.branch import NewCommit, create_branch, push
from covpath.outside.git import find_repository
from covpath.outside.revisions import history, show, tree
from outside.repositories import Scratch

COMMITS = (
    NewCommit(message="Make the job block\n\nBecause.\n", files={".github/workflows/ci.yml": b"on: push\r\n"}),
    NewCommit(message="Record the decision\n", files={"ci/ci-exceptions.yaml": b"version: 1\n", "run.sh": b"new\n"}),
)


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    scratch = Scratch(tmp_path / "repo")
    scratch.commit({".github/workflows/ci.yml": b"on: pull_request\n", "run.sh": b"old\n"})
    (scratch.root / "run.sh").chmod(0o755)
    scratch.commit({})
    return scratch


def test_commits_stand_on_a_branch_and_nothing_else_moves(scratch: Scratch) -> None:
    (scratch.root / "run.sh").write_bytes(b"being edited\n")
    (scratch.root / "staged").write_bytes(b"x")
    scratch.git("add", "staged")
    status = scratch.git("status", "--porcelain=v2", "--branch")
    index = (scratch.root / ".git" / "index").read_bytes()

    repository = scratch.repository()
    made = create_branch(repository, "covpath/coverage", base="main", commits=COMMITS)

    assert (scratch.root / ".git" / "index").read_bytes() == index
    assert scratch.git("status", "--porcelain=v2", "--branch") == status
    assert repository.resolve("covpath/coverage") == made
    assert scratch.git("log", "--format=%s|%an|%cn", "main..covpath/coverage").splitlines() == [
        "Record the decision|Ann Author|Carl Committer",
        "Make the job block|Ann Author|Carl Committer",
    ]
    assert show(repository, made, ".github/workflows/ci.yml") == b"on: push\r\n"
    modes = {entry.path: entry.mode for entry in tree(repository, made)}
    assert modes == {".github/workflows/ci.yml": "100644", "ci/ci-exceptions.yaml": "100644", "run.sh": "100755"}
    assert len(history(repository, "run.sh", made)) == 3


def test_an_existing_branch_is_not_moved(scratch: Scratch) -> None:
    scratch.git("branch", "covpath/coverage")
    with pytest.raises(Refusal, match="there is a branch covpath/coverage already"):
        create_branch(scratch.repository(), "covpath/coverage", base="main", commits=COMMITS)


@pytest.mark.parametrize("name", ["-f", "a..b", "a b", "", "x.lock"])
def test_what_cannot_name_a_branch(name: str, scratch: Scratch) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a branch"):
        create_branch(scratch.repository(), name, base="main", commits=COMMITS)


def test_a_link_is_not_replaced(scratch: Scratch) -> None:
    (scratch.root / "link").symlink_to("run.sh")
    scratch.commit({})
    with pytest.raises(Refusal, match="link is not a regular file"):
        create_branch(scratch.repository(), "b", base="main", commits=[NewCommit(message="m", files={"link": b"x"})])
    with pytest.raises(UsageError):
        scratch.repository().resolve("b")


def test_no_identity_is_told_in_the_words_of_git(scratch: Scratch, tmp_path: Path) -> None:
    environment = {
        name: value for name, value in scratch.environment.items() if "AUTHOR" not in name and "COMMITTER" not in name
    }
    (tmp_path / "home" / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    with pytest.raises(OutsideError, match="git commit-tree failed"):
        create_branch(find_repository(scratch.root, environment), "b", base="main", commits=COMMITS)


def test_no_hook_and_no_filter_runs(scratch: Scratch, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho ran >> {marker}\n")
    trap.chmod(0o755)
    scratch.commit({".gitattributes": b"* text=auto eol=lf filter=trap\n"})
    scratch.git("init", "--quiet", "--bare", str(tmp_path / "remote.git"))
    scratch.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    for name in ("reference-transaction", "pre-push", "post-index-change", "pre-commit", "commit-msg", "post-commit"):
        (scratch.root / ".git" / "hooks" / name).symlink_to(trap)
    for name in ("filter.trap.clean", "gpg.program", "core.fsmonitor", "core.askPass"):
        scratch.git("config", name, str(trap))
    scratch.git("config", "commit.gpgSign", "true")
    marker.unlink(missing_ok=True)
    made = create_branch(scratch.repository(), "b", base="main", commits=COMMITS)
    push(scratch.repository(), "b", remote="origin")
    assert not marker.exists()
    assert show(scratch.repository(), made, ".github/workflows/ci.yml") == b"on: push\r\n"


def test_a_branch_is_pushed_once_and_never_forced(scratch: Scratch, tmp_path: Path) -> None:
    scratch.git("init", "--quiet", "--bare", str(tmp_path / "remote.git"))
    scratch.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    repository = scratch.repository()
    made = create_branch(repository, "b", base="main", commits=COMMITS)
    push(repository, "b", remote="origin")
    assert scratch.git("ls-remote", "origin", "refs/heads/b").split()[0] == made

    scratch.git("branch", "-D", "b")
    create_branch(repository, "b", base="main", commits=COMMITS[:1])
    with pytest.raises(OutsideError, match=r"git push failed with exit status 1: .*rejected"):
        push(repository, "b", remote="origin")
    assert scratch.git("ls-remote", "origin", "refs/heads/b").split()[0] == made


def test_an_unknown_remote_is_told(scratch: Scratch) -> None:
    create_branch(scratch.repository(), "b", base="main", commits=COMMITS)
    with pytest.raises(UsageError, match=r"there is no remote 'origin'\. There is: none"):
        push(scratch.repository(), "b", remote="origin")


def test_a_remote_that_cannot_be_reached_is_told(scratch: Scratch, tmp_path: Path) -> None:
    scratch.git("remote", "add", "origin", str(tmp_path / "nowhere.git"))
    create_branch(scratch.repository(), "b", base="main", commits=COMMITS)
    with pytest.raises(
        OutsideError, match=r"git push failed with exit status 128: .*does not appear to be a git repository"
    ):
        push(scratch.repository(), "b", remote="origin")
