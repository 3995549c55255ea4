"""The versions of the exceptions file, read from git: the one place where the ledger's history meets it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from covpath.ledger.history import History
from covpath.ledger.tracing import Version, trace
from covpath.outside.git import Repository
from covpath.outside.revisions import Change, blobs, history

_TOGETHER = 250
"""Commits whose contents are held at the same time."""


class Working(Struct, frozen=True, kw_only=True):
    """The file as it lies there, perhaps not committed: its text, and the day it counts as changed on."""

    text: str
    day: date


def past(repository: Repository, path: str, revision: str = "HEAD", *, working: Working | None = None) -> History:
    """The history of the exceptions file at ``path`` as it is at ``revision``.

    With ``working`` what is not committed yet is its last change, by a commit of no name. Raises
    UsageError where there is no such revision or no git, OutsideError where git fails.
    """
    committed = versions(repository, path, revision)
    return trace(
        committed if working is None else _and_working(committed, working), complete=not repository.is_shallow()
    )


def _and_working(committed: Iterator[Version], working: Working) -> Iterator[Version]:
    last: str | None = None
    for version in committed:
        last = version.after
        yield version
    if working.text != last:
        yield Version(commit="", day=working.day, author="", before=last, after=working.text)


def versions(repository: Repository, path: str, revision: str = "HEAD") -> Iterator[Version]:
    """Every commit that changed the file, oldest first, each with the text before and after it."""
    changes = history(repository, path, revision)[::-1]
    for start in range(0, len(changes), _TOGETHER):
        yield from _with_texts(repository, changes[start : start + _TOGETHER])


def _with_texts(repository: Repository, changes: tuple[Change, ...]) -> Iterator[Version]:
    wanted = [blob for change in changes for blob in (change.before, change.after) if blob is not None]
    # What is not UTF-8 cannot be read as YAML either: tracing counts that version as unreadable.
    texts = {blob: data.decode("utf-8-sig", "replace") for blob, data in blobs(repository, wanted).items()}
    for change in changes:
        yield Version(
            commit=change.commit,
            day=change.when.date(),
            author=change.author,
            before=None if change.before is None else texts[change.before],
            after=None if change.after is None else texts[change.after],
        )
