from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from covpath.errors import InputError, OutsideError, Refusal
from covpath.outside.transaction import Transaction, recover, state_directory
from outside.killed import AFTER, BEFORE, write_all


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(params=["git", "plain"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    root = tmp_path / "root"
    _lay(root, git=request.param == "git")
    return root


def _lay(root: Path, *, git: bool) -> None:
    (root / "ci").mkdir(parents=True)
    for name, data in BEFORE.items():
        (root / name).write_bytes(data)
    if git:
        (root / ".git").mkdir()
        (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")


def _content(root: Path) -> dict[str, bytes]:
    """Every file a person would see, copies that were left behind included."""
    kept = (root / ".git", root / ".covpath")
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_relative_to(kept[0]))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files if not path.is_relative_to(kept[1])}


def test_nothing_staged_writes_nothing(root: Path) -> None:
    with Transaction(root):
        pass
    assert _content(root) == BEFORE


def test_no_change_touches_no_file(root: Path) -> None:
    stamp = (root / "a.yml").stat().st_mtime_ns
    with Transaction(root) as writing:
        writing.replace(root / "a.yml", before=BEFORE["a.yml"], after=BEFORE["a.yml"])
    assert (root / "a.yml").stat().st_mtime_ns == stamp


def test_all_files_are_replaced(root: Path) -> None:
    write_all(root)
    assert _content(root) == AFTER
    assert recover(root) == ()


def test_an_error_inside_writes_nothing(root: Path) -> None:
    def fail() -> None:
        with Transaction(root) as writing:
            writing.replace(root / "a.yml", before=BEFORE["a.yml"], after=b"new")
            raise InputError("proof failed")

    with pytest.raises(InputError, match="proof failed"):
        fail()
    assert _content(root) == BEFORE


def test_a_file_changed_meanwhile_stops_them_all(root: Path) -> None:
    (root / "ci/b.yaml").write_bytes(b"somebody: else\n")
    with pytest.raises(Refusal, match=r"ci/b\.yaml: this file was changed by somebody else"):
        write_all(root)
    assert _content(root) == {**BEFORE, "ci/b.yaml": b"somebody: else\n"}


def test_a_file_that_cannot_be_written_takes_the_others_back(root: Path) -> None:
    (root / "ci/b.yaml").chmod(0o444)
    with pytest.raises(Refusal, match="read-only"):
        write_all(root)
    assert _content(root) == BEFORE
    assert recover(root) == ()


def test_a_file_outside_is_refused(root: Path, tmp_path: Path) -> None:
    def leave() -> None:
        with Transaction(root) as writing:
            writing.replace(tmp_path / "elsewhere", before=None, after=b"x")

    with pytest.raises(InputError, match="leads out of"):
        leave()
    assert not (tmp_path / "elsewhere").exists()
    assert recover(root) in ((), ("An interrupted write was dropped before it had changed any file.",))


def test_a_linked_state_directory_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    _lay(root, git=False)
    (tmp_path / "victim").mkdir()
    (root / ".covpath").symlink_to("../victim")
    with pytest.raises(Refusal, match="symbolic link"):
        write_all(root)
    assert list((tmp_path / "victim").iterdir()) == []


def test_a_journal_cannot_lead_out_of_the_directory(tmp_path: Path) -> None:
    root = tmp_path / "root"
    _lay(root, git=False)
    (tmp_path / "victim").write_bytes(b"mine")
    journal = root / ".covpath" / "journal"
    journal.mkdir(parents=True)
    (journal / "journal.json").write_text(json.dumps(["../victim"]))
    (journal / "0.before").write_bytes(b"mine")
    (journal / "0.after").write_bytes(b"theirs")
    with pytest.raises(InputError, match="leads out of"):
        recover(root)
    assert (tmp_path / "victim").read_bytes() == b"mine"


def test_a_damaged_journal_is_said(root: Path) -> None:
    journal = state_directory(root) / "journal"
    journal.mkdir(parents=True)
    (journal / "journal.json").write_bytes(b"[1, ")
    with pytest.raises(OutsideError, match="damaged"):
        recover(root)


def test_writers_wait_for_each_other(root: Path) -> None:
    def holds() -> None:
        with Transaction(root):
            entered.set()
            leave.wait(10)

    entered, leave = threading.Event(), threading.Event()
    holder = threading.Thread(target=holds)
    holder.start()
    entered.wait(10)
    try:
        with pytest.raises(OutsideError, match="another covpath is writing"):
            Transaction(root, wait_seconds=0.05).__enter__()
    finally:
        leave.set()
        holder.join()
    write_all(root)
    assert _content(root) == AFTER


def test_a_worktree_keeps_its_state_with_git(tmp_path: Path) -> None:
    git = tmp_path / "main.git" / "worktrees" / "w"
    git.mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/w\n")
    root = tmp_path / "w"
    root.mkdir()
    (root / ".git").write_text(f"gitdir: {git}\n")
    assert state_directory(root) == git / "covpath"
    (root / ".git").write_text("gitdir: /nowhere\n")
    assert state_directory(root) == root / ".covpath"


COPIES = 300


@pytest.fixture(params=["git", "plain"])
def interrupted(request: pytest.FixtureRequest, tmp_path: Path) -> list[Path]:
    """Directories in which the same write was killed, one system call later in each."""
    for point in range(COPIES):
        _lay(tmp_path / str(point), git=request.param == "git")
    command = [sys.executable, str(Path(__file__).with_name("killed.py")), str(tmp_path), str(COPIES)]
    ran = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert ran < COPIES, "the write never ended by itself"
    return [tmp_path / str(point) for point in range(ran)]


def test_killed_anywhere_the_next_start_has_all_or_nothing(interrupted: list[Path]) -> None:
    outcomes = set()
    for root in interrupted:
        seen = _content(root)
        assert all(seen[name] in (BEFORE[name], AFTER[name]) for name in BEFORE), root
        told = recover(root)
        assert _content(root) in (BEFORE, AFTER), (root, told)
        assert recover(root) == (), root
        outcomes.add((seen == BEFORE, _content(root) == BEFORE, bool(told)))
    assert {(False, False, True), (True, True, True)} <= outcomes  # finished; dropped


def test_what_a_person_changed_after_the_interruption_stays(interrupted: list[Path]) -> None:
    half = [root for root in interrupted if _content(root)["ci/b.yaml"] != _content(root)["a.yml"].replace(b"a", b"b")]
    assert half
    for root in half:
        (root / "ci/b.yaml").write_bytes(b"mine\n")
        told = recover(root)
        assert len(told) == 1
        assert "ci/b.yaml was changed after an interrupted write" in told[0]
        assert _content(root) == {"a.yml": BEFORE["a.yml"], "ci/b.yaml": b"mine\n"}


def test_many_processes_lose_nothing(root: Path) -> None:
    script = (
        "import pathlib, sys\n"
        "from covpath.outside.files import read_bytes\n"
        "from covpath.outside.transaction import Transaction\n"
        "root = pathlib.Path(sys.argv[1])\n"
        "with Transaction(root) as writing:\n"
        "    old = read_bytes(root / 'a.yml', within=root)\n"
        "    writing.replace(root / 'a.yml', before=old, after=old + sys.argv[2].encode() + b'\\n')\n"
    )
    children = [subprocess.Popen([sys.executable, "-c", script, str(root), str(number)]) for number in range(12)]
    assert [child.wait(60) for child in children] == [0] * 12
    assert sorted((root / "a.yml").read_text().split()[2:], key=int) == [str(number) for number in range(12)]
    assert [entry.name for entry in state_directory(root).iterdir()] in (["lock"], [])
