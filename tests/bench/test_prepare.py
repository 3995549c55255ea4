from __future__ import annotations

import subprocess
from pathlib import Path

from covpath.bench.prepare import copy_repository, digest_of


def git(repo: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    done = subprocess.run(("git", *identity, *arguments), cwd=repo, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def repository(folder: Path) -> Path:
    repo = folder / "repo"
    repo.mkdir()
    git(repo, "init", "-q", "-b", "main")
    (repo / ".gitignore").write_text("ignored\n")
    (repo / "tracked").write_text("old")
    (repo / "deleted").write_text("")
    (repo / "run.sh").write_text("")
    (repo / "run.sh").chmod(0o755)
    (repo / "link").symlink_to("tracked")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "one")
    git(repo, "remote", "add", "origin", "https://user:secret@example.com/x.git")
    (repo / "tracked").write_text("new")
    (repo / "deleted").unlink()
    (repo / "ignored").write_text("")
    (repo / "untracked").write_text("")
    (repo / ".covpath").mkdir()
    (repo / ".covpath" / "trials").write_text("")
    return repo


def test_a_copy_is_a_checkout_of_the_working_tree(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    copy = tmp_path / "copy"
    copy_repository(repo, copy)
    assert {path.name for path in copy.iterdir()} == {".git", ".gitignore", "tracked", "run.sh", "link", "untracked"}
    assert (copy / "tracked").read_text() == "new"
    assert (copy / "run.sh").stat().st_mode & 0o111
    assert (copy / "link").is_symlink()
    assert git(copy, "rev-parse", "HEAD") == git(repo, "rev-parse", "HEAD")
    assert git(copy, "status", "--porcelain") == "D deleted\n M tracked\n?? untracked"
    assert "secret" not in (copy / ".git" / "config").read_text()


def test_nothing_done_in_the_copy_reaches_the_repository(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    before = git(repo, "rev-parse", "HEAD")
    copy = tmp_path / "copy"
    copy_repository(repo, copy)
    git(copy, "commit", "-q", "-a", "-m", "two")
    (copy / "tracked").write_text("changed")
    assert (git(repo, "rev-parse", "HEAD"), (repo / "tracked").read_text()) == (before, "new")


def test_a_plain_directory_and_a_repository_without_commits(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    (plain / "sub").mkdir(parents=True)
    (plain / "sub" / "file").write_text("x")
    copy_repository(plain, tmp_path / "one")
    assert (tmp_path / "one" / "sub" / "file").read_text() == "x"
    git(plain, "init", "-q")
    copy_repository(plain, tmp_path / "two")
    assert (tmp_path / "two" / "sub" / "file").read_text() == "x"


def test_the_digest_sees_names_modes_and_contents_and_nothing_else(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    digests = []
    for name in ("one", "two"):
        copy_repository(repo, tmp_path / name)
        digests.append(digest_of(tmp_path / name))
    assert digests[0] == digests[1]
    (tmp_path / "two" / "run.sh").chmod(0o644)
    digests.append(digest_of(tmp_path / "two"))
    (tmp_path / "two" / "tracked").write_text("other")
    digests.append(digest_of(tmp_path / "two"))
    (tmp_path / "two" / "untracked").rename(tmp_path / "two" / "renamed")
    digests.append(digest_of(tmp_path / "two"))
    assert len(set(digests)) == 4
