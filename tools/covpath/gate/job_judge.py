"""One job's verdict: every step under a step-failure, the job under the loss of its runner."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, partial
from operator import is_

from msgspec import Struct
from msgspec.structs import replace

from covpath.gate.alternatives import Alternatives, StepShells
from covpath.gate.blocking import blocking
from covpath.gate.data import judge_data
from covpath.gate.measuring import Measuring
from covpath.gate.required import RequiredChecks
from covpath.gate.scripts.purpose import is_setup
from covpath.gate.scripts.shell_effect import LETS_OUT, ShellEffect, asks_the_event
from covpath.gate.simulation.effect import Effect, JobSimulation, followed
from covpath.gate.simulation.in_legs import Failure, Fault, failure, in_each_leg, strictest, together
from covpath.gate.simulation.run import Run
from covpath.gate.simulation.runs import Runs
from covpath.gate.simulation.situation import Situation, situate
from covpath.gate.simulation.step_reasons import (
    beside_reason,
    effect_reasons,
    form_reasons,
    loss_reasons,
    no_step,
    skipped_reason,
)
from covpath.gate.simulation.supposing import NOTHING_SUPPOSED, Steps, Suppose, every
from covpath.gate.verdict import (
    NO_BLOCKS,
    NO_LOSS,
    UNKNOWN_BLOCKS,
    BlocksVerdict,
    JobVerdict,
    LegVerdict,
    LossVerdict,
    Lost,
    StepVerdict,
)
from covpath.terms import Blocks, Gate, Reason, Tri, any_of
from covpath.workflow.calls import Caller
from covpath.workflow.legs import Leg
from covpath.workflow.model import Job, Step, Workflow
from covpath.yamltext.nodes import Scalar


class _Case(Struct, frozen=True, kw_only=True):
    """One way the job runs: a simulation, and what becomes of the measuring step's failure in it."""

    simulation: JobSimulation
    measuring: Measuring
    failure: Failure | None

    @property
    def gate(self) -> Gate:
        return self.failure.gate if self.failure is not None else Gate.UNKNOWN


