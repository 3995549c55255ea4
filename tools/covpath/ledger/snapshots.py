"""What old versions of the exceptions file said, read quickly.

A file is cut where its entries begin. Entries whose text was read before are not read again;
the others are read together, between the file's own head and tail. That is sound because the
cuts are checked: each piece must be exactly one entry, and YAML is read from left to right,
so a piece that is one entry before another one is one wherever it stands. Where the check
fails, the version is read in full.
"""

from __future__ import annotations

import json
import re
from typing import Any

from msgspec import Struct

from covpath.errors import InputError
from covpath.yamltext.nodes import Mapping, Sequence, to_plain
from covpath.yamltext.reading import Document, read
from covpath.yamltext.source import Source

_LIST = "exceptions"
_HEAD = re.compile(r"^exceptions:", re.MULTILINE)
_TAIL = re.compile(r"^[^\s#-]", re.MULTILINE)
_REMEMBERED = 4


class State(Struct, frozen=True, kw_only=True):
    """What one entry said at one time, as written; nothing is checked, for old versions may be wrong."""

    jobs: tuple[str, ...]
    decision: str | None
    owner: str | None
    target: str | None
    review: str | None
    reason: str | None
    evidence: frozenset[str]
    resolved: str | None

    @property
    def until(self) -> str | None:
        """The target, else the review."""
        return self.target or self.review


class Snapshot(Struct, frozen=True, kw_only=True):
    """One version: the default owner, and the entries by job (an open one before a resolved one)."""

    owner: str | None
    by_job: dict[str, State]


class Snapshots:
    """Reads versions, each with what is known from those before."""

    def __init__(self) -> None:
        self._recent: list[tuple[str, Snapshot]] = []
        self._mark: str | None = None
        """How entries begin, with indentation, dash and blank; None until a version was read in full."""
        self._tail = ""
        """What stood behind the entries in the version read last."""
        self._entries: dict[str, State] = {}
        """Pieces of text that are one entry each."""

    def of(self, text: str) -> Snapshot:
        """What a version says. Raises InputError where it cannot be read."""
        for known, snapshot in self._recent:
            if known == text:
                return snapshot
        snapshot = self._by_pieces(text) or self._in_full(text)
        self._recent.insert(0, (text, snapshot))
        del self._recent[_REMEMBERED:]
        return snapshot

    def _in_full(self, text: str) -> Snapshot:
        document, entries = _parsed(text)
        states = [_state(to_plain(item)) for item in entries.items] if entries is not None else []
        self._mark = _mark(document, entries)
        self._tail = _tail(document)
        self._entries = {}
        cut = _cut(text, self._mark, self._tail) if self._mark is not None else None
        if cut is not None and entries is not None and _fits(document, entries, cut[0], cut[1]):
            self._entries = dict(zip(cut[1], states, strict=True))
        return _snapshot(document, states)

    def _by_pieces(self, text: str) -> Snapshot | None:
        """The version, read with the help of what is known; None where that cannot be done soundly."""
        cut = _cut(text, self._mark, self._tail) if self._mark is not None else None
        if cut is None:
            return None
        head, pieces, tail = cut
        # The last one is read again each time: with the tail it shows where the list ends.
        unknown = [piece for piece in dict.fromkeys(pieces[:-1]) if piece not in self._entries]
        unknown.append(pieces[-1])
        try:
            document, entries = _parsed(head + "".join(unknown) + tail)
        except InputError:
            return None
        if entries is None or _mark(document, entries) != self._mark or not _fits(document, entries, head, unknown):
            return None
        self._tail = tail
        for piece, item in zip(unknown, entries.items, strict=True):
            self._entries[piece] = _state(to_plain(item))
        return _snapshot(document, [self._entries[piece] for piece in pieces])


