"""``covpath exceptions``: write, read and render the exceptions file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from covpath.commands import exceptions_edits
from covpath.commands.job_status import calendar_of
from covpath.commands.subject import Subject, open_subject
from covpath.errors import CovpathError, ExitCode, InputError, Place
from covpath.ledger.calendar import UnknownDay, due
from covpath.ledger.markdown_render import is_current, is_rendered, render
from covpath.ledger.model import DEFAULT_PATH, Ledger
from covpath.ledger.reading import examine, load
from covpath.outside.files import read_bytes
from covpath.yamltext.source import decode

_EDITS: dict[str, Callable[..., ExitCode | None]] = {
    "add": exceptions_edits.add,
    "adopt": exceptions_edits.adopt,
    "postpone": exceptions_edits.postpone,
    "resolve": exceptions_edits.resolve,
    "import": exceptions_edits.import_page,
}


def run(*, action: str, repo: Path | None, screen: TextIO, **given: Any) -> ExitCode:
    """Do one action; a change is shown as a diff, and written with ``--write``."""
    subject = open_subject(repo)
    if action in ("render", "check"):
        _expect_file(subject)
    if action == "render":
        return _render(subject, given["check"], screen)
    if action == "check":
        return _check(subject, screen)
    return _EDITS[action](subject, screen=screen, **given) or ExitCode.DONE


def _expect_file(subject: Subject) -> None:
    """Raises InputError where nothing is there to be read, with the way to begin."""
    path = subject.root / DEFAULT_PATH
    if not path.exists() and not path.is_symlink():
        raise InputError(
            "there is no such file.",
            place=Place(DEFAULT_PATH),
            hint="Begin it: covpath exceptions adopt --write, or covpath exceptions add JOB --write.",
        )


def _render(subject: Subject, page: Path | None, screen: TextIO) -> ExitCode:
    ledger = _ledger(subject)
    calendar = calendar_of(subject.root, ledger)
    if page is None:
        screen.write(render(ledger, calendar))
        return ExitCode.DONE
    text = read_bytes(page).decode("utf-8", "replace")
    if is_current(text, ledger, calendar):
        screen.write(f"{page} is current.\n")
        return ExitCode.DONE
    if is_rendered(text):
        screen.write(f"{page} is not current: covpath exceptions render > {page}\n")
    else:  # a command that would replace what people wrote is not the one to suggest
        screen.write(f"{page} was not rendered from {DEFAULT_PATH}; covpath exceptions import {page} reads it.\n")
    return ExitCode.FINDINGS


def _check(subject: Subject, screen: TextIO) -> ExitCode:
    """Valid, or every problem in a line of its own."""
    path = subject.root / DEFAULT_PATH
    reading = examine(decode(DEFAULT_PATH, read_bytes(path, within=subject.root)))
    problems = list(map(str, reading.problems)) or list(_undated(subject, reading.ledger))
    if problems:
        sys.stderr.writelines(f"covpath: {problem}\n" for problem in problems)
        return ExitCode.USAGE
    count = len(reading.ledger.open_entries)
    screen.write(f"{DEFAULT_PATH} is valid: {count} open {'entry' if count == 1 else 'entries'}.\n")
    return ExitCode.DONE


def _undated(subject: Subject, ledger: Ledger) -> Iterator[str]:
    """Why no day is known: of any target, or of some."""
    try:
        calendar = calendar_of(subject.root, ledger)
    except CovpathError as error:
        yield f"{DEFAULT_PATH}: the calendar cannot be read: {error}"
        return
    for entry in ledger.open_entries:
        day = due(entry.until, calendar) if entry.until is not None else None
        if isinstance(day, UnknownDay):
            field = "target" if entry.target is not None else "review"
            yield f"{entry.place_of(field)}: {day.reason} {day.hint}"


def _ledger(subject: Subject) -> Ledger:
    return load(subject.root / DEFAULT_PATH, subject.root)
