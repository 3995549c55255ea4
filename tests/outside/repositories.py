"""Small git repositories for tests, with an author and dates of their own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from covpath.outside.git import Repository, find_repository


def surroundings(home: Path) -> dict[str, str]:
    """An environment in which no configuration of this machine counts."""
    home.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ann Author",
        "GIT_AUTHOR_EMAIL": "ann@example.org",
        "GIT_COMMITTER_NAME": "Carl Committer",
        "GIT_COMMITTER_EMAIL": "carl@example.org",
    }


class Scratch:
    """A repository under construction."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True)
        self.root = root
        self.environment = surroundings(root.parent / "home")
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str, at: str = "2026-03-01T10:00:00+02:00") -> str:
        environment = self.environment | {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
        done = subprocess.run(["git", *arguments], cwd=self.root, env=environment, check=True, capture_output=True)
        return done.stdout.decode().strip()

    def commit(self, files: Mapping[str, bytes | None], *, at: str = "2026-03-01T10:00:00+02:00") -> str:
        for name, data in files.items():
            path = self.root / name
            if data is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        self.git("add", "--all", at=at)
        self.git("commit", "--quiet", "--message=change", at=at)
        return self.git("rev-parse", "HEAD")

    def repository(self) -> Repository:
        return find_repository(self.root, self.environment)
