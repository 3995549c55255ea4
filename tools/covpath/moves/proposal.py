"""A move under construction: the edits so far, what is to be said about them, what must be accepted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from covpath.backends.cargo_workspace import ReadText
from covpath.errors import Place, Refusal
from covpath.terms import JobId, Loss, LossAction
from covpath.workflow.model import Job, Workflow
from covpath.workflow.reading import model_of
from covpath.yamltext.edit import Edit, Patch
from covpath.yamltext.rewriting import Rewriting


class NoteKind(Enum):
    """What a note is about."""

    CHANGE = "change"
    """What the edit does, and what goes with it."""
    LEFTOVER = "leftover"
    """What stays behind and is not removed."""
    OUTSIDE = "outside"
    """What lies outside the file: required checks, other repositories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing to say about a move; ``command`` is ready to run where one would help."""

    kind: NoteKind
    message: str
    place: Place | None = None
    command: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A finished, proven move of one or more jobs of one workflow file."""

    before: Workflow
    after: Workflow
    jobs: tuple[JobId, ...]
    title: str
    patch: Patch
    notes: tuple[Note, ...]
    losses: tuple[Loss, ...]

    def refuse_unless(self, accepted: frozenset[str]) -> None:
        """Raise a Refusal naming every ``stop`` that is not accepted."""
        open_stops = [loss for loss in self.losses if loss.action is LossAction.STOP and loss.name not in accepted]
        if open_stops:
            text = " ".join(f"{loss.message.rstrip('.')}." for loss in open_stops)
            names = tuple(dict.fromkeys(loss.name for loss in open_stops))
            raise Refusal(text, place=open_stops[0].place, accept=names)


def no_files(path: str) -> str | None:
    """Reads nothing: for moves that need no other file."""
    del path
    return None


class Draft:
    """The edits of one file while parts of a move add to them.

    Each part sees the file as the parts before have left it, through ``workflow`` and ``job``;
    ``read`` gives the text of other files of the repository.
    """

    def __init__(self, workflow: Workflow, job: JobId, read: ReadText = no_files) -> None:
        self.before = workflow
        self.read = read
        self.job_id = job
        self.rewriting = Rewriting(workflow.document)
        self.workflow = workflow
        self.notes: list[Note] = []
        self.losses: list[Loss] = []
        self.titles: list[str] = []

    @property
    def job(self) -> Job:
        """The job that is moved, as it is now."""
        return self.workflow.jobs[self.job_id]

    def turn_to(self, job: JobId) -> None:
        """Go on with another job of the same file."""
        self.job_id = job

    def make(self, edit: Edit | None) -> bool:
        """Apply an edit; comments that go with it become notes."""
        if edit is None or not self.rewriting.make(edit):
            return False
        for comment in edit.gone:
            self.say(NoteKind.CHANGE, f"the comment `{comment}` goes with the line it stands on")
        self.workflow = model_of(self.before.path, self.rewriting.document)
        return True

    def say(self, kind: NoteKind, message: str, *, place: Place | None = None, command: str | None = None) -> None:
        """Add a note."""
        self.notes.append(Note(kind=kind, message=message, place=place, command=command))
