"""The simulator's front: verdicts on the jobs of workflows, alone or as they call each other."""

from __future__ import annotations

from msgspec.structs import replace

from covpath.gate.job_judge import JobJudge
from covpath.gate.measuring import SeenBehind
from covpath.gate.required import RequiredChecks
from covpath.gate.simulation.runs import Runs
from covpath.gate.simulation.step_reasons import JOB_SKIPPED, SKIPPED, only_on_failure, runs_to_fail
from covpath.gate.simulation.supposing import NOTHING_SUPPOSED, Steps, Suppose, every
from covpath.gate.verdict import JobVerdict
from covpath.terms import Gate, Reason, Tri
from covpath.workflow.calls import Links
from covpath.workflow.model import Job, Workflow

_MOST_REMEMBERED = 512


class Judge:
    """Judges the jobs of workflows against one list of required checks.

    ``links`` says which workflows call each other; without them a workflow that is only called
    is judged as if a job without settings of its own called it for a pull request, and says so.
    ``every_step``: judge all steps of a job, not only those its own verdict rests on. ``steps`` narrows
    that: only steps of which it is true are judged beside the measuring one, and ``partly`` knows only
    those. ``behind`` sees what measures behind recipes and the like; without it only the workflow files
    count.
    """

    def __init__(
        self,
        *,
        required: RequiredChecks,
        links: Links | None = None,
        every_step: bool = True,
        steps: Steps = every,
        behind: SeenBehind | None = None,
    ) -> None:
        self.required = required
        self.links = links
        self.every_step = every_step
        self.steps = steps
        self.behind = behind
        self._runs = Runs(links, behind)
        self._judged = 0

    @property
    def runs(self) -> Runs:
        """What is remembered of the workflows, for others who ask about the same ones."""
        return self._runs

    def workflow(self, workflow: Workflow) -> tuple[JobVerdict, ...]:
        """A verdict for each of a workflow's jobs, in file order."""
        return tuple(self.job(workflow, job) for job in workflow.jobs.values())

    def job(self, workflow: Workflow, job: Job, suppose: Suppose = NOTHING_SUPPOSED) -> JobVerdict:
        """The verdict of one job."""
        runs = self._remembering()
        if job.uses is not None:
            # Imported here: most workflows call no other.
            from covpath.gate.call_judge import CallJudge

            return CallJudge(runs, self.required, workflow, job).verdict()
        verdict = self._judged_alone(runs, workflow, job, suppose)
        if verdict.gate is Gate.NO_SIGNAL and job.needs and suppose == NOTHING_SUPPOSED:
            return self._on_failure(runs, workflow, job, verdict)
        return verdict

    def _judged_alone(self, runs: Runs, workflow: Workflow, job: Job, suppose: Suppose) -> JobVerdict:
        return JobJudge(
            runs, self.required, workflow, job, every_step=self.every_step, steps=self.steps, suppose=suppose
        ).verdict()

    def _on_failure(self, runs: Runs, workflow: Workflow, job: Job, verdict: JobVerdict) -> JobVerdict:
        """The verdict on a job or step with nothing to do while all is well, where it runs once another failed.

        One that then fails is a gate, and counts as such.
        """
        # Imported here: most jobs run while all is well.
        from covpath.gate.aggregate import runs_on_failure, turned_red_by

        names, surely = turned_red_by(runs, workflow, job)
        if not names:
            skipped = any(reason.code == JOB_SKIPPED for reason in verdict.reasons)
            late = skipped and runs_on_failure(runs, workflow, job)
            return _not_skipped(verdict, only_on_failure(workflow, job)) if late else verdict
        found = self._judged_alone(runs, workflow, job, Suppose(runs=True))
        reason = runs_to_fail(workflow, job, found.measuring, names, surely)
        return _not_skipped(replace(found, gate=found.gate if surely is Tri.TRUE else Gate.UNKNOWN), reason)

    def _remembering(self) -> Runs:
        """What is remembered of workflows, dropped now and then so that it does not grow with their number."""
        self._judged += 1
        if self._judged > _MOST_REMEMBERED:
            self._judged = 0
            self._runs = Runs(self.links, self.behind)
        return self._runs


def _not_skipped(verdict: JobVerdict, why: Reason) -> JobVerdict:
    """The verdict with a reason of its own in the place of those for which nothing runs."""
    return replace(verdict, reasons=(why, *(reason for reason in verdict.reasons if reason.code not in SKIPPED)))
