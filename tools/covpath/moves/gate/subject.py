"""Whose gate a move is about: a job, by its measuring step, or one step of it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from covpath.errors import Refusal, UsageError
from covpath.gate.simulation.supposing import Suppose
from covpath.gate.verdict import JobVerdict
from covpath.moves.judging import Judging
from covpath.moves.proposal import Draft, NoteKind
from covpath.terms import Gate
from covpath.workflow.model import Job, Step


class Subject(Struct, frozen=True, kw_only=True):
    """The draft's job, or the one of its steps that stood at ``origin`` in the file as it was."""

    draft: Draft
    judging: Judging
    origin: int | None = None

    @property
    def suppose(self) -> Suppose:
        """What is supposed of the job, about the step it is now."""
        supposed = self.draft.supposed.get(self.draft.job_id, Suppose())
        return supposed if self.origin is None else replace(supposed, step=self.draft.step_from(self.origin).index)

    def verdict(self) -> JobVerdict:
        """The verdict of the file as it is now."""
        return self.verdict_in(self.draft)

    def verdict_in(self, draft: Draft) -> JobVerdict:
        """The same in a trial of this draft, whose steps are the same."""
        return self.judging.job(draft.workflow, draft.job, self.suppose)

    def step(self, verdict: JobVerdict) -> Step:
        """The step it is about. Raises Refusal for a job that has none of its own."""
        if verdict.measuring is None:
            why = verdict.reasons[0].message if verdict.reasons else "it has no steps"
            raise Refusal(
                f"job {self.draft.job_id!r} has no step of its own whose gate could be moved: {why}.",
                place=verdict.place,
                hint="Move the job that does the work.",
            )
        return self.draft.job.steps[verdict.measuring]


def suppose(subject: Subject) -> None:
    """Suppose what a move must where nothing is certain: that the job runs, that the step itself fails.

    A job that never runs for a pull request still has flags, and a script that cannot be followed
    may still be let off; what is supposed is said.
    """
    draft = subject.draft
    verdict = subject.verdict()
    if verdict.gate in (Gate.NO_SIGNAL, Gate.UNKNOWN):
        draft.supposed[draft.job_id] = replace(draft.supposed.get(draft.job_id, Suppose()), runs=True)
        known = subject.verdict()
        if known.gate is Gate.UNKNOWN and verdict.gate is Gate.UNKNOWN:
            draft.supposed[draft.job_id] = replace(draft.supposed[draft.job_id], runs=False)
        elif verdict.gate is not known.gate:
            why = f" ({verdict.reasons[0].message})" if verdict.reasons else ""
            place = verdict.reasons[0].place if verdict.reasons else verdict.place
            never = verdict.gate is Gate.NO_SIGNAL
            what = "it never runs for a pull request" if never else "whether it runs for a pull request is not known"
            then = "nothing of it can block a merge" if never else "moved is what it does when it runs"
            if never and verdict.reasons:
                what, why = f"it {verdict.reasons[0].message}", ""
            draft.say(NoteKind.OUTSIDE, f"{what}{why}: {then}", place=place)
        verdict = subject.verdict()
    hidden = [reason for reason in verdict.reasons if reason.code.startswith(("shell-unknown", "upload-quiet"))]
    unknown = Gate.UNKNOWN in (verdict.gate, *(leg.gate for leg in verdict.legs))
    if unknown and hidden:
        draft.supposed[draft.job_id] = replace(draft.supposed.get(draft.job_id, Suppose()), exits=True)
        if subject.verdict().gate is Gate.UNKNOWN:
            draft.supposed[draft.job_id] = replace(draft.supposed[draft.job_id], exits=False)
            return
        reason = hidden[0]
        draft.say(
            NoteKind.LEFTOVER,
            f"whether the step lets every failure out cannot be told ({reason.message}): moved is what follows when it "
            "fails",
            place=reason.place,
        )


def everywhere(verdict: JobVerdict, gate: Gate) -> bool:
    """Whether the gate is ``gate``; blocking in every leg of the matrix, advisory where no leg does more."""
    legs = verdict.legs if gate is Gate.BLOCKING else ()
    return verdict.gate is gate and all(leg.gate in (gate, Gate.NO_SIGNAL) for leg in legs)


def find_step(job: Job, name: str) -> int:
    """The index of the step called ``name``: its id, name, action, or number from 1.

    Raises UsageError where there is none, or more than one.
    """
    for found in _ways(job, name):
        if len(found) == 1:
            return found[0].index
        if found:
            numbers = ", ".join(str(step.index + 1) for step in found)
            raise UsageError(
                f"{len(found)} steps of job {job.id!r} are called {name!r}.",
                hint=f"Say which by its number: {numbers}.",
            )
    known = ", ".join(f"{step.index + 1} {step.label!r}" for step in job.steps) or "none"
    raise UsageError(f"job {job.id!r} has no step {name!r}.", hint=f"Its steps are {known}.")


def _ways(job: Job, name: str) -> Iterator[list[Step]]:
    yield [step for step in job.steps if step.id == name]
    yield [step for step in job.steps if step.name == name]
    yield [step for step in job.steps if step.uses is not None and name in (step.uses, step.uses.partition("@")[0])]
    yield [step for step in job.steps if step.label == name]
    if name.isdigit():
        yield [step for step in job.steps if step.index + 1 == int(name)]
