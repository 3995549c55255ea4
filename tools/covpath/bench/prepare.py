"""A repository's files copied as a fresh checkout would have them, and a digest of them."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from covpath.errors import OutsideError, Place
from covpath.outside.git import Repository, find_repository, quiet_environment
from covpath.outside.processes import run


def copy_repository(repo: Path, target: Path) -> None:
    """Copy tracked files and those git does not ignore; without git, everything.

    ``target`` gets a ``.git`` of its own with the newest commit and no remote, as after
    ``actions/checkout``, so that nothing a command does reaches the repository.
    """
    repository = find_repository(repo)
    try:
        if not repository.has_git or repository.root != repo.resolve():
            ours = shutil.ignore_patterns(".covpath")
            shutil.copytree(repo, target, symlinks=True, dirs_exist_ok=True, ignore=ours)
            return
        target.mkdir(parents=True)
        _clone(repository, target)
        for name in _names(repository):
            _copy(repo / name, target / name)
    except (OSError, shutil.Error) as error:
        raise OutsideError(f"the repository cannot be copied: {error}.", place=Place(str(repo))) from error


def digest_of(directory: Path) -> str:
    """A digest of names, modes and contents of all files, ``.git`` left out."""
    whole = hashlib.blake2b(digest_size=16)
    for path in sorted(directory.rglob("*")):
        relative = path.relative_to(directory)
        if relative.parts[0] == ".git" or (path.is_dir() and not path.is_symlink()):
            continue
        whole.update(os.fsencode(relative) + b"\0")
        if path.is_symlink():
            whole.update(b"l" + os.fsencode(path.readlink()))
        elif path.is_file():
            whole.update(b"x" if path.stat().st_mode & 0o100 else b"-")
            whole.update(hashlib.blake2b(path.read_bytes()).digest())
    return whole.hexdigest()


def _names(repository: Repository) -> list[str]:
    done = repository.git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return sorted(
        {os.fsdecode(name) for name in done.output.split(b"\0") if name and not name.startswith(b".covpath/")}
    )


def _copy(source: Path, target: Path) -> None:
    if not os.path.lexists(source):
        return  # deleted in the working tree
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir() and not source.is_symlink():  # a submodule
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copy2(source, target, follow_symlinks=False)


def _clone(repository: Repository, target: Path) -> None:
    """The newest commit's history, one deep; a repository without any gets none."""
    if repository.head() is None:
        return
    environment = quiet_environment(repository.environment) | {"GIT_ALLOW_PROTOCOL": "file"}
    address = repository.root.as_uri()
    for arguments in (
        ("clone", "--quiet", "--no-checkout", "--depth=1", "--no-tags", address, "."),
        ("reset", "--quiet"),
        ("remote", "remove", "origin"),
    ):
        run(
            ("git", *arguments),
            directory=target,
            environment=environment,
            timeout_seconds=600,
            called=f"git {arguments[0]}",
        )
