"""A move for people: what changes, what is lost, what stays, what lies outside; then the diff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from covpath.errors import Place
from covpath.moves.proposal import Note, NoteKind, Proposal, about, speaks_of
from covpath.terms import Loss, LossAction

_HEADINGS = {
    NoteKind.CHANGE: "What changes",
    NoteKind.SMALLER: "A smaller step that may do",
    NoteKind.LEFTOVER: "What stays as it is",
    NoteKind.OUTSIDE: "Outside the file",
}

_LOSSES = {
    LossAction.WARN: "Different from before",
    LossAction.DROP: "Left out, without effect",
}


def explanation(proposal: Proposal, accepted: frozenset[str] = frozenset()) -> str:
    """Everything there is to say about a move, most important first."""
    lines = [proposal.title]
    for kind, heading in _HEADINGS.items():
        notes = [note for note in proposal.notes if note.kind is kind]
        if notes:
            lines.append(f"{heading}:")
            lines += [line for note in notes for line in _note(note)]
    stops = [loss for loss in proposal.losses if loss.action is LossAction.STOP]
    if stops:
        lines.append("Risks and losses to accept:")
        lines += dict.fromkeys(_stop(loss, accepted) for loss in stops)
    for action, heading in _LOSSES.items():
        losses = [loss for loss in proposal.losses if loss.action is action]
        if losses:
            lines.append(f"{heading}:")
            lines += _told(losses)
    return "\n".join(lines) + "\n"


def _stop(loss: Loss, accepted: frozenset[str]) -> str:
    """A loss to accept, with what it is about where the message does not say it."""
    return f"  - {_at(loss.place)}{about(loss)}{loss.message} ({_acceptance(loss, accepted)})"


def _told(losses: Sequence[Loss]) -> Iterator[str]:
    """Each loss once, with the options it is about."""
    for name, message in dict.fromkeys((loss.name, loss.message) for loss in losses):
        about = [loss.what for loss in losses if (loss.name, loss.message) == (name, message)]
        named = [what for what in about if what.startswith("-") or speaks_of(message)]
        options = ", ".join(dict.fromkeys(f"`{what}`" for what in named if what not in message))
        yield f"  - {name}: {options}{': ' if options else ''}{message}"


def _note(note: Note) -> Iterator[str]:
    yield f"  - {_at(note.place)}{note.message}"
    if note.command:
        yield f"      {note.command}"


def _at(place: Place | None) -> str:
    return "" if place is None else f"{place.file.rsplit('/', 1)[-1]}:{place.line} "


def _acceptance(loss: Loss, accepted: frozenset[str]) -> str:
    return "accepted" if loss.name in accepted else f"--accept {loss.name}"
