"""In which runs a job is judged: those in which it runs for a pull request or in a merge queue."""

from __future__ import annotations

from msgspec import Struct

from covpath.gate.simulation.run import Run
from covpath.gate.simulation.runs import Origin, Runs
from covpath.gate.simulation.signal import CALLED
from covpath.gate.simulation.step_reasons import job_skipped
from covpath.terms import Gate, Reason
from covpath.workflow.calls import Caller
from covpath.workflow.model import Job, Workflow


class Situation(Struct, frozen=True, kw_only=True):
    """The runs a job is judged in; ``gate`` where they do not decide it, with the reasons for that."""

    runs: tuple[Run, ...]
    gate: Gate | None = None
    reasons: tuple[Reason, ...] = ()


def situate(runs: Runs, workflow: Workflow, job: Job, through: Caller | None = None, deciding: str = "") -> Situation:
    """The situation of a job; ``through`` where only the runs of one call are meant.

    ``deciding`` are the conditions and flags that a failure depends on: where they ask for the
    event, every event counts, else the best.
    """
    return _Situating(runs, workflow, job, through, each="github" in deciding).situation()


class _Situating:
    def __init__(self, runs: Runs, workflow: Workflow, job: Job, through: Caller | None, *, each: bool) -> None:
        self.runs = runs
        self.workflow = workflow
        self.job = job
        self.through = through
        self.each = each

    def situation(self) -> Situation:
        """The runs in which the job runs; where there are none, an imagined one and what that means."""
        origins = self.runs.origins(self.workflow)
        if self.through is not None:
            origins = tuple(origin for origin in origins if origin.caller == self.through)
        found = [run for origin in origins for run in self._chosen(origin)]
        if certain := [run for run in found if not run.doubtful]:
            return Situation(runs=tuple(certain))
        if found:
            return Situation(runs=tuple(found), gate=Gate.UNKNOWN, reasons=(self._doubt(found[0]),))
        imagined = (self.runs.imagined(self.workflow),)
        if self.runs.signal(self.workflow).called and len(origins) == 1 and not origins[0].runs:
            return self._uncalled(imagined)
        return Situation(runs=imagined, gate=Gate.NO_SIGNAL, reasons=self._no_signal(origins))

    def _chosen(self, origin: Origin) -> tuple[Run, ...]:
        """The best run of an origin in which the job runs; all of them where it asks for the event."""
        if self.each:
            return tuple(run for run in origin.runs if self.runs.runs_in(run, self.job))
        first = self.runs.first(origin, self.job)
        return () if first is None else (first,)

    def _doubt(self, run: Run) -> Reason:
        """Why it is not known whether the checks of a run count."""
        return self.runs.signal(run.top.workflow).reason(str(run.event))

    def _uncalled(self, imagined: tuple[Run, ...]) -> Situation:
        """A workflow that others call, of which no caller is at hand."""
        place = self.runs.signal(self.workflow).reason(CALLED).place
        if self.runs.links is None or self.runs.links.partial:
            message = (
                "other workflows call this one: judged as if one did for a pull request, with nothing around the call"
            )
            return Situation(runs=imagined, reasons=(Reason(code="caller-assumed", message=message, place=place),))
        message = "no workflow at hand calls this one: whether it runs for a pull request is its callers' to say"
        return Situation(
            runs=imagined, gate=Gate.UNKNOWN, reasons=(Reason(code="no-caller", message=message, place=place),)
        )

    def _no_signal(self, origins: tuple[Origin, ...]) -> tuple[Reason, ...]:
        """Why the job never runs for a pull request or in a merge queue."""
        callers = [origin.caller for origin in origins if origin.caller is not None]
        if any(origin.runs for origin in origins):
            return (job_skipped(self.workflow, self.job),)
        if callers:
            names = ", ".join(str(caller.workflow.ref(caller.workflow.jobs[caller.job])) for caller in callers[:3])
            message = f"only called by {names}, never for a pull request or merge queue"
            first = callers[0]
            called_at = first.workflow.place(first.workflow.jobs[first.job].key)
            return (Reason(code="no-signal", message=message, place=called_at),)
        signal = self.runs.signal(self.workflow)
        place = signal.reason(signal.named[0]).place if signal.named else None
        message = f"runs on {', '.join(signal.named) or 'nothing'}, never for a pull request or merge queue"
        return (Reason(code="no-signal", message=message, place=place),)
