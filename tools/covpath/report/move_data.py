"""A move as plain data for ``--format json``."""

from __future__ import annotations

from typing import Any

from covpath.moves.proposal import Proposal
from covpath.terms import LossAction

VERSION = 1


def to_json(proposal: Proposal, accepted: frozenset[str]) -> dict[str, Any]:
    """A proposal as data: its diff, notes and losses, and what is still to be accepted."""
    stops = [loss for loss in proposal.losses if loss.action is LossAction.STOP]
    return {
        "version": VERSION,
        "workflow": proposal.before.path,
        "jobs": list(proposal.jobs),
        "title": proposal.title,
        "changed": bool(proposal.patch.edits),
        "diff": proposal.patch.diff(),
        "undo": proposal.patch.reverse().diff(),
        "to_accept": sorted({loss.name for loss in stops} - accepted),
        "notes": [
            {
                "kind": note.kind.value,
                "message": note.message,
                "file": note.place.file if note.place else None,
                "line": note.place.line if note.place else None,
                "command": note.command,
            }
            for note in proposal.notes
        ],
        "losses": [
            {
                "action": str(loss.action),
                "name": loss.name,
                "what": loss.what,
                "message": loss.message,
                "line": loss.place.line if loss.place else None,
            }
            for loss in proposal.losses
        ],
    }
