"""The last proof of a move: simulate the result and compare every job's verdict with before."""

from __future__ import annotations

from covpath.errors import ProofFailed, Refusal
from covpath.gate.judge import Judge
from covpath.gate.verdict import JobVerdict
from covpath.moves.proposal import Draft, Proposal
from covpath.terms import Gate, JobId

ASKED = {"blocking": Gate.BLOCKING, "advisory": Gate.ADVISORY}
"""The gates one can ask for by name; any other word is a ratchet's own."""


def finish(draft: Draft, jobs: tuple[JobId, ...], judge: Judge, *, gate: str | None) -> Proposal:
    """The draft as a proposal, once it is proven.

    ``gate`` is what the move asked for; None where it must stay what it was. Raises
    ProofFailed where a moved job has another gate, and Refusal where another job's verdict
    would change with it (a variable that sets several gates).
    """
    before = {verdict.ref.job: verdict for verdict in judge.workflow(draft.before)}
    after = {verdict.ref.job: verdict for verdict in judge.workflow(draft.workflow)}
    if before.keys() != after.keys():
        raise ProofFailed("the jobs of the file would not be the same.", place=before[jobs[0]].place)
    for name, verdict in before.items():
        if name not in jobs:
            _unchanged(verdict, after[name])
        elif gate is None or gate in ASKED:
            _as_asked(verdict, after[name], ASKED.get(gate or ""))
    names = ", ".join(jobs)
    return Proposal(
        before=draft.before,
        after=draft.workflow,
        jobs=jobs,
        title=f"{names}: {', '.join(dict.fromkeys(draft.titles)) or 'nothing to do'}",
        patch=draft.rewriting.patch(),
        notes=tuple(dict.fromkeys(draft.notes)),
        losses=tuple(dict.fromkeys(draft.losses)),
    )


def _as_asked(before: JobVerdict, after: JobVerdict, gate: Gate | None) -> None:
    wanted = before.gate if gate is None else gate
    if after.gate is not wanted:
        raise ProofFailed(f"job {after.ref.job!r} would be {after.gate} instead of {wanted}.", place=before.place)


def _unchanged(before: JobVerdict, after: JobVerdict) -> None:
    if _essence(before) != _essence(after):
        raise Refusal(
            f"job {after.ref.job!r} would turn from {before.gate} to {after.gate} with it, which was not asked.",
            place=before.place,
            hint="Move both jobs together, or give the job a switch of its own.",
        )


def _essence(verdict: JobVerdict) -> tuple[object, ...]:
    """What must not change about a job that is not moved."""
    return (
        verdict.gate,
        verdict.partly,
        verdict.blocks,
        verdict.on_runner_loss.check_red,
        verdict.on_runner_loss.run_fails,
        verdict.checks,
        tuple(step.gate for step in verdict.steps),
    )
