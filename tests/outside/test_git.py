from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from covpath.errors import OutsideError, UsageError
from covpath.outside.git import Remote, find_repository, quiet_environment
from covpath.outside.revisions import blobs, history, show, tree
from outside.repositories import Scratch


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "repo")


def test_a_plain_directory_is_a_repository_without_git(tmp_path: Path) -> None:
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / "src" / "deep").mkdir(parents=True)
    found = find_repository(tmp_path / "src" / "deep")
    assert (found.root, found.has_git) == (tmp_path, False)
    with pytest.raises(UsageError, match="is not a git repository"):
        found.head()


def test_a_directory_with_nothing_is_its_own_root(tmp_path: Path) -> None:
    assert find_repository(tmp_path).root == tmp_path


def test_an_absent_directory_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a directory"):
        find_repository(tmp_path / "nowhere")


def test_the_nearest_root_counts(scratch: Scratch) -> None:
    inner = scratch.root / "examples" / "app"
    (inner / ".github" / "workflows").mkdir(parents=True)
    assert find_repository(inner).root == inner
    assert find_repository(inner.parent).root == scratch.root
    assert find_repository(inner.parent).has_git


def test_before_the_first_commit(scratch: Scratch) -> None:
    repository = scratch.repository()
    assert repository.head() is None
    assert repository.current_branch() == "main"
    assert repository.remotes() == ()
    assert repository.default_branch() is None
    assert not repository.is_shallow()


def test_revisions_and_branches(scratch: Scratch) -> None:
    first = scratch.commit({"a": b"1"})
    scratch.git("switch", "--quiet", "--create", "feature")
    second = scratch.commit({"b": b"2"})
    scratch.git("switch", "--quiet", "main")
    third = scratch.commit({"c": b"3"})
    repository = scratch.repository()
    assert repository.head() == third == repository.resolve("main") == repository.resolve(third[:10])
    assert repository.merge_base("feature", "main") == first
    scratch.git("checkout", "--quiet", second)
    assert repository.current_branch() is None
    for odd in ("nowhere", "--output=x", "main:a", ""):
        with pytest.raises(UsageError, match="there is no commit"):
            repository.resolve(odd)


def test_unrelated_histories_have_no_merge_base(scratch: Scratch) -> None:
    scratch.commit({"a": b"1"})
    scratch.git("switch", "--quiet", "--orphan", "other")
    scratch.commit({"b": b"2"})
    assert scratch.repository().merge_base("main", "other") is None


def test_a_shallow_clone_says_so_and_how_to_get_more(scratch: Scratch, tmp_path: Path) -> None:
    scratch.commit({"a": b"1"})
    scratch.commit({"a": b"2"})
    scratch.git("clone", "--quiet", "--depth=1", f"file://{scratch.root}", str(tmp_path / "clone"))
    clone = find_repository(tmp_path / "clone", scratch.environment)
    assert clone.is_shallow()
    assert clone.remotes() == (Remote(name="origin", url=f"file://{scratch.root}"),)
    assert clone.default_branch() == "main"
    for revision, fetch in (
        ("main~1", "git fetch --unshallow"),
        ("origin/dev", "git fetch --unshallow origin dev:refs/remotes/origin/dev"),
    ):
        with pytest.raises(UsageError) as caught:
            clone.resolve(revision)
        assert caught.value.hint == f"Fetch it first: {fetch}"


def test_a_branch_that_was_not_fetched_is_told_with_the_command_that_fetches_it(
    scratch: Scratch, tmp_path: Path
) -> None:
    scratch.commit({"a": b"1"})
    scratch.git("branch", "release/1")
    scratch.git("clone", "--quiet", "--single-branch", f"file://{scratch.root}", str(tmp_path / "clone"))
    clone = find_repository(tmp_path / "clone", scratch.environment)
    with pytest.raises(UsageError) as caught:
        clone.resolve("origin/release/1")
    command = str(caught.value.hint).removeprefix("Fetch it first: ").split()
    assert command == ["git", "fetch", "origin", "release/1:refs/remotes/origin/release/1"]
    scratch.git("-C", str(tmp_path / "clone"), *command[1:])
    assert clone.resolve("origin/release/1")