class JobJudge:
    """Works out one verdict; one use each."""

    def __init__(
        self,
        runs: Runs,
        required: RequiredChecks,
        workflow: Workflow,
        job: Job,
        *,
        every_step: bool,
        steps: Steps = every,
        through: Caller | None = None,
        suppose: Suppose = NOTHING_SUPPOSED,
    ) -> None:
        self.runs = runs
        self.required = required
        self.workflow = workflow
        self.job = job
        self.every_step = every_step
        self.asked = steps
        self.through = through
        self.suppose = suppose
        self.blocked: tuple[list[Effect], BlocksVerdict] | None = None
        self.alternatives = Alternatives(runs, workflow, job, suppose)
        self.shells = StepShells(runs, workflow, job, self.alternatives)
        self.measuring = self.alternatives.usual[0]

    def verdict(self) -> JobVerdict:
        """The verdict, with every way considered in which the job runs for a pull request."""
        situation = situate(self.runs, self.workflow, self.job, self.through, self._deciding)
        if self.suppose.runs and situation.gate is not None:
            situation = replace(situation, gate=None)
        if situation.gate is Gate.NO_SIGNAL and not self.every_step and not self.measuring.coverage:
            return self._unseen(situation)
        cases = [case for run in situation.runs for case in self._cases(run)]
        main = cases[0] if len(cases) == 1 else _main(cases)
        gate = main.gate if situation.gate is None else situation.gate
        self.measuring = main.measuring
        steps = self._steps(main, gate)
        own = next((step for step in steps if step.index == self.measuring.index), None)
        runs = gate is not Gate.NO_SIGNAL
        return JobVerdict(
            ref=self.workflow.ref(self.job),
            place=self.workflow.place(self.job.key),
            checks=self._checks(situation.runs),
            coverage=any(case.measuring.coverage for case in cases),
            gate=gate,
            partly=runs and self._partly(main, cases, steps),
            blocks=self._blocks(cases) if runs else NO_BLOCKS,
            lost=Lost(partial(self._loss, cases)) if runs else NO_LOSS,
            measuring=self.measuring.index,
            steps=steps,
            legs=self._legs(cases),
            data=judge_data(self.workflow, self.job, self.measuring, own),
            reasons=(*situation.reasons, *self._reasons(cases, main, own, situation.gate is Gate.NO_SIGNAL)),
        )

    def _unseen(self, situation: Situation) -> JobVerdict:
        """The verdict on a job that never runs for a pull request, where its steps are not asked about."""
        return JobVerdict(
            ref=self.workflow.ref(self.job),
            place=self.workflow.place(self.job.key),
            checks=self._checks(situation.runs),
            coverage=False,
            gate=Gate.NO_SIGNAL,
            partly=False,
            blocks=NO_BLOCKS,
            lost=NO_LOSS,
            measuring=self.measuring.index,
            steps=(),
            legs=(),
            data=judge_data(self.workflow, self.job, self.measuring, None),
            reasons=situation.reasons,
        )

    def _cases(self, run: Run) -> list[_Case]:
        """One a leg where what can mask a failure differs from leg to leg, else one for all."""
        legs = self.runs.legs(run, self.job)
        differ = len(legs) > 1 and self._legs_differ(legs)
        first = JobSimulation(run, self.job, legs[0], legs, alone=differ)
        return [self._case(one) for one in (first, *(map(first.in_leg, legs[1:]) if differ else ()))]

    def _legs_differ(self, legs: tuple[Leg, ...]) -> bool:
        if "matrix" in self._deciding:
            return True
        index = self.measuring.index
        return index is not None and self.shells.differ(self.job.steps[index], legs)

    @cached_property
    def _deciding(self) -> str:
        """The conditions and flags that decide what a failure of the measuring step comes to."""
        found = [self.job.continue_on_error]
        first = len(self.job.steps)
        for one in self.alternatives.usual:
            if one.index is not None:
                step = self.job.steps[one.index]
                for about in step.children or (step,):
                    found += (about.if_, about.continue_on_error)
                if step.with_ is not None and asks_the_event(step):
                    found += (value for entry in step.with_.entries if isinstance(value := entry.value, Scalar))
                if step.continue_on_error is not None:
                    first = min(first, one.index)
                if step.if_ is None:
                    break
        for step in self.job.steps[first:]:
            found += (step.if_, step.continue_on_error)
        return "\n".join([scalar.value for scalar in found if scalar is not None])

    def _case(self, simulation: JobSimulation) -> _Case:
        measuring = self._running(simulation)
        index = measuring.index
        if index is None:
            return _Case(simulation=simulation, measuring=measuring, failure=None)
        inner = measuring.inner.step if measuring.inner is not None else None
        found = self._failure(simulation, self.job.steps[index], inner)
        return _Case(simulation=simulation, measuring=measuring, failure=found)

    def _failure(self, simulation: JobSimulation, step: Step, inner: Step | None = None) -> Failure:
        shell_of = _lets_out if self.suppose.exits else self.shells.effect
        return failure(simulation, step, inner, shell_of, runs=self.suppose.runs)

    def _running(self, simulation: JobSimulation) -> Measuring:
        """The best of the alternatives that is not certainly skipped."""
        found = self.alternatives.of(simulation.run)
        for one in found:
            if one.index is None or simulation.runs(self.job.steps[one.index]) is not Tri.FALSE:
                return one
        return found[0]

    def _steps(self, main: _Case, gate: Gate) -> tuple[StepVerdict, ...]:
        """The steps to tell about: all that are wanted, or those the verdict rests on."""
        steps, index = self.job.steps, self.measuring.index
        if not self.every_step and gate is not Gate.ADVISORY and gate is not Gate.SILENT:
            return () if index is None else (self._step(main, steps[index], gate),)
        return tuple([self._step(main, step, gate) for step in steps if step.index == index or self._counts(step)])

    def _counts(self, step: Step) -> bool:
        """Whether a step beside the measuring one is wanted; the verdict rests on none that only prepares."""
        if not self.asked(self.workflow, self.job, step):
            return False
        return self.every_step or not is_setup(step, self.shells.shell_for(step))

    def _step(self, main: _Case, step: Step, job_gate: Gate) -> StepVerdict:
        own = step.index == self.measuring.index
        if own and main.failure is not None:
            found = [self._fault(main.simulation, step, main.failure)]
        else:
            ways = in_each_leg(self.runs, main.simulation, step)
            found = [self._fault(one, step, self._failure(one, step)) for one in ways]
        gate, softest, reasons = together(found)
        never = job_gate is Gate.NO_SIGNAL
        return StepVerdict(
            index=step.index,
            label=step.label,
            place=self.workflow.place(step.node),
            gate=Gate.NO_SIGNAL if never else gate,
            softest=Gate.NO_SIGNAL if never else softest,
            setup=not own and self.every_step and is_setup(step, self.shells.shell_for(step)),
            reasons=reasons,
        )

    def _fault(self, simulation: JobSimulation, step: Step, found: Failure) -> Fault:
        """What becomes of a step's failure in one leg."""
        reasons = (*found.shell.reasons, *effect_reasons(simulation, found.step, found.shell, found.effect))
        if found.gate is Gate.NO_SIGNAL:
            reasons = (skipped_reason(self.workflow, found.step), *reasons)
        if step.background or not followed(self.job, step):
            reasons = (*form_reasons(simulation, step), *reasons)
        return found.gate, reasons

    def _checks(self, runs: tuple[Run, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys([name.text for run in runs for name in self.runs.checks(run, self.job)]))

    def _partly(self, main: _Case, cases: list[_Case], steps: Iterable[StepVerdict]) -> bool:
        if len(cases) > 1 and len({case.gate for case in cases}) > 1:
            return True
        if main.gate not in (Gate.ADVISORY, Gate.SILENT):
            return False
        if any(step.gate is Gate.BLOCKING and not step.setup for step in steps):
            return True
        return self._beside(main) is not None

    def _beside(self, main: _Case) -> Step | None:
        """The step of the measuring one's ``parallel`` group that blocks where that one does not."""
        if main.measuring.inner is None or main.measuring.index is None:
            return None
        group = self._failure(main.simulation, self.job.steps[main.measuring.index])
        return group.step if group.gate is Gate.BLOCKING and main.gate is not Gate.BLOCKING else None

    def _legs(self, cases: list[_Case]) -> tuple[LegVerdict, ...]:
        if len(cases) < 2:
            return ()
        found: dict[str, Gate] = {}
        for case in cases:
            simulation = case.simulation
            for name in self.runs.checks(simulation.run, self.job, simulation.told):
                found[name.text] = strictest((case.gate, found.get(name.text, case.gate)))
        return tuple(LegVerdict(check=name, gate=gate) for name, gate in found.items())

    def _blocks(self, cases: list[_Case]) -> BlocksVerdict:
        """What the failure of the measuring step blocks, in any leg and call."""
        told = [case.failure for case in cases if case.failure is not None]
        if not told:
            return UNKNOWN_BLOCKS
        failing = [one for one in told if one.shell.fails is not Tri.FALSE]
        verdict = self._blocking([one.effect for one in failing])
        unsure = all(one.shell.fails is Tri.UNKNOWN for one in failing)
        if failing and unsure and verdict.value is Blocks.YES:
            verdict = replace(verdict, value=Blocks.UNKNOWN)
        if failing and unsure and verdict.mergify is not None and verdict.held is Tri.TRUE:
            verdict = replace(verdict, mergify=replace(verdict.mergify, value=Tri.UNKNOWN))
        return verdict

    def _blocking(self, effects: list[Effect]) -> BlocksVerdict:
        """What effects block; the loss of a runner and the failure of a step often have the very same."""
        if self.blocked is None or not _same(self.blocked[0], effects):
            self.blocked = (effects, self._found_blocking(effects))
        return self.blocked[1]

    def _found_blocking(self, effects: list[Effect]) -> BlocksVerdict:
        certain = [name for effect in effects for site in effect.red for name in self.runs.checks(*site)]
        possible = [name for effect in effects for site in effect.maybe_red for name in self.runs.checks(*site)]
        return blocking(self.required, certain, possible)

    def _loss(self, cases: list[_Case]) -> LossVerdict:
        effects = [case.simulation.runner_loss() for case in cases]
        return LossVerdict(
            check_red=any_of(effect.job_fails for effect in effects),
            run_fails=any_of(effect.run_fails for effect in effects),
            blocks=self._blocking(effects),
            reasons=loss_reasons(cases[0].simulation),
        )

    def _reasons(self, cases: list[_Case], main: _Case, own: StepVerdict | None, never: bool) -> tuple[Reason, ...]:
        """The chain behind the gate; where gates differ, what each other gate rests on too, step by step."""
        if never:
            return ()
        if own is None:
            return (no_step(self.workflow, self.job),)
        found = [*self.measuring.reasons, *own.reasons]
        if (beside := self._beside(main)) is not None:
            found.append(beside_reason(self.workflow, beside))
        told: set[tuple[Gate, int]] = set()
        for case in cases:
            one = case.failure
            if one is None or one.gate is main.gate or (one.gate, one.step.node.start) in told:
                continue
            told.add((one.gate, one.step.node.start))
            if one.gate is Gate.NO_SIGNAL:
                found.append(skipped_reason(self.workflow, one.step))
            else:
                found += [*one.shell.reasons, *effect_reasons(case.simulation, one.step, one.shell, one.effect)]
        return tuple(dict.fromkeys(found))


def _main(cases: list[_Case]) -> _Case:
    """The first of those whose gate counts, one that measures coverage before others."""
    gate = strictest([case.gate for case in cases])
    return max((case for case in cases if case.gate is gate), key=lambda case: case.measuring.coverage)


def _lets_out(step: Step, simulation: JobSimulation, index: int) -> ShellEffect:
    """What is supposed of a step that exits non-zero, whatever its script does."""
    del step, simulation, index
    return LETS_OUT


def _same(some: list[Effect], others: list[Effect]) -> bool:
    return len(some) == len(others) and all(map(is_, some, others))
