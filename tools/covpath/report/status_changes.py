"""What a branch changes about gates: the reviewer's lines, and the same as data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from covpath.errors import CovpathError, Place
from covpath.gate.compare import GateChange
from covpath.gate.verdict import JobVerdict

if TYPE_CHECKING:
    from covpath.gate.services.compare_services import ServiceChange

VERSION = 1


def to_text(
    changes: Iterable[GateChange], services: Iterable[ServiceChange], unreadable: Iterable[CovpathError]
) -> str:
    """One line a change: ``this branch makes `coverage` silent (was blocking), ci.yml:28``; nothing for no change."""
    told = [(change.message, change.place) for change in changes]
    told += [(change.message, change.place) for change in services]
    lines = [f"this branch {message}, {_short(place)}" for message, place in told]
    lines += [f"not read: {error}" for error in unreadable]
    return "".join(f"{line}\n" for line in lines)


def to_json(
    changes: Iterable[GateChange], services: Iterable[ServiceChange], unreadable: Iterable[CovpathError], base: str
) -> dict[str, Any]:
    """The changes as data (schema ``status-changes``)."""
    return {
        "version": VERSION,
        "base": base,
        "changes": [_change(change) for change in changes],
        "services": [
            {
                "service": change.service,
                "check": change.check,
                "loosens": change.loosens,
                "message": change.message,
                **_place(change.place),
            }
            for change in services
        ],
        "unreadable": [{"message": error.message, "hint": error.hint, **_place(error.place)} for error in unreadable],
    }


def _change(change: GateChange) -> dict[str, Any]:
    return {
        "kind": change.kind.value,
        "workflow": change.ref.workflow,
        "job": change.ref.job,
        "before": _side(change.before),
        "after": _side(change.after),
        "loosens": change.loosens,
        "message": change.message,
        **_place(change.place),
    }


def _side(verdict: JobVerdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    return {
        "job": verdict.ref.job,
        "gate": str(verdict.gate),
        "partly": verdict.partly,
        "blocks": str(verdict.blocks.value),
        "mergify": str(verdict.blocks.held),
        "checks": list(verdict.checks),
    }


def _short(place: Place) -> str:
    name = place.file.rsplit("/", 1)[-1]
    return name if place.line is None else f"{name}:{place.line}"


def _place(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {"file": None, "line": None, "column": None}
    return {"file": place.file, "line": place.line, "column": place.column}
