"""The steps a job can be judged by, and what their scripts and actions make of a failure inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from covpath.gate.measuring import Measuring, alternatives, runs_after_failures
from covpath.gate.scripts.purpose import is_setup
from covpath.gate.scripts.shell_effect import ShellEffect, asks_the_event, shell_effect, shell_for
from covpath.gate.simulation.effect import JobSimulation
from covpath.gate.simulation.run import Run
from covpath.gate.simulation.runs import Runs
from covpath.gate.simulation.supposing import Suppose
from covpath.workflow.calls import LOCAL, reads_inputs
from covpath.workflow.expressions.contexts import SUCCEEDED, Contexts
from covpath.workflow.legs import Leg
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.shell.dialect import Shell

if TYPE_CHECKING:
    from covpath.gate.scripts.recipe_effect import RecipeEffect


class Alternatives:
    """The steps one job can be judged by, best first; in a called workflow perhaps others for each call."""

    def __init__(self, runs: Runs, workflow: Workflow, job: Job, suppose: Suppose) -> None:
        self._runs = runs
        self._workflow = workflow
        self._job = job
        self._suppose = suppose
        self._of: dict[int, tuple[Run, list[Measuring]]] = {}
        self.usual = self._found(None)
        """Those that count whoever calls."""

    def of(self, run: Run) -> list[Measuring]:
        """Those of one run: what hides behind an input differs from call to call."""
        if run.caller is None or self._runs.behind is None or not reads_inputs(self._workflow, self._job):
            return self.usual
        if id(run) not in self._of:
            self._of[id(run)] = (run, self._found(Contexts({"inputs": run.inputs})))
        return self._of[id(run)][1]

    def _found(self, inputs: Contexts | None) -> list[Measuring]:
        """More than one only where the first may not run."""
        workflow, job, behind = self._workflow, self._job, self._runs.behind
        found = [next(alternatives(workflow, job, behind, inputs), Measuring(index=None))]
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
        """The same, first those whose action of the repository measures, then all that work, in the usual order."""
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
        last_first = sorted(working, key=lambda index: (runs_after_failures(self._job.steps[index]), -index))
        others = (known.get(index, Measuring(index=index)) for index in last_first)
        return [*measuring, *others, *found]


class StepShells:
    """What each step's script or action makes of a failure inside; ``alternatives`` say of which command's.

    Remembers what it worked out.
    """

    def __init__(self, runs: Runs, workflow: Workflow, job: Job, alternatives: Alternatives) -> None:
        self._runs = runs
        self._workflow = workflow
        self._job = job
        self._alternatives = alternatives
        self._actions = runs.links.actions if runs.links is not None else None
        self._several = job.strategy is not None and self._names_several()
        runner = workflow.document.source.text[job.runs_on.start : job.runs_on.end] if job.runs_on is not None else ""
        self._called = "inputs" in runner
        """Whether the system, and with it the shell, is for who calls to say."""
        self._effects: dict[tuple[int, Shell | None, RecipeEffect | None], ShellEffect] = {}
        self._shells: dict[tuple[str | None, int], tuple[Shell, Leg | None]] = {}
        """By the identity of legs, which are kept so that it stays theirs."""

    def _names_several(self) -> bool:
        source = self._workflow.document.source.text[self._job.node.start : self._job.node.end]
        return "indows" in source or "shell: ${{" in source

    def differ(self, step: Step, legs: tuple[Leg, ...]) -> bool:
        """Whether legs of a matrix run a step's script in different shells."""
        return self._several and len({self.shell_for(step, leg) for leg in legs}) > 1

    def shell_for(self, step: Step, leg: Leg | None = None) -> Shell:
        """The shell of a step, in one leg where it is given; of all that name none, or the same, it is the same."""
        key = (step.shell, id(leg))
        if key not in self._shells:
            self._shells[key] = shell_for(self._workflow, self._job, step, leg), leg
        return self._shells[key][0]

    def effect(self, step: Step, simulation: JobSimulation, index: int) -> ShellEffect:
        """``index``: that of the step, or of its ``parallel`` group."""
        found = self._alternatives.of(simulation.run)
        about = next((one for one in found if one.index == index), Measuring(index=None))
        if self._actions is not None and step.uses is not None and step.uses.startswith(LOCAL):
            # Imported here: most jobs use no action of their own repository.
            from covpath.gate.composite import composite_effect

            view = simulation.scope.step_view(self._job, step, simulation.view, {}, SUCCEEDED)
            inside = composite_effect(self._actions, simulation.run, step, view, self._runs.behind)
            if inside is not None:
                return inside.behind(about.recipe)
        if asks_the_event(step):
            contexts = simulation.scope.step_view(self._job, step, simulation.view, {}, SUCCEEDED).contexts
            return shell_effect(self._workflow, self._job, step, None, contexts=contexts).behind(about.recipe)
        leg = simulation.leg if self._several else None
        inputs = simulation.run.inputs if self._called and simulation.run.caller is not None else None
        shell = self.shell_for(step, leg) if leg is not None else None
        if inputs is not None:
            shell = shell_for(self._workflow, self._job, step, leg, inputs)
        key = (step.node.start, shell, about.recipe)
        if key not in self._effects:
            effect = shell_effect(self._workflow, self._job, step, about.command_in(step), leg, inputs=inputs)
            self._effects[key] = effect.behind(about.recipe)
        return self._effects[key]
