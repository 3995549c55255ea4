"""Changes of an exceptions file as data: what the edit cases ask for."""

from __future__ import annotations

from datetime import date
from typing import Any

from covpath.ledger.draft import Draft, EvidenceDraft
from covpath.ledger.editing import Edited, add, postpone, resolve, update
from covpath.ledger.entries import read_target
from covpath.ledger.model import Accepted, JobName
from covpath.terms import Decision, EvidenceKind
from covpath.yamltext.source import Source


def carry_out(source: Source, asked: dict[str, Any]) -> Edited:
    (verb, how), *_ = asked.items()
    if verb == "add":
        return add(source, draft(how))
    if verb == "update":
        return update(source, JobName.parse(how["job"]), how["fields"])
    if verb == "postpone":
        pieces = tuple(evidence(piece) for piece in how.get("evidence", ()))
        return postpone(source, JobName.parse(how["job"]), read_target(how["until"]), how["reason"], pieces)
    on = date.fromisoformat(how["on"]) if "on" in how else None
    return resolve(source, tuple(map(JobName.parse, how["jobs"])), on=on)


def draft(how: dict[str, Any]) -> Draft:
    moves = how.get("moves", {})
    return Draft(
        jobs=tuple(map(JobName.parse, how.get("jobs") or [how["job"]])),
        decision=Decision(how["decision"]),
        reason=how["reason"],
        owner=how.get("owner"),
        target=read_target(how["target"]) if how.get("target") else None,
        review=read_target(how["review"]) if how.get("review") else None,
        evidence=tuple(evidence(piece) for piece in how.get("evidence", ())),
        cause=how.get("cause"),
        moves=tuple((key, tuple(value) if isinstance(value, list) else value) for key, value in moves.items()),
        accepts=tuple(map(Accepted, how.get("accepts", ()))),
        done_when=tuple(how.get("done_when", ())),
        notes=tuple(how.get("notes", ())),
    )


def evidence(piece: str | dict[str, str]) -> EvidenceDraft:
    if isinstance(piece, str):
        return EvidenceDraft(url=piece) if piece.startswith("http") else EvidenceDraft(file=piece)
    kind = EvidenceKind(piece["kind"]) if "kind" in piece else None
    rest = {key: value for key, value in piece.items() if key != "kind"}
    return EvidenceDraft(kind=kind, **rest)
