"""What becomes of an option that cannot come along as it is: left out, told, or refused until accepted."""

from __future__ import annotations

from msgspec import Struct

from covpath.terms import Loss, LossAction


class Leaving(Struct, frozen=True):
    """What is lost when an option, or a habit of a tool, cannot come along.

    ``name`` is what ``--accept`` takes; it stays the same from release to release.
    """

    action: LossAction
    name: str
    message: str

    def loss(self, what: str) -> Loss:
        """The loss of ``what``: a flag as written, or the name of a tool's habit."""
        return Loss(action=self.action, name=self.name, what=what, message=self.message)


def drop(name: str, message: str) -> Leaving:
    """Left out; nothing changes by that."""
    return Leaving(LossAction.DROP, name, message)


def warn(name: str, message: str) -> Leaving:
    """Left out or carried with another meaning; the user is told."""
    return Leaving(LossAction.WARN, name, message)


def stop(name: str, message: str) -> Leaving:
    """Refused until accepted by name."""
    return Leaving(LossAction.STOP, name, message)


UNKNOWN_OPTION = stop("unknown-option", "covpath does not know this option of the tool; it would be left out")
MISSING_VALUE = stop("missing-value", "this option needs a value and has none")
REPEATED_OPTION = stop("repeated-option", "the tool refuses this option a second time; the last one would be taken")
UNEXPECTED_WORD = stop("unexpected-word", "the tool takes no such argument; it would be left out")
DYNAMIC = stop(
    "dynamic-arguments",
    "only a run can tell what this word is, and it may hold options; it would be handed on as it stands",
)