def test_content_at_a_revision(scratch: Scratch) -> None:
    old = scratch.commit({"d/w.yml": b"on: push\r\n\xff", "sp ace*.yml": b"odd"})
    scratch.commit({"d/w.yml": b"new"})
    repository = scratch.repository()
    assert show(repository, old, "d/w.yml") == b"on: push\r\n\xff"
    assert show(repository, "HEAD", "d/w.yml") == b"new"
    assert show(repository, "HEAD", "sp ace*.yml") == b"odd"
    assert show(repository, "HEAD", "d") is None
    assert show(repository, "HEAD", "s*.yml") is None
    assert show(repository, "HEAD", "nowhere") is None


def test_history_follows_renames_and_tells_utc(scratch: Scratch) -> None:
    text = b"".join(b"line %d\n" % number for number in range(20))
    first = scratch.commit({"old/registry.yaml": text}, at="2026-03-01T01:00:00+02:00")
    second = scratch.commit(
        {"old/registry.yaml": None, "ci/new name.yaml": text + b"more\n"}, at="2026-04-01T00:30:00+00:00"
    )
    scratch.commit({"unrelated": b"x"})
    third = scratch.commit({"ci/new name.yaml": None})
    changes = history(scratch.repository(), "ci/new name.yaml")
    assert [change.commit for change in changes] == [third, second, first]
    assert [change.path for change in changes] == ["ci/new name.yaml"] * 2 + ["old/registry.yaml"]
    assert [change.when.isoformat() for change in changes[1:]] == [
        "2026-04-01T00:30:00+00:00",
        "2026-02-28T23:00:00+00:00",
    ]
    assert changes[0].after is None
    assert changes[2].before is None
    assert changes[0].before == changes[1].after
    assert changes[1].before == changes[2].after
    assert {(change.author, change.email) for change in changes} == {("Ann Author", "ann@example.org")}
    contents = blobs(scratch.repository(), [change.after for change in changes if change.after])
    assert contents == {changes[1].after: text + b"more\n", changes[2].after: text}


def test_history_of_nothing_is_empty(scratch: Scratch) -> None:
    scratch.commit({"a": b"1"})
    assert history(scratch.repository(), "nowhere") == ()


def test_a_merge_is_not_a_change(scratch: Scratch) -> None:
    scratch.commit({"a": b"1\n"})
    scratch.git("switch", "--quiet", "--create", "feature")
    changed = scratch.commit({"a": b"2\n"})
    scratch.git("switch", "--quiet", "main")
    scratch.commit({"b": b"3\n"})
    scratch.git("merge", "--quiet", "--no-edit", "feature")
    changes = history(scratch.repository(), "a")
    assert changes[0].commit == changed
    assert len(changes) == 2


def test_a_thousand_blobs_in_few_calls(scratch: Scratch) -> None:
    files = {f"f{number}": b"\0content %d\n" % number for number in range(1000)} | {"empty": b""}
    scratch.commit(files)
    entries = tree(scratch.repository(), "HEAD")
    contents = blobs(scratch.repository(), [entry.blob for entry in entries])
    assert {entry.path: contents[entry.blob] for entry in entries} == files


def test_a_missing_blob_is_told(scratch: Scratch) -> None:
    scratch.commit({"a": b"1"})
    with pytest.raises(OutsideError, match="git has no file content 1111"):
        blobs(scratch.repository(), ["1" * 40])


