"""The last proof of a move: simulate the result and compare every job's verdict with before."""

from __future__ import annotations

from msgspec.structs import replace

from covpath.errors import ProofFailed, Refusal
from covpath.gate.simulation.supposing import NOTHING_SUPPOSED, Suppose
from covpath.gate.verdict import JobVerdict
from covpath.moves.gate.legs import gates
from covpath.moves.gate.subject import everywhere, find_step
from covpath.moves.judging import Judging
from covpath.moves.proposal import Draft, NoteKind, Proposal
from covpath.moves.wanted import ASKED, Wanted
from covpath.terms import Blocks, Gate, JobId, LossAction
from covpath.workflow.model import Workflow


def finish(draft: Draft, jobs: tuple[JobId, ...], judging: Judging, wanted: Wanted) -> Proposal:
    """The draft as a proposal, once it is proven.

    Raises ProofFailed where a moved job (or step, or leg) has another gate than asked, or than
    before where none was asked, and Refusal where another job's verdict would change with it
    (a variable that sets several gates) or a runner changes the gate by itself (its shell).
    """
    before, after = draft.before, draft.workflow
    if before.jobs.keys() != after.jobs.keys():
        raise ProofFailed("the jobs of the file would not be the same.", place=before.place(before.root))
    for name in before.jobs if draft.rewriting.changes else ():
        if name not in jobs:
            _unchanged(_verdict(judging, before, name), _verdict(judging, after, name))
        elif wanted.gate is None:
            _kept(draft, name, judging, wanted)
        elif wanted.gate in ASKED:
            _reached(draft, name, judging, wanted)
    if draft.rewriting.changes:
        _prove_callers(draft, judging, wanted)
    return Proposal(
        before=before,
        after=after,
        jobs=jobs,
        title=f"{', '.join(jobs)}: {', '.join(dict.fromkeys(draft.titles)) or 'nothing to do'}",
        patch=draft.rewriting.patch(),
        notes=tuple(dict.fromkeys(draft.notes)),
        losses=tuple(dict.fromkeys(draft.losses)),
    )


def _prove_callers(draft: Draft, judging: Judging, wanted: Wanted) -> None:
    """Compare the jobs of every file that calls this one: what turns with a gate is said, else nothing may turn."""
    before, after = judging.judge(draft.before), judging.judge(draft.workflow)
    for workflow in judging.callers(draft.before):
        for job in workflow.jobs.values():
            old, new = before.job(workflow, job), after.job(workflow, job)
            if job.uses is None or wanted.gate is None:
                _unchanged(old, new)
            elif _essence(old) != _essence(new):
                what = f"turns from {old.gate} to {new.gate} with it"
                if old.gate is new.gate:
                    what = "turns other checks red with it" if old.blocks != new.blocks else "is no longer as it was"
                name = f"{workflow.path.rsplit('/', 1)[-1]}:{job.id}"
                draft.say(NoteKind.CHANGE, f"{name}, which calls this file, {what}", place=workflow.place(job.key))


def _verdict(judging: Judging, workflow: Workflow, job: JobId, suppose: Suppose = NOTHING_SUPPOSED) -> JobVerdict:
    return judging.job(workflow, workflow.jobs[job], suppose)


def _reached(draft: Draft, job: JobId, judging: Judging, wanted: Wanted) -> None:
    """The job, step or legs have the gate asked for."""
    gate = ASKED[wanted.gate or ""]
    supposed = draft.supposed.get(job, NOTHING_SUPPOSED)
    draft.turn_to(job)
    if job in draft.expected_legs:
        now = gates(draft.workflow.jobs[job], _verdict(judging, draft.workflow, job, supposed))
        if now != draft.expected_legs[job]:
            raise ProofFailed(f"the legs of job {job!r} would not have the gates asked for.")
        return
    if wanted.step is not None:
        _reached_by_step(draft, job, judging, wanted.step, gate)
        return
    after = _verdict(judging, draft.workflow, job, supposed)
    if any(loss.name == "run-stays-red" and loss.action is LossAction.STOP for loss in draft.losses):
        if after.blocks.value is not Blocks.NO:
            raise ProofFailed(f"job {job!r} would still block.", place=after.place)
        return
    if not everywhere(after, gate):
        raise ProofFailed(f"job {job!r} would be {after.gate} instead of {gate}.", place=after.place)


def _reached_by_step(draft: Draft, job: JobId, judging: Judging, step: str, gate: Gate) -> None:
    """The step has the gate asked for, and every other step the one it had."""
    origin = find_step(draft.before.jobs[job], step)
    supposed = draft.supposed.get(job, NOTHING_SUPPOSED)
    after = _verdict(judging, draft.workflow, job, replace(supposed, step=draft.step_from(origin).index))
    if not everywhere(after, gate):
        raise ProofFailed(f"step {step!r} would be {after.gate} instead of {gate}.", place=after.place)
    old = {one.index: one for one in _verdict(judging, draft.before, job).steps}
    new = {one.index: one for one in _verdict(judging, draft.workflow, job).steps}
    for index, came_from in enumerate(draft.origins(job)):
        if came_from is None or came_from == origin or (index not in new or came_from not in old):
            continue
        one, other = old[came_from], new[index]
        if one.gate is not other.gate:
            raise Refusal(
                f"the step `{one.label}` would turn from {one.gate} to {other.gate} with it, which was not asked.",
                place=one.place,
                hint="Move the whole job: leave --step out.",
            )


def _kept(draft: Draft, job: JobId, judging: Judging, wanted: Wanted) -> None:
    """A job that is moved, but not its gate."""
    before, after = (_verdict(judging, workflow, job) for workflow in (draft.before, draft.workflow))
    if _gate_of(before) == _gate_of(after):
        return
    origin = draft.origins(job)[after.measuring] if after.measuring is not None else None
    if origin is not None and origin != before.measuring:
        # Another step is the one it is judged by: then that step's gate is what must not change.
        before = _verdict(judging, draft.before, job, Suppose(step=origin))
        if _gate_of(before) == _gate_of(after):
            return
    why = next((reason.message for reason in after.reasons if reason not in before.reasons), "its reasons differ")
    if wanted.runner and wanted.backend is None:
        raise Refusal(
            f"job {job!r} would turn from {before.gate} to {after.gate} on that runner: {why}.",
            place=before.place,
            hint="Let its scripts name their shell first.",
        )
    raise ProofFailed(f"job {job!r} would be {after.gate} instead of {before.gate}: {why}.", place=before.place)


def _gate_of(verdict: JobVerdict) -> tuple[object, ...]:
    """The gate, in every leg: a list of legs is only there where they may differ."""
    told = {leg.check: leg.gate for leg in verdict.legs}
    return verdict.partly, verdict.blocks.value, sorted(str(told.get(check, verdict.gate)) for check in verdict.checks)


def _unchanged(before: JobVerdict, after: JobVerdict) -> None:
    if _essence(before) != _essence(after):
        what = f"would turn from {before.gate} to {after.gate}"
        if before.gate is after.gate and before.blocks != after.blocks:
            old, new = (", ".join(one.blocks.checks) or "no check" for one in (before, after))
            what = f"would turn other checks red ({new} instead of {old})"
        raise Refusal(
            f"job {after.ref.job!r} {what} with it, which was not asked.",
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
