"""An exceptions file's text to the model, with every problem told at its place.

Read as YAML 1.2: a date without quotes is a string like any other.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from msgspec import Struct

from covpath.errors import InputError
from covpath.ledger import schema
from covpath.ledger.entries import check_rest, is_same_job, read_entry, read_owner
from covpath.ledger.model import CalendarSpec, Entry, JobName, Ledger, RequiredChecks
from covpath.ledger.problems import Inspection, InvalidExceptions, Problem
from covpath.ledger.sprints import read_calendar
from covpath.outside.files import read_bytes, shown
from covpath.yamltext.nodes import Mapping, Route, to_plain, walk
from covpath.yamltext.reading import read
from covpath.yamltext.source import Source, decode


class Reading(Struct, frozen=True, kw_only=True):
    """What could be read of an exceptions file.

    ``ledger`` holds the entries that have no problem of their own; ``unread`` the jobs of
    the others, so that a damaged entry is not mistaken for a missing one.
    """

    ledger: Ledger
    problems: tuple[Problem, ...]
    unread: tuple[JobName, ...]


def load(path: Path, root: Path) -> Ledger:
    """The exceptions file at ``path`` in the repository at ``root``.

    Raises InputError where it cannot be read, and InvalidExceptions where it is not valid.
    """
    return parse(decode(shown(path, root), read_bytes(path, within=root)))


def parse(source: Source) -> Ledger:
    """A whole, valid exceptions file; raises InputError and InvalidExceptions otherwise."""
    reading = examine(source)
    if reading.problems:
        raise InvalidExceptions(reading.problems)
    return reading.ledger


def examine(source: Source) -> Reading:
    """All that can be read, and all that is wrong.

    Raises InputError where the text is not YAML, and InvalidExceptions where it is not a
    mapping.
    """
    _expect_no_conflict(source)
    root = read(source, strict=False).root
    if not isinstance(root, Mapping):
        what = "holds nothing." if root is None else "holds no mapping."
        place = source.place(0 if root is None else root.start)
        raise InvalidExceptions((Problem(message=what, place=place, hint="Begin with `version: 1`."),))
    inspection = Inspection(source, root)
    _report_repeated_keys(inspection)
    data: dict[str, Any] = {entry.key.value: to_plain(entry.value) for entry in root.entries}
    schema.inspect(dict(data), inspection)
    return _assemble(data, inspection)


_CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: |\r?$)", re.MULTILINE)
"""How git marks what it could not merge."""


def _expect_no_conflict(source: Source) -> None:
    if (mark := _CONFLICT.search(source.text)) is not None:
        raise InputError(
            "holds the marks of a merge conflict.",
            place=source.place(mark.start()),
            hint="Settle it: keep what is true of both sides, and take the marks out.",
        )


def _report_repeated_keys(inspection: Inspection) -> None:
    source = inspection.source
    repeated: set[Route] = set()
    for route, node in walk(inspection.root):
        if not isinstance(node, Mapping):
            continue
        first: dict[str, int] = {}
        for entry in node.entries:
            before = first.setdefault(entry.key.value, entry.key.start)
            if before != entry.key.start:
                inspection.report(
                    f"the key `{entry.key.value}` stands here twice (first in line {source.line_of(before)}).",
                    (*route, entry.key.value),
                    hint="Remove one of the two.",
                    place=source.place(entry.key.start),
                )
                repeated.add((*route, entry.key.value))
    inspection.ambiguous = repeated


def _assemble(data: dict[str, Any], inspection: Inspection) -> Reading:
    owner = read_owner(data["owner"], ("owner",), inspection) if _usable(data, "owner", inspection) else None
    calendar: CalendarSpec | None = None
    if _usable(data, "calendar", inspection):
        calendar = read_calendar(data["calendar"], inspection)
    required: RequiredChecks | None = None
    if _usable(data, "required_checks", inspection):
        required = _required_checks(data["required_checks"], inspection)
    entries, unread = _entries(data.get("exceptions"), owner, inspection)
    ledger = Ledger(
        path=inspection.source.path,
        owner=owner,
        owner_place=inspection.place("owner") if owner is not None else None,
        calendar=calendar,
        required_checks=required,
        entries=entries,
    )
    return Reading(ledger=ledger, problems=inspection.problems, unread=unread)


def _usable(data: dict[str, Any], key: str, inspection: Inspection) -> bool:
    return key in data and inspection.is_sound(key)


def _required_checks(data: Any, inspection: Inspection) -> RequiredChecks:
    place = inspection.place("required_checks")
    if isinstance(data, list):
        return RequiredChecks(names=tuple(data), source=inspection.source.path, place=place)
    return RequiredChecks(names=tuple(data["names"]), source=data["source"], place=place)


def _entries(data: Any, owner: str | None, inspection: Inspection) -> tuple[tuple[Entry, ...], tuple[JobName, ...]]:
    entries: list[Entry] = []
    unread: list[JobName] = []
    for index, item in enumerate(data if isinstance(data, list) else ()):
        entry = read_entry(index, item, owner, inspection) if inspection.is_sound("exceptions", index) else None
        if entry is None:
            unread.extend(_jobs_of(item))
            if isinstance(item, dict):
                check_rest(index, item, owner, inspection)
        else:
            entries.append(entry)
    _report_jobs_named_twice(entries, inspection)
    return tuple(entries), tuple(unread)


def _jobs_of(item: Any) -> list[JobName]:
    """The jobs a damaged entry still names."""
    named = item.get("job") if isinstance(item, dict) else None
    texts = [text for text in (named if isinstance(named, list) else [named]) if isinstance(text, str)]
    return [JobName.parse(text) for text in texts if ":" in text.strip(":")]


def _report_jobs_named_twice(entries: list[Entry], inspection: Inspection) -> None:
    """Two open decisions about one job contradict each other; resolved ones are the past."""
    seen: dict[str, list[tuple[JobName, Entry]]] = {}
    for entry in entries:
        if entry.resolved is not None:
            continue
        for name in entry.jobs:
            others = seen.setdefault(name.job, [])
            for other, holder in others:
                if is_same_job(name, other) and holder is not entry:
                    inspection.report(
                        f"{name} has an entry already, in line {holder.place.line}.",
                        ("exceptions", entry.index, "job"),
                        hint="Keep one open entry for each job, or mark the older one as `resolved`.",
                    )
            others.append((name, entry))
