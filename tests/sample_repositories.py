"""Small git repositories for tests, made from files."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

_IDENTITY = ("-c", "user.name=A Maintainer", "-c", "user.email=maintainer@example.com", "-c", "init.defaultBranch=main")


def git(root: Path, *arguments: str) -> str:
    """Run git in ``root`` with an identity of its own."""
    done = subprocess.run(["git", *_IDENTITY, *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def write(root: Path, files: Mapping[str, bytes | str]) -> None:
    """Write files below ``root``."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def repository(root: Path, files: Mapping[str, bytes | str], message: str = "Begin") -> Path:
    """A git repository at ``root`` with one commit."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "--quiet", "--initial-branch=main")
    # A repository of its own identity, so that commits made by the code under test work too.
    git(root, "config", "user.name", "A Maintainer")
    git(root, "config", "user.email", "maintainer@example.com")
    commit(root, files, message)
    return root


def commit(root: Path, files: Mapping[str, bytes | str], message: str, *, date: str | None = None) -> str:
    """Write files, commit everything; the commit's id."""
    write(root, files)
    git(root, "add", "--all")
    when = () if date is None else (f"--date={date}T12:00:00Z",)
    git(root, "commit", "--quiet", "--message", message, *when)
    return git(root, "rev-parse", "HEAD")
