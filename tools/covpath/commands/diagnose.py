"""``covpath diagnose``: what a failed CI log, and GitHub's annotations of the run, say."""

from __future__ import annotations

import io
import json
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any, TextIO

from covpath.backends.diagnose import Diagnosis, Finding, diagnose
from covpath.errors import ExitCode, InputError, Place
from covpath.outside.files import MAX_BYTES, read_bytes

VERSION = 1


def run(
    *,
    log: Path,
    annotations: Path | None,
    format: str,  # noqa: A002 - the option's own name
    screen: TextIO,
) -> ExitCode:
    """Print the cause, its consequences and what else was found; FINDINGS where there is a cause."""
    text = _log(log)
    said = _annotations(annotations) if annotations is not None else ()
    found = diagnose(text, said)
    if format == "json":
        screen.write(json.dumps(_data(found), indent=2, ensure_ascii=False) + "\n")
    else:
        screen.write(_text(found, "standard input" if str(log) == "-" else log.name))
    return ExitCode.FINDINGS if found.cause is not None else ExitCode.DONE


def _log(path: Path) -> str:
    """The text of a job's log: a file, standard input for ``-``, or GitHub's archive where it holds one job."""
    data = sys.stdin.buffer.read(MAX_BYTES) if str(path) == "-" else read_bytes(path)
    if data.startswith(b"PK\x03\x04"):
        data = _only_job(data, path)
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))  # as a redirection in Windows PowerShell writes
    return data.decode("utf-16" if wide else "utf-8", "replace")


def _only_job(data: bytes, path: Path) -> bytes:
    """The one job's log in an archive; those of single steps lie in folders."""
    place = Place(str(path))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            logs = [one for one in archive.infolist() if one.filename.endswith(".txt") and "/" not in one.filename]
            if len(logs) == 1:
                with archive.open(logs[0]) as file:
                    return file.read(MAX_BYTES)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError, ValueError) as error:
        raise InputError(f"is not an archive that can be read: {error}", place=place) from error
    names = ", ".join(f"'{one.filename}'" for one in logs)
    told = f"is an archive of the logs of {len(logs)} jobs: {names}" if logs else "is an archive without a job's log"
    raise InputError(told, place=place, hint=f"Name one job's: unzip -p {path.name} 'NAME.txt' | covpath diagnose -")


def _annotations(path: Path) -> tuple[str, ...]:
    """The messages of ``GET .../check-runs/ID/annotations``, as saved."""
    try:
        answer = json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not JSON: {error}", place=Place(str(path)), hint=_HOW) from None
    if isinstance(answer, list) and answer and all(isinstance(page, list) for page in answer):
        answer = [item for page in answer for item in page]  # as `gh api --paginate --slurp` gives pages
    if not isinstance(answer, list) or not all(isinstance(item, dict) for item in answer):
        raise InputError("is not GitHub's list of annotations", place=Place(str(path), 1, 1), hint=_HOW)
    return tuple(str(item.get("message") or "") for item in answer)


_HOW = "Save one with: gh api repos/OWNER/NAME/check-runs/ID/annotations > annotations.json"


def _text(found: Diagnosis, name: str) -> str:
    if found.cause is None:
        return f"{name}: nothing in it is the known trace of a failure.\n"
    lines = [f"{name}: {found.family}: {found.cause.signature.meaning}", *_quoted(found.cause)]
    if found.cause.signature.hint:
        lines.append(f"    {found.cause.signature.hint}")
    for heading, rest in (
        ("also found", found.others),
        ("follows from it", found.consequences),
        ("worth knowing", found.warnings),
    ):
        for one in rest:
            lines += [f"{heading}: {one.signature.meaning}", *_quoted(one)]
    return "\n".join(lines) + "\n"


def _quoted(one: Finding) -> list[str]:
    where = "annotation" if one.line.number is None else f"line {one.line.number}"
    more = f" ({one.count} times)" if one.count > 1 else ""
    return [f"    {where}{more}: {one.line.text[:200]}"]


def _data(found: Diagnosis) -> dict[str, Any]:
    return {
        "version": VERSION,
        "family": str(found.family),
        "cause": None if found.cause is None else _finding(found.cause),
        "others": [_finding(one) for one in found.others],
        "consequences": [_finding(one) for one in found.consequences],
        "warnings": [_finding(one) for one in found.warnings],
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "class": one.signature.name,
        "meaning": one.signature.meaning,
        "hint": one.signature.hint,
        "line": one.line.number,
        "text": one.line.text,
        "count": one.count,
    }
