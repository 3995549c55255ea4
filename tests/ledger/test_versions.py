from __future__ import annotations

import os
import subprocess
import time
from datetime import date
from pathlib import Path

import pytest

from covpath.errors import UsageError
from covpath.ledger.history import ChangeKind
from covpath.ledger.versions import Working, past, versions
from covpath.outside.git import find_repository
from outside.repositories import Scratch

FILE = "ci/ci-exceptions.yaml"


def text(*targets: str) -> bytes:
    entries = (
        f"  - job: ci.yml:job{number}\n    decision: new-backend\n    target: {target}\n    reason: r{number}\n"
        for number, target in enumerate(targets)
    )
    return ("version: 1\nowner: '@org/ci'\nexceptions:\n" + "".join(entries)).encode()


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "repository")


def test_decisions_and_postponements_are_read_from_commits(scratch: Scratch) -> None:
    first = scratch.commit({FILE: text("sprint 3")}, at="2026-03-01T23:30:00-02:00")
    scratch.commit({"README.md": b"x\n"}, at="2026-03-05T10:00:00Z")
    second = scratch.commit({FILE: text("sprint 5", "2026-09-01")}, at="2026-03-09T10:00:00Z")
    history = past(scratch.repository(), FILE)
    assert history.complete
    job = history.jobs["ci.yml:job0"]
    assert [(change.kind, change.commit) for change in job.changes] == [
        (ChangeKind.ADDED, first),
        (ChangeKind.MOVED, second),
    ]
    assert job.began == date(2026, 3, 2)  # in UTC
    assert job.changes[0].author == "Ann Author"


def test_the_file_s_own_renaming_is_followed(scratch: Scratch) -> None:
    scratch.commit({"ops/exceptions.yaml": text("sprint 3", "sprint 4")})
    scratch.commit({"ops/exceptions.yaml": None, FILE: text("sprint 3", "sprint 4")})
    scratch.commit({FILE: text("sprint 3", "sprint 9")})
    job = past(scratch.repository(), FILE).jobs["ci.yml:job1"]
    assert [change.kind for change in job.changes] == [ChangeKind.ADDED, ChangeKind.MOVED]


def test_what_is_asked_about_is_the_revision_not_the_newest(scratch: Scratch) -> None:
    first = scratch.commit({FILE: text("sprint 3")})
    scratch.commit({FILE: text("sprint 4")})
    assert len(past(scratch.repository(), FILE, first).jobs["ci.yml:job0"].changes) == 1


def test_versions_that_are_no_text_are_counted_as_unreadable(scratch: Scratch) -> None:
    scratch.commit({FILE: text("sprint 3")})
    broken = scratch.commit({FILE: b"\xff\xfe\x00: ["})
    scratch.commit({FILE: b"\xef\xbb\xbf" + text("sprint 4")})
    history = past(scratch.repository(), FILE)
    assert history.unreadable == (broken,)
    assert [change.kind for change in history.jobs["ci.yml:job0"].changes] == [ChangeKind.ADDED, ChangeKind.MOVED]


def test_a_shallow_clone_is_not_complete(scratch: Scratch, tmp_path: Path) -> None:
    scratch.commit({FILE: text("sprint 3")})
    scratch.commit({FILE: text("sprint 4")})
    clone = tmp_path / "clone"
    scratch.git("clone", "--quiet", "--depth=1", f"file://{scratch.root}", str(clone))
    history = past(find_repository(clone, scratch.environment), FILE)
    assert not history.complete


def test_a_file_without_history_has_none(scratch: Scratch) -> None:
    scratch.commit({"README.md": b"x\n"})
    assert past(scratch.repository(), FILE).jobs == {}
    assert list(versions(scratch.repository(), FILE)) == []


def test_without_git_nothing_is_made_up(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a git repository"):
        past(find_repository(tmp_path, dict(os.environ)), FILE)


@pytest.mark.slow
def test_five_hundred_entries_and_a_thousand_commits_take_less_than_two_seconds(scratch: Scratch) -> None:
    targets = [f"sprint {number % 30}" for number in range(500)]
    stream = bytearray()
    for number in range(1000):
        changed = number * 37 % 500
        targets[changed] = f"sprint {int(targets[changed][7:]) + 1}"
        data = text(*targets)
        stream += b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\n" % (1_610_000_000 + number * 150_000)
        stream += b"data 1\nc\nM 100644 inline %s\ndata %d\n%s\n" % (FILE.encode(), len(data), data)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=scratch.root, input=stream, check=True)
    start = time.process_time()
    history = past(scratch.repository(), FILE)
    spent = time.process_time() - start
    assert sum(len(job.changes) for job in history.jobs.values()) == 500 + 999
    assert spent < 2


def test_what_is_not_committed_is_the_last_change(scratch: Scratch) -> None:
    scratch.commit({FILE: text("sprint 3")}, at="2026-03-01T10:00:00Z")
    repository = scratch.repository()
    same = past(repository, FILE, working=Working(text=text("sprint 3").decode(), day=date(2026, 4, 1)))
    assert same == past(repository, FILE)
    moved = past(repository, FILE, working=Working(text=text("sprint 5").decode(), day=date(2026, 4, 1)))
    last = moved.jobs["ci.yml:job0"].changes[-1]
    assert (last.kind, last.commit, last.day, last.after) == (ChangeKind.MOVED, "", date(2026, 4, 1), "sprint 5")
