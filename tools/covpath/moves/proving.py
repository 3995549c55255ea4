"""The last proof of a move: simulate the result and compare every job's verdict with before."""

from __future__ import annotations

from covpath.errors import ProofFailed
from covpath.gate.judge import Judge
from covpath.gate.verdict import JobVerdict
from covpath.moves.proposal import Draft, Proposal
from covpath.terms import Gate, JobId


def finish(draft: Draft, judge: Judge, *, gate: Gate | None) -> Proposal:
    """The draft as a proposal, once it is proven.

    ``gate`` is the gate the move asked for; None where it must stay what it was. Raises
    ProofFailed where the moved job has another gate, or any other job's verdict changed.
    """
    before = {verdict.ref.job: verdict for verdict in judge.workflow(draft.before)}
    after = {verdict.ref.job: verdict for verdict in judge.workflow(draft.workflow)}
    _other_jobs(draft, before, after)
    moved_before, moved_after = before[draft.job_id], after[draft.job_id]
    expected = moved_before.gate if gate is None else gate
    if moved_after.gate is not expected:
        raise ProofFailed(
            f"job {draft.job_id!r} would be {moved_after.gate} instead of {expected}.", place=moved_after.place
        )
    patch = draft.rewriting.patch()
    return Proposal(
        before=draft.before,
        after=draft.workflow,
        jobs=(draft.job_id,),
        title=f"{draft.job_id}: {', '.join(dict.fromkeys(draft.titles)) or 'nothing to do'}",
        patch=patch,
        notes=tuple(dict.fromkeys(draft.notes)),
        losses=tuple(dict.fromkeys(draft.losses)),
    )


def _other_jobs(draft: Draft, before: dict[JobId, JobVerdict], after: dict[JobId, JobVerdict]) -> None:
    if before.keys() != after.keys():
        raise ProofFailed("the jobs of the file would not be the same.", place=before[draft.job_id].place)
    for name, verdict in before.items():
        if name == draft.job_id:
            continue
        now = after[name]
        if (now.gate, now.partly, now.blocks, now.on_runner_loss.check_red) != (
            verdict.gate,
            verdict.partly,
            verdict.blocks,
            verdict.on_runner_loss.check_red,
        ):
            raise ProofFailed(
                f"job {name!r} would be {now.gate} instead of {verdict.gate}, which was not asked.", place=now.place
            )
