"""One state of the files: as they lie there, as a commit has them, as they are staged."""

from __future__ import annotations

from pathlib import Path

import pytest

from covpath.commands.state import Committed, Staged, State, WorkingTree
from covpath.outside.git import find_repository
from covpath.outside.index import staged
from sample_repositories import commit, git, repository, write

JOB = "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: make\n"
FOLDER = ".github/workflows"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = repository(tmp_path / "repo", {"README.md": "words\n"})
    write(
        root,
        {
            f"{FOLDER}/ci.yml": JOB,
            f"{FOLDER}/b.yaml": JOB,
            f"{FOLDER}/notes.md": "words\n",
            f"{FOLDER}/old/ci.yml": JOB,
            f"{FOLDER}/folder.yml/ci.yml": JOB,
            f"{FOLDER}/gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n.yml": JOB,
            ".github/dependabot.yml": "version: 2\n",
        },
    )
    git(root, "add", "--all")
    return root


def states(root: Path) -> tuple[State, ...]:
    """The same files in three ways."""
    found = find_repository(root)
    now = staged(found)
    commit(root, {}, "Change")
    return WorkingTree(root=root), Staged(repository=found, index=now), Committed(repository=found, revision="HEAD")


def test_workflow_files_are_those_github_looks_at(repo: Path) -> None:
    for state in states(repo):
        read = state.workflows()
        assert [one.path.rpartition("/")[2] for one in read.workflows] == ["b.yaml", "ci.yml", "gr\xfcn.yml"]
        assert not read.unreadable


def test_files_are_read_by_their_path_from_the_root(repo: Path) -> None:
    for state in states(repo):
        assert state.read("README.md") == b"words\n"
        assert state.read(f"{FOLDER}/absent.yml") is None
        assert state.read(FOLDER) is None


def test_no_workflow_directory_is_no_workflow(tmp_path: Path) -> None:
    root = repository(tmp_path / "bare", {"a": "1"})
    write(root, {"b": "2"})
    git(root, "add", "--all")
    for state in states(root):
        assert not state.workflows().workflows


def test_what_is_there_is_told_of_each_folder(repo: Path) -> None:
    (repo / ".github/linked.yml").symlink_to("dependabot.yml")
    asked = ("README.md", ".github/dependabot.yml", ".github/linked.yml", f"{FOLDER}/ci.yml")
    absent = (FOLDER, ".github", ".github/x.yml", f"{FOLDER}/x.yml", "x/y.yml", ".mergify.yml")
    tree = WorkingTree(root=repo)
    assert tree.present((*asked, *absent)) == asked
    assert tree.present((".github/../README.md", "./README.md")) == (".github/../README.md", "./README.md")
    assert [tree.read(path) for path in absent] == [None] * len(absent)


def test_a_file_where_a_folder_is_meant_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / ".github").touch()
    assert WorkingTree(root=tmp_path).present((".github/settings.yml", ".github")) == (".github",)
    assert WorkingTree(root=tmp_path).read(".github/settings.yml") is None
