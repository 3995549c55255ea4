"""A whole move: its parts in order on one file, then the proof, then once more for nothing."""

from __future__ import annotations

from dataclasses import dataclass

from covpath.backends.cargo_workspace import ReadText
from covpath.errors import ProofFailed, Refusal
from covpath.gate.judge import Judge
from covpath.moves.backend import propose_backend
from covpath.moves.gate import propose_gate
from covpath.moves.proposal import Draft, Proposal, no_files
from covpath.moves.proving import finish
from covpath.moves.runner import propose_runner, propose_timeout
from covpath.terms import JobId
from covpath.workflow.model import Workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a move is to change; None (no labels) for what stays."""

    gate: str | None = None
    backend: str | None = None
    report: str | None = None
    labels: tuple[str, ...] = ()
    timeout_minutes: int | None = None

    @property
    def nothing(self) -> bool:
        """Whether nothing is asked."""
        return not (self.gate or self.backend or self.labels or self.timeout_minutes or self.report)


def plan(
    workflow: Workflow, jobs: tuple[JobId, ...], wanted: Wanted, judge: Judge, read: ReadText = no_files
) -> Proposal:
    """The proven proposal that moves ``jobs`` of one workflow; nothing is written.

    ``read`` gives other files of the repository (``Cargo.toml``, ``tarpaulin.toml``).

    Raises Refusal for what cannot be done safely, UsageError for what does not exist.
    """
    if workflow.generated:
        raise Refusal(
            "is written by a generator, which would undo any edit.",
            place=workflow.place(workflow.root),
            hint="Move the job in the file it is generated from.",
        )
    draft = _drafted(workflow, jobs, wanted, judge, read)
    proposal = finish(draft, jobs, judge, gate=wanted.gate)
    if proposal.patch.edits and _drafted(draft.workflow, jobs, wanted, judge, read).rewriting.patch().edits:
        raise ProofFailed("the same move a second time would change more.", place=workflow.place(workflow.root))
    return proposal


def _drafted(workflow: Workflow, jobs: tuple[JobId, ...], wanted: Wanted, judge: Judge, read: ReadText) -> Draft:
    draft = Draft(workflow, jobs[0], read)
    for job in jobs:
        draft.turn_to(job)
        if wanted.backend is not None or wanted.report is not None:
            propose_backend(draft, wanted.backend, wanted.report)
        if wanted.labels:
            propose_runner(draft, wanted.labels)
        if wanted.timeout_minutes is not None:
            propose_timeout(draft, wanted.timeout_minutes)
        if wanted.gate is not None:
            propose_gate(draft, wanted.gate, judge)
    return draft
