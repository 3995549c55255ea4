from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from covpath.errors import InputError, OutsideError, Place, Refusal
from covpath.outside.files import files_in, inside, names_in, read_bytes, remove_copies, write_atomically


def test_reads_the_bytes_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "w.yml"
    file.write_bytes(b"\xef\xbb\xbfon: push\r\njobs:\xff\n")
    assert read_bytes(file) == b"\xef\xbb\xbfon: push\r\njobs:\xff\n"


def test_what_lies_in_a_directory_is_told_or_why_not(tmp_path: Path) -> None:
    (tmp_path / "w.yml").touch()
    assert names_in(tmp_path) == ["w.yml"]
    with pytest.raises(InputError, match="cannot be listed: not a directory") as told:
        names_in(tmp_path / "w.yml")
    assert told.value.place == Place(str(tmp_path / "w.yml"))


def test_files_are_told_without_the_directories(tmp_path: Path) -> None:
    (tmp_path / "folder.yml").mkdir()
    (tmp_path / "w.yml").touch()
    (tmp_path / "link.yml").symlink_to("folder.yml")
    assert sorted(files_in(tmp_path)) == ["link.yml", "w.yml"]
    with pytest.raises(InputError, match="cannot be listed: not a directory"):
        files_in(tmp_path / "w.yml")


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "w.yml").touch()
    assert read_bytes(tmp_path / "w.yml", within=tmp_path) == b""


def test_a_link_inside_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.yml").write_bytes(b"on: push\n")
    (tmp_path / "link.yml").symlink_to("real.yml")
    assert read_bytes(tmp_path / "link.yml", within=tmp_path) == b"on: push\n"


def _missing(root: Path) -> None:
    (root / "x").unlink(missing_ok=True)


def _directory(root: Path) -> None:
    (root / "x").mkdir()


def _fifo(root: Path) -> None:
    os.mkfifo(root / "x")


def _loop(root: Path) -> None:
    (root / "x").symlink_to("y")
    (root / "y").symlink_to("x")


def _large(root: Path) -> None:
    with (root / "x").open("wb") as file:
        file.truncate(50_000_001)


def _leaving(root: Path) -> None:
    (root / "x").symlink_to("/etc/hostname")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_missing, "no such file"),
        (_directory, "a directory"),
        (_fifo, "not a regular file"),
        (_loop, "(leads back to itself|cannot be read)"),
        (_large, r"too large: 47\.7 MiB"),
        (_leaving, "leads out of"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(make: object, said: str, tmp_path: Path) -> None:
    assert callable(make)
    make(tmp_path)
    with pytest.raises(InputError, match=said) as caught:
        read_bytes(tmp_path / "x", within=tmp_path)
    assert caught.value.place == Place("x")


def test_a_null_character_in_a_name_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="null character"):
        read_bytes(tmp_path / "a\0b", within=tmp_path)


def test_a_file_without_permission_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").write_bytes(b"x")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(InputError, match="may not be read"):
        read_bytes(tmp_path / "x")


def test_dots_do_not_lead_out(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    with pytest.raises(InputError, match="leads out of"):
        inside(tmp_path / "root" / ".." / "secret", tmp_path / "root")


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write_atomically(tmp_path / "ci" / "new.yaml", b"a\n")
    assert (tmp_path / "ci" / "new.yaml").read_bytes() == b"a\n"
    assert (tmp_path / "ci" / "new.yaml").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("mode", [0o640, 0o755, 0o600])
def test_mode_and_owner_stay(mode: int, tmp_path: Path) -> None:
    file = tmp_path / "script"
    file.write_bytes(b"old")
    if os.geteuid() == 0:
        os.chown(file, 1234, 4321)
    file.chmod(mode)
    before = file.stat()
    write_atomically(file, b"new", within=tmp_path)
    after = file.stat()
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(after.st_mode) == mode
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert [entry.name for entry in tmp_path.iterdir()] == ["script"]


def test_a_link_inside_is_written_through_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.yml").write_bytes(b"old")
    (tmp_path / "link.yml").symlink_to("real.yml")
    write_atomically(tmp_path / "link.yml", b"new", within=tmp_path)
    assert (tmp_path / "link.yml").is_symlink()
    assert (tmp_path / "real.yml").read_bytes() == b"new"


@pytest.mark.parametrize("within", [True, False])
def test_a_link_that_leaves_is_not_written_through(within: bool, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside").write_bytes(b"old")
    (root / "link").symlink_to("../outside")
    with pytest.raises((InputError, Refusal), match=r"(leads out of|symbolic link)"):
        write_atomically(root / "link", b"new", within=root if within else None)
    assert (tmp_path / "outside").read_bytes() == b"old"


def test_a_directory_that_is_a_link_out_is_not_written_into(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (root / "ci").symlink_to("../elsewhere")
    with pytest.raises(InputError, match="leads out of"):
        write_atomically(root / "ci" / "new.yaml", b"a", within=root)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_no_file_is_emptied(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"content")
    with pytest.raises(Refusal, match="would empty"):
        write_atomically(tmp_path / "x", b"")
    assert (tmp_path / "x").read_bytes() == b"content"


def test_a_read_only_file_stays(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"content")
    (tmp_path / "x").chmod(0o444)
    with pytest.raises(Refusal, match="read-only"):
        write_atomically(tmp_path / "x", b"new")


def test_a_full_disk_is_said_and_leaves_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").write_bytes(b"content")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutsideError, match="no space left on device"):
        write_atomically(tmp_path / "x", b"new")
    assert (tmp_path / "x").read_bytes() == b"content"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


def test_copies_of_killed_processes_go_and_fresh_ones_stay(tmp_path: Path) -> None:
    old, fresh, other = (tmp_path / name for name in (".x.covpath-old", ".x.covpath-new", ".y.covpath-old"))
    for file in (old, fresh, other):
        file.touch()
    for file in (old, other):
        os.utime(file, (time.time() - 7200,) * 2)
    write_atomically(tmp_path / "x", b"new")
    assert (old.exists(), fresh.exists(), other.exists()) == (False, True, True)
    remove_copies(tmp_path / "x")
    assert not fresh.exists()