def test_a_blob_too_large_is_told(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch.commit({"a": b"12345"})
    monkeypatch.setattr("covpath.outside.revisions.MAX_BYTES", 4)
    with pytest.raises(OutsideError, match="too large"):
        show(scratch.repository(), "HEAD", "a")


def test_large_blobs_come_in_batches(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch.commit({name: name.encode() * 10 for name in "abcdef"})
    monkeypatch.setattr("covpath.outside.revisions._BATCH_BYTES", 25)
    entries = tree(scratch.repository(), "HEAD")
    assert len(blobs(scratch.repository(), [entry.blob for entry in entries])) == 6


def test_the_environment_of_a_hook_does_not_turn_our_questions(scratch: Scratch, tmp_path: Path) -> None:
    other = Scratch(tmp_path / "other")
    other.commit({"other": b"1"})
    here = scratch.commit({"here": b"1"})
    environment = scratch.environment | {"GIT_DIR": str(other.root / ".git"), "GIT_INDEX_FILE": "/nowhere"}
    assert find_repository(scratch.root, environment).head() == here
    assert "GIT_DIR" not in quiet_environment(environment)


def test_git_absent_is_told(scratch: Scratch) -> None:
    repository = find_repository(scratch.root, {"PATH": "/nowhere"})
    with pytest.raises(OutsideError, match="git is not installed"):
        repository.head()


def test_a_repository_of_another_user_is_told(scratch: Scratch) -> None:
    repository = find_repository(scratch.root, scratch.environment | {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    with pytest.raises(OutsideError, match=r"belongs to another user\. If you do: git config --global --add safe\.dir"):
        repository.head()


def _hostile(scratch: Scratch, trap: str) -> None:
    """Everything in a repository's configuration that can name a program."""
    for name in (
        "core.fsmonitor", "core.pager", "core.sshCommand", "core.gitProxy", "core.askPass", "core.editor",
        "core.alternateRefsCommand", "diff.trap.textconv", "diff.trap.command", "diff.external", "gpg.program",
        "filter.trap.clean", "filter.trap.smudge", "filter.trap.process", "pager.log", "pager.remote", "pager.show",
        "remote.origin.uploadpack", "remote.origin.receivepack", "remote.origin.proxy", "credential.helper",
        "interactive.diffFilter", "sequence.editor", "uploadpack.packObjectsHook", "merge.trap.driver",
    ):  # fmt: skip
        scratch.git("config", name, trap)
    for name, value in (
        ("log.showSignature", "true"), ("log.follow", "true"), ("diff.renames", "copies"), ("commit.gpgSign", "true"),
        ("core.hooksPath", str(scratch.root / "hooks")), ("core.untrackedCache", "true"),
        ("remote.origin.url", f"ext::{trap}"), ("remote.origin.promisor", "true"),
        ("extensions.partialClone", "origin"), ("protocol.ext.allow", "always"),
    ):  # fmt: skip
        scratch.git("config", name, value)
    scratch.git("config", "core.repositoryFormatVersion", "1")


def test_reading_a_hostile_repository_runs_nothing(scratch: Scratch, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho ran >> {marker}\ncat\n")
    trap.chmod(0o755)
    signed = (
        "tree {tree}\nauthor A <a@example.org> 0 +0000\ncommitter A <a@example.org> 0 +0000\n"
        "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\nsigned\n"
    )
    first = scratch.commit({"w.yml": b"a\n", ".gitattributes": b"* diff=trap filter=trap merge=trap\n"})
    data = signed.format(tree=scratch.git("rev-parse", "HEAD^{tree}")).encode()
    store = ["git", "hash-object", "-t", "commit", "-w", "--stdin"]
    stored = subprocess.run(
        store, cwd=scratch.root, env=scratch.environment, input=data, check=True, capture_output=True
    )
    scratch.git("reset", "--quiet", "--hard", stored.stdout.decode().strip())
    hooks = scratch.root / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "post-index-change", "pre-push", "fsmonitor-watchman"):
        (hooks / name).symlink_to(trap)
    _hostile(scratch, str(trap))
    marker.unlink(missing_ok=True)

    repository = scratch.repository()
    head = repository.head()
    assert head is not None
    assert repository.merge_base(head, first) is None
    assert repository.current_branch() == "main"
    assert repository.default_branch() is None
    assert [remote.name for remote in repository.remotes()] == ["origin"]
    assert not repository.is_shallow()
    assert show(repository, head, "w.yml") == b"a\n"
    assert len(history(repository, "w.yml")) == 1
    with pytest.raises(OutsideError):
        blobs(repository, ["1" * 40])  # a partial clone would fetch it
    assert not marker.exists()


def test_a_bare_repository_has_no_files(scratch: Scratch, tmp_path: Path) -> None:
    scratch.commit({"a": b"1"})
    scratch.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    with pytest.raises(UsageError, match="is a bare git repository"):
        find_repository(tmp_path / "bare.git")
