"""A move under construction: the edits so far, what is to be said about them, what must be accepted."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from msgspec import Struct

from covpath.backends.cargo_workspace import ReadText
from covpath.errors import Place, Refusal
from covpath.gate.simulation.supposing import Suppose
from covpath.terms import Gate, JobId, Loss, LossAction
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.reading import model_of
from covpath.yamltext.edit import Edit, Patch
from covpath.yamltext.nodes import Plain
from covpath.yamltext.operations import insert_item, remove_item
from covpath.yamltext.rewriting import Rewriting


class NoteKind(Enum):
    """What a note is about."""

    CHANGE = "change"
    """What the edit does, and what goes with it."""
    SMALLER = "smaller-step"
    """A smaller change that may do instead."""
    LEFTOVER = "leftover"
    """What stays behind and is not removed."""
    OUTSIDE = "outside"
    """What lies outside the file: required checks, other repositories."""


class Note(Struct, frozen=True, kw_only=True):
    """One thing to say about a move; ``command`` is ready to run where one would help."""

    kind: NoteKind
    message: str
    place: Place | None = None
    command: str | None = None


class Proposal(Struct, frozen=True, kw_only=True):
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
            told = dict.fromkeys(f"{about(loss)}{loss.message.rstrip('.')}." for loss in open_stops)
            text = " ".join(told)
            names = tuple(dict.fromkeys(loss.name for loss in open_stops))
            raise Refusal(text, place=open_stops[0].place, accept=names)


def about(loss: Loss) -> str:
    """The words of a command that a loss is about, in front of its message; nothing where that names them."""
    spoken_of = loss.what.startswith(("-", "$", '"', "'", "`")) or speaks_of(loss.message)
    return f"`{loss.what}`: " if spoken_of and loss.what not in loss.message else ""


def speaks_of(message: str) -> bool:
    """Whether a loss's message only makes sense with the words it is about (``this word``)."""
    return "this" in message.split()


IsFolder = Callable[[str], bool]
"""Whether a path from the repository's root is a folder of it."""


def no_files(path: str) -> str | None:
    """Reads nothing: for moves that need no other file."""
    del path
    return None


class Draft:
    """The edits of one file while parts of a move add to them.

    Each part sees the file as the parts before have left it, through ``workflow`` and ``job``;
    ``read`` gives the text of other files of the repository, ``is_folder`` tells its folders where
    somebody can look.
    """

    def __init__(
        self, workflow: Workflow, job: JobId, read: ReadText = no_files, is_folder: IsFolder | None = None
    ) -> None:
        self.before = workflow
        self.read = read
        self.is_folder = is_folder
        self.job_id = job
        self.rewriting = Rewriting(workflow.document)
        self.workflow = workflow
        self.notes: list[Note] = []
        self.losses: list[Loss] = []
        self.titles: list[str] = []
        self.expected_legs: dict[JobId, tuple[Gate, ...]] = {}
        """For a move of single legs: the gate every leg must have in the end, in their order."""
        self.supposed: dict[JobId, Suppose] = {}
        """What the verdicts on a job had to suppose."""
        self._origins: dict[JobId, list[int | None]] = {}

    @property
    def job(self) -> Job:
        """The job that is moved, as it is now."""
        return self.workflow.jobs[self.job_id]

    def turn_to(self, job: JobId) -> None:
        """Go on with another job of the same file."""
        self.job_id = job

    def trial(self) -> Draft:
        """A draft of the file as it is now, to try an edit on."""
        return Draft(self.workflow, self.job_id, self.read, self.is_folder)

    def make(self, edit: Edit | None) -> bool:
        """Apply an edit; comments that go with it become notes."""
        if edit is None or not self.rewriting.make(edit):
            return False
        for comment in edit.gone:
            self.say(NoteKind.CHANGE, f"the comment `{comment}` goes with the line it stands on")
        self.workflow = model_of(self.before.path, self.rewriting.document)
        return True

    def insert_step(self, index: int, item: Plain, *, why: str) -> None:
        """Insert a step of the job before the one at ``index``."""
        origins = self.origins(self.job_id)
        self.make(insert_item(self.workflow.document, (*self.job.route, "steps"), index, item, why=why))
        origins.insert(index, None)

    def remove_step(self, index: int, *, why: str) -> None:
        """Remove the step of the job at ``index``."""
        origins = self.origins(self.job_id)
        self.make(remove_item(self.workflow.document, self.job.steps[index].route, why=why))
        del origins[index]

    def origins(self, job: JobId) -> list[int | None]:
        """For each step of a job as it is now: its index in the file as it was, None for a new one."""
        return self._origins.setdefault(job, list(range(len(self.before.jobs[job].steps))))

    def step_from(self, origin: int) -> Step:
        """The step of the job that stood at ``origin`` in the file as it was."""
        return self.job.steps[self.origins(self.job_id).index(origin)]

    def say(self, kind: NoteKind, message: str, *, place: Place | None = None, command: str | None = None) -> None:
        """Add a note."""
        self.notes.append(Note(kind=kind, message=message, place=place, command=command))

    def stop(self, name: str, what: str, message: str, place: Place | None) -> None:
        """Add a loss that must be accepted by name."""
        self.losses.append(Loss(action=LossAction.STOP, name=name, what=what, message=message, place=place))

    def warn(self, name: str, what: str, message: str, place: Place | None) -> None:
        """Add a loss that is told."""
        self.losses.append(Loss(action=LossAction.WARN, name=name, what=what, message=message, place=place))
