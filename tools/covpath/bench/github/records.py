"""Cells' records as they come back: folders, single files, and the archives GitHub makes of artifacts.

Whoever can push to a branch can put anything into an artifact: nothing of an archive is written to the
disk, its size is bounded, and what is read has to be evidence.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from covpath.errors import InputError, Place
from covpath.evidence.model import Evidence
from covpath.evidence.store import parse_evidence
from covpath.outside.files import read_bytes
from covpath.quantity import show_bytes

RECORD = "evidence.json"
MOST_RECORDS = 1000
MOST_RECORD_BYTES = 20_000_000
MOST_BYTES = 100_000_000
"""Of all records of one archive together, unpacked."""


def read_records(paths: Sequence[Path]) -> tuple[Evidence, ...]:
    """Every record below the folders, in the archives and files named.

    Raises InputError, with the file, for what cannot be read or is not evidence.
    """
    return tuple(evidence for path in paths for evidence in _read(path))


def read_archive(data: bytes, name: str) -> tuple[Evidence, ...]:
    """Every record in an archive. Raises InputError for one that is broken, too large, or leads elsewhere."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return tuple(_in_archive(archive, name))
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError, ValueError) as error:
        raise InputError(f"is not an archive that can be read: {error}.", place=Place(name)) from error


def _read(path: Path) -> Iterator[Evidence]:
    if path.is_dir():
        found = [
            one
            for one in sorted(path.rglob("*"))
            if (one.name == RECORD or one.suffix == ".zip") and one.is_file() and not one.is_symlink()
        ]
        if len(found) > MOST_RECORDS:
            raise InputError(f"holds {len(found)} records; at most {MOST_RECORDS} are read.", place=Place(str(path)))
        for one in found:
            yield from _file(one, within=path)
    else:
        yield from _file(path, within=None)


def _file(path: Path, *, within: Path | None) -> Iterator[Evidence]:
    name = path.as_posix()
    if path.suffix == ".zip":
        yield from read_archive(read_bytes(path, within=within), name)
    else:
        yield parse_evidence(read_bytes(path, within=within, limit=MOST_RECORD_BYTES), name)


def _in_archive(archive: zipfile.ZipFile, name: str) -> Iterator[Evidence]:
    members = archive.infolist()
    if len(members) > MOST_RECORDS:
        raise InputError(f"has {len(members)} files; at most {MOST_RECORDS} are read.", place=Place(name))
    left = MOST_BYTES
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in member.filename:
            raise InputError(f"has a file that leads out of it: {member.filename!r}.", place=Place(name))
        if path.name != RECORD or member.is_dir():
            continue
        limit = min(MOST_RECORD_BYTES, left)
        with archive.open(member) as file:  # what the archive says of the size may be a lie
            data = file.read(limit + 1)
        if len(data) > limit:
            raise InputError(f"holds more than {show_bytes(limit)} of records.", place=Place(name))
        left -= len(data)
        yield parse_evidence(data, f"{name}/{path}")
