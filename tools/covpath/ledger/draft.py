"""An entry that is still to be written: typed fields in, plain data in the file's order out."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from covpath.ledger.model import ENTRY_FIELDS, Accepted, JobName, Target
from covpath.terms import Decision, EvidenceKind
from covpath.yamltext.nodes import Plain

Fields: TypeAlias = dict[str, Plain]
"""An entry's keys and their data, in the order in which they are written."""

NOBODY_SAID = "nobody has said why"
"""How the reason of an adopted entry ends."""


class EvidenceDraft(Struct, frozen=True, kw_only=True):
    """A piece of evidence: exactly one of ``url``, ``file`` and ``text``, the rest where it is known.

    ``kind`` is written only where the form would not say the same.
    """

    url: str | None = None
    file: str | None = None
    text: str | None = None
    kind: EvidenceKind | None = None
    date: str | None = None
    note: str | None = None

    def plain(self) -> Plain:
        """The short form where it says all, else the long one."""
        where = self.url or self.file
        if where is not None and self.kind is None and self.date is None and self.note is None:
            return where
        kind = None if self.kind is None else self.kind.value
        named = {"kind": kind, "url": self.url, "file": self.file, "text": self.text}
        return {key: value for key, value in {**named, "date": self.date, "note": self.note}.items() if value}


class Draft(Struct, frozen=True, kw_only=True):
    """A new entry. ``moves`` holds what ``moves:`` shall say."""

    jobs: tuple[JobName, ...]
    decision: Decision
    reason: str
    owner: str | None = None
    target: Target | None = None
    review: Target | None = None
    evidence: tuple[EvidenceDraft, ...] = ()
    cause: str | None = None
    moves: tuple[tuple[str, str | int | tuple[str, ...]], ...] = ()
    accepts: tuple[Accepted, ...] = ()
    done_when: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def fields(self, *, default_owner: str | None = None) -> Fields:
        """The keys and values as the file will hold them; the file's own owner is not repeated."""
        moves: dict[str, Plain] = {key: list(value) if isinstance(value, tuple) else value for key, value in self.moves}
        values: Fields = {
            "job": _one_or_several([str(job) for job in self.jobs]),
            "decision": self.decision.value,
            "owner": None if self.owner == default_owner else self.owner,
            "target": None if self.target is None else str(self.target),
            "review": None if self.review is None else str(self.review),
            "reason": self.reason,
            "evidence": _one_or_several([piece.plain() for piece in self.evidence]),
            "cause": self.cause,
            "moves": moves or None,
            "accepts": _one_or_several([accepted.value for accepted in self.accepts]),
            "done_when": _one_or_several(list(self.done_when)),
            "notes": _one_or_several(list(self.notes)),
        }
        return {key: values[key] for key in ENTRY_FIELDS if values.get(key) is not None}


def _one_or_several(items: list[Plain]) -> Plain:
    return None if not items else items[0] if len(items) == 1 else items
