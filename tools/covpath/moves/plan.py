"""A whole move: its parts in order on one file, then the proof, then once more for nothing."""

from __future__ import annotations

from covpath.backends.cargo_workspace import ReadText
from covpath.errors import ProofFailed, Refusal, UsageError
from covpath.gate.judge import Judge
from covpath.moves.backend.propose import propose_backend
from covpath.moves.gate.propose import propose_gate
from covpath.moves.judging import Judging
from covpath.moves.proposal import Draft, IsFolder, Proposal, no_files
from covpath.moves.proving import finish
from covpath.moves.runner.propose import propose_runner, propose_timeout
from covpath.moves.wanted import ASKED, Wanted
from covpath.terms import JobId
from covpath.workflow.model import Workflow


def plan(
    workflow: Workflow,
    jobs: tuple[JobId, ...],
    wanted: Wanted,
    judge: Judge,
    read: ReadText = no_files,
    branch: str | None = None,
    is_folder: IsFolder | None = None,
) -> Proposal:
    """The proven proposal that moves ``jobs`` of one workflow; nothing is written.

    ``judge`` knows the required checks and, with links, how workflows call each other; ``read`` gives
    other files of the repository (``Cargo.toml``, ``tarpaulin.toml``); ``branch`` is the
    branch that merges go to, where it is known, ``is_folder`` tells the repository's folders.

    Raises Refusal for what cannot be done safely, UsageError for what does not exist or fit together.
    """
    _refuse_misfits(jobs, wanted)
    if workflow.generated:
        raise Refusal(
            "is written by a generator, which would undo any edit.",
            place=workflow.place(workflow.root),
            hint="Move the job in the file it is generated from.",
        )
    judging = Judging.like(judge, branch)
    draft = _drafted(Draft(workflow, jobs[0], read, is_folder), jobs, wanted, judging)
    proposal = finish(draft, jobs, judging, wanted)
    if proposal.patch.edits and _again(draft, jobs, wanted, judging).rewriting.patch().edits:
        raise ProofFailed("the same move a second time would change more.", place=workflow.place(workflow.root))
    return proposal


def _refuse_misfits(jobs: tuple[JobId, ...], wanted: Wanted) -> None:
    """Raise UsageError for options that say nothing together."""
    if (wanted.step or wanted.with_upload) and wanted.gate not in ASKED:
        raise UsageError("--step and --with-upload are about a gate.", hint="Add --gate blocking or --gate advisory.")
    if wanted.step and (wanted.with_upload or wanted.leg):
        raise UsageError("--step goes with neither --leg nor --with-upload.", hint="Make two moves of it.")
    if wanted.leg and not (wanted.gate or wanted.runner):
        raise UsageError("--leg is about a gate or a runner.", hint="Add --gate or --runner.")
    if len(jobs) > 1 and (wanted.step or wanted.leg):
        raise UsageError("--step and --leg are about one job.", hint="Name it, instead of --all-matching.")


def _drafted(draft: Draft, jobs: tuple[JobId, ...], wanted: Wanted, judging: Judging) -> Draft:
    if wanted.runner:
        propose_runner(draft, jobs, wanted, judging)
    for job in jobs:
        draft.turn_to(job)
        if wanted.backend is not None or wanted.report is not None:
            propose_backend(draft, wanted, judging)
        if wanted.timeout_minutes is not None:
            propose_timeout(draft, wanted.timeout_minutes)
        if wanted.gate is not None:
            propose_gate(draft, wanted, judging)
    return draft


def _again(draft: Draft, jobs: tuple[JobId, ...], wanted: Wanted, judging: Judging) -> Draft:
    """The same move on its own result. A leg's check may be called otherwise then."""
    return _drafted(Draft(draft.workflow, jobs[0], draft.read, draft.is_folder), jobs, wanted, judging)
