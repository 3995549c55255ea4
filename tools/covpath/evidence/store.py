"""Evidence on disk: ``evidence.json``, and the log to which every trial is appended as it ends."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from covpath.errors import InputError, OutsideError, Place
from covpath.evidence.codec import from_data, place_in_json, to_data
from covpath.evidence.model import Evidence
from covpath.evidence.trial import Trial

VERSION = 1
"""Of the evidence format; a file of another version is refused."""


def dump_evidence(evidence: Evidence) -> bytes:
    """The bytes of ``evidence.json``: keys in a fixed order, one line per trial."""
    data = to_data(evidence)
    lines = [f'  "version": {VERSION}']
    for key, value in data.items():
        if isinstance(value, tuple) and value:
            items = ",\n".join(f"    {_compact(item)}" for item in value)
            lines.append(f'  "{key}": [\n{items}\n  ]')
        else:
            lines.append(f'  "{key}": {_compact(value)}')
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def parse_evidence(data: bytes, file: str) -> Evidence:
    """Evidence from the bytes of a file; InputError, placed, for whatever is not evidence."""
    document = _json(data, file, 1)
    version = document.pop("version", None) if isinstance(document, dict) else None
    if version != VERSION:
        raise InputError(
            f"is evidence of version {version!r}; this covpath reads version {VERSION}.",
            place=Place(file, 1, 1),
            hint="Run the benchmark again, or use the covpath that wrote it.",
        )
    return from_data(Evidence, document, "evidence", lambda route: place_in_json(data.decode(), route, file))


def load_evidence(path: Path) -> Evidence:
    """Evidence from a file. Raises InputError where it cannot be read or is not evidence."""
    return parse_evidence(_read(path), path.as_posix())


class TrialLog:
    """The trials of one benchmark, one JSON line each, on the disk before the next one begins."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, trial: Trial) -> None:
        """Write one trial and wait until it is on the disk."""
        line = (_compact(to_data(trial)) + "\n").encode()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab+") as file:
                _drop_torn_line(file.fileno())
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise OutsideError(
                f"the trial cannot be written: {error.strerror}.",
                place=Place(self.path.as_posix()),
                hint="The trials before it are kept.",
            ) from error

    def read(self) -> tuple[Trial, ...]:
        """All whole trials; a last line without its end, left by a killed process, is dropped."""
        if not self.path.exists():
            return ()
        name = self.path.as_posix()
        *lines, _torn = _read(self.path).split(b"\n")
        return tuple(_trial(line, name, number) for number, line in enumerate(lines, 1) if line.strip())


def _trial(line: bytes, file: str, number: int) -> Trial:
    return from_data(Trial, _json(line, file, number), "trial", lambda _route: Place(file, number))


def _drop_torn_line(handle: int) -> None:
    """Cut off what follows the last line break, so that the next line starts a line."""
    whole = os.pread(handle, os.fstat(handle).st_size, 0)
    if whole and not whole.endswith(b"\n"):
        os.ftruncate(handle, whole.rfind(b"\n") + 1)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(", ", ": "), ensure_ascii=False, allow_nan=False)


def _json(data: bytes, file: str, line: int) -> Any:
    try:
        return json.loads(data)
    except UnicodeDecodeError:
        raise InputError("is not UTF-8.", place=Place(file, line)) from None
    except json.JSONDecodeError as error:
        place = Place(file, line + error.lineno - 1, error.colno)
        raise InputError(f"is not JSON: {error.msg}.", place=place, hint="Run the benchmark again.") from None
    except RecursionError:
        raise InputError("is nested too deeply.", place=Place(file, line)) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}.", place=Place(path.as_posix())) from error
