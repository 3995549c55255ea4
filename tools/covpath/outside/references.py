"""The commits that tags and branches of other repositories stand for now, as their servers tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from covpath.errors import OutsideError
from covpath.outside.git import quiet_environment
from covpath.outside.processes import run

GITHUB = "https://github.com"
_SECONDS = 30.0


def commits_of(
    wanted: Iterable[tuple[str, str]], environment: Mapping[str, str], server: str = GITHUB
) -> dict[tuple[str, str], str]:
    """The commit of each (``owner/repository``, tag or branch); those that could not be asked for are absent.

    A tag goes before a branch of the same name, as GitHub Actions takes it.
    """
    by_repository: dict[str, list[str]] = {}
    for repository, name in wanted:
        by_repository.setdefault(repository, []).append(name)
    found: dict[tuple[str, str], str] = {}
    for repository, names in by_repository.items():
        listed = _listed(f"{server}/{repository}", names, environment)
        for name in names:
            known = next((reference for reference in _references(name) if reference in listed), None)
            if known is not None:
                found[repository, name] = listed[known]
    return found


def _references(name: str) -> tuple[str, ...]:
    """What ``name`` may be, the first that exists counting: the commit of an annotated tag, a tag, a branch."""
    return f"refs/tags/{name}^{{}}", f"refs/tags/{name}", f"refs/heads/{name}"


def _listed(address: str, names: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    patterns = [pattern for name in names for pattern in _references(name)]
    try:
        done = run(
            ("git", "ls-remote", "--quiet", "--", address, *patterns),
            directory=Path("/"),
            environment=quiet_environment(environment),
            timeout_seconds=_SECONDS,
            called="git ls-remote",
        )
    except OutsideError:
        return {}
    lines = (line.split("\t", 1) for line in done.output.decode("utf-8", "replace").splitlines() if "\t" in line)
    return {reference: commit for commit, reference in lines}
