"""The steps a job can be judged by, best first; in a called workflow perhaps others for each call."""

from __future__ import annotations

from itertools import islice

from covpath.gate.measuring import Measuring, alternatives
from covpath.gate.scripts.purpose import is_setup
from covpath.gate.scripts.shell_effect import shell_for
from covpath.gate.simulation.run import Run
from covpath.gate.simulation.runs import Runs
from covpath.gate.simulation.supposing import Suppose
from covpath.workflow.calls import LOCAL, reads_inputs
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.model import Job, Workflow


class Alternatives:
    """Those of one job; remembers what it found for each call."""

    def __init__(self, runs: Runs, workflow: Workflow, job: Job, suppose: Suppose) -> None:
        self._runs = runs
        self._workflow = workflow
        self._job = job
        self._suppose = suppose
        self._hides = runs.behind is not None and reads_inputs(workflow, job)
        self._of: dict[int, tuple[Run, list[Measuring]]] = {}
        self.usual = self._found(None)
        """Those that count whoever calls."""

    def of(self, run: Run) -> list[Measuring]:
        """Those of one run: what hides behind an input differs from call to call."""
        if run.caller is None or not self._hides:
            return self.usual
        if id(run) not in self._of:
            self._of[id(run)] = (run, self._found(Contexts({"inputs": run.inputs})))
        return self._of[id(run)][1]

    def _found(self, inputs: Contexts | None) -> list[Measuring]:
        """More than one only where the first may not run."""
        workflow, job, behind = self._workflow, self._job, self._runs.behind
        found = list(islice(alternatives(workflow, job, behind, inputs), 1)) or [Measuring(index=None)]
        if not found[0].coverage:
            found = self._with_actions(found)
        index = found[0].index
        if (asked := self._suppose.step) is not None:
            others = () if asked == index else alternatives(workflow, job, behind, inputs)
            return (
                found
                if asked == index
                else [next(one for one in (*others, Measuring(index=asked)) if one.index == asked)]
            )
        if index is not None and job.steps[index].if_ is not None:
            found = [*found, *alternatives(workflow, job, behind, inputs)]
        return found

    def _with_actions(self, found: list[Measuring]) -> list[Measuring]:
        """The same, first those whose action of the repository measures, then all that work, the last first."""
        actions = self._runs.links.actions if self._runs.links is not None else None
        local = [step for step in reversed(self._job.steps) if step.uses is not None and step.uses.startswith(LOCAL)]
        if not local or actions is None:
            return found
        # Imported here: most jobs use no action of their own repository.
        from covpath.gate.composite import measuring_inside, works

        inside = [(step.index, measuring_inside(actions, step)) for step in local]
        measuring = [
            Measuring(index=index, coverage=True, recognition=one.recognition)
            for index, one in inside
            if one is not None
        ]
        working = {step.index for step in local if works(actions, step)}
        working.update(
            step.index for step in self._job.steps if not is_setup(step, shell_for(self._workflow, self._job, step))
        )
        known = {one.index: one for one in reversed(found)}
        others = (known.get(index, Measuring(index=index)) for index in sorted(working, reverse=True))
        return [*measuring, *others, *found]