def _cut(text: str, mark: str, tail: str) -> tuple[str, list[str], str] | None:
    """Everything before the entries, the entries, everything behind; None where there are none.

    ``tail`` is what stood behind them before, and most likely still does.
    """
    head = _HEAD.search(text)
    first = text.find("\n" + mark, head.end()) + 1 if head else 0
    if not first:
        return None
    if not tail or not text.endswith("\n" + tail):
        begin = _TAIL.search(text, text.rfind("\n" + mark) + 1)
        tail = text[begin.start() :] if begin else ""
    end = len(text) - len(tail)
    if end <= first:
        return None
    pieces = text[first + len(mark) : end].split("\n" + mark)
    return text[:first], [f"{mark}{piece}\n" for piece in pieces[:-1]] + [mark + pieces[-1]], tail


def _tail(document: Document) -> str:
    """The text from the first top-level key behind the entries."""
    root = document.root
    entries = root.entries if isinstance(root, Mapping) else []
    keys = [entry.key.value for entry in entries]
    behind = entries[keys.index(_LIST) + 1 :] if _LIST in keys else []
    return document.source.text[behind[0].key.outer_start :] if behind else ""


def _fits(document: Document, entries: Sequence, head: str, pieces: list[str]) -> bool:
    """Whether each piece became one entry, beginning where the piece begins."""
    if len(entries.items) != len(pieces):
        return False
    text = document.source.text
    position = len(head)
    for item, piece in zip(entries.items, pieces, strict=True):
        if text.rfind("\n", 0, item.outer_start) + 1 != position:
            return False
        position += len(piece)
    return True


def _mark(document: Document, entries: Sequence | None) -> str | None:
    """What every entry's line begins with; None where they differ, or where an alias may reach into them."""
    if entries is None or entries.flow or document.aliases:
        return None
    text = document.source.text
    marks: set[str] = set()
    for item in entries.items:
        before = text[text.rfind("\n", 0, item.outer_start) + 1 : item.outer_start]
        marks.add(before[: before.find("-") + 2] if before.strip() == "-" else "")
    mark = marks.pop() if len(marks) == 1 else ""
    return mark if mark.endswith("- ") else None


def _parsed(text: str) -> tuple[Document, Sequence | None]:
    document = read(Source("", text), strict=False)
    root = document.root
    if not isinstance(root, Mapping):
        raise InputError("holds no mapping.")
    entries = root.get(_LIST)
    return document, entries if isinstance(entries, Sequence) else None


def _snapshot(document: Document, states: list[State]) -> Snapshot:
    root = document.root
    owner = root.get("owner") if isinstance(root, Mapping) else None
    by_job: dict[str, State] = {}
    for state in states:
        for job in state.jobs:
            if job not in by_job or by_job[job].resolved is not None:
                by_job[job] = state
    return Snapshot(owner=_text(to_plain(owner)) if owner is not None else None, by_job=by_job)


def _state(data: Any) -> State:
    entry = data if isinstance(data, dict) else {}
    jobs = entry.get("job")
    evidence = entry.get("evidence")
    return State(
        jobs=tuple(job for job in (jobs if isinstance(jobs, list) else [jobs]) if isinstance(job, str)),
        decision=_text(entry.get("decision")),
        owner=_text(entry.get("owner")),
        target=_text(entry.get("target")),
        review=_text(entry.get("review")),
        reason=_text(entry.get("reason")),
        evidence=frozenset(
            _where(piece) for piece in (evidence if isinstance(evidence, list) else [evidence]) if piece
        ),
        resolved=_text(entry.get("resolved")),
    )


def _text(value: Any) -> str | None:
    return None if value is None or isinstance(value, list | dict) else str(value).strip()


def _where(piece: Any) -> str:
    """What identifies a piece of evidence, whether it is written short or long."""
    if isinstance(piece, dict):
        named = next((piece[key] for key in ("url", "file", "text") if piece.get(key)), None)
        return str(named).strip() if named is not None else json.dumps(piece, sort_keys=True, default=str)
    return str(piece).strip()
