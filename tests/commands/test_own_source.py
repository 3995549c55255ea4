from __future__ import annotations

import json
from pathlib import Path

import pytest

from covpath.commands.own_source import requirement
from covpath.errors import Refusal
from sample_repositories import git, repository

HERE = "https://code.example.org/o/covpath"


def noted(url: str, **info: object) -> str:
    return json.dumps({"url": url, **info})


def test_from_an_index_it_is_the_version() -> None:
    assert requirement(None, "1.2.3") == "covpath==1.2.3"


def test_from_a_repository_it_is_the_commit() -> None:
    info = {"vcs": "git", "requested_revision": "main", "commit_id": "c" * 40}
    assert requirement(noted(HERE, vcs_info=info), "1") == f"covpath @ git+{HERE}@{'c' * 40}"


def test_an_archive_is_itself() -> None:
    url = f"{HERE}/covpath-1.tar.gz"
    assert requirement(noted(url, archive_info={}), "1") == f"covpath @ {url}"


@pytest.mark.parametrize("remote", [HERE, "git@code.example.org:o/covpath", "ssh://git@code.example.org/o/covpath"])
def test_a_checkout_is_its_commit_where_it_came_from(tmp_path: Path, remote: str) -> None:
    root = repository(tmp_path / "with space", {"x": ""})
    git(root, "remote", "add", "origin", remote)
    commit = git(root, "rev-parse", "HEAD")
    assert requirement(noted(root.as_uri(), dir_info={"editable": True}), "1") == f"covpath @ git+{HERE}@{commit}"


@pytest.mark.parametrize("remote", [None, "/srv/covpath.git", "https://me:secret@code.example.org/o/covpath"])
def test_what_a_runner_cannot_reach_is_refused(tmp_path: Path, remote: str | None) -> None:
    root = repository(tmp_path / "here", {"x": ""})
    if remote:
        git(root, "remote", "add", "origin", remote)
    with pytest.raises(Refusal, match="cannot get it") as caught:
        requirement(noted(root.as_uri(), dir_info={}), "1")
    assert "--covpath-from" in str(caught.value.hint)
    assert "secret" not in str(caught.value)


def test_a_folder_without_git_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot get it"):
        requirement(noted(tmp_path.as_uri(), dir_info={}), "1")
