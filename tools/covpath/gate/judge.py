"""One job's verdict: every step under a step-failure, the job under the loss of its runner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from covpath.gate.checks import CheckPattern, check_patterns, legs_of, naming_contexts
from covpath.gate.data import judge_data
from covpath.gate.effect import Effect, JobSimulation
from covpath.gate.jobs import expected
from covpath.gate.measuring import Measuring, find_measuring
from covpath.gate.purpose import is_setup
from covpath.gate.required import RequiredChecks
from covpath.gate.scope import SKIPS, Scope
from covpath.gate.shell_effect import ShellEffect, shell_effect, shell_for
from covpath.gate.signal import signal_of
from covpath.gate.step_reasons import call_reason, effect_reasons, loss_reasons, skipped_reason
from covpath.gate.verdict import (
    BlocksVerdict,
    JobVerdict,
    LegVerdict,
    LossVerdict,
    StepVerdict,
)
from covpath.terms import Blocks, Gate, JobId, Reason, Tri
from covpath.workflow.matrix import Leg
from covpath.workflow.model import Job, Step, StepForm, Workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judges the jobs of workflows against one list of required checks."""

    required: RequiredChecks

    def workflow(self, workflow: Workflow) -> tuple[JobVerdict, ...]:
        """A verdict for each of a workflow's jobs, in file order."""
        return tuple(self.job(workflow, job) for job in workflow.jobs.values())

    def job(self, workflow: Workflow, job: Job) -> JobVerdict:
        """The verdict of one job."""
        return _JobJudge(workflow, job, self.required).verdict()


class _JobJudge:
    """Works out one verdict; one use each."""

    def __init__(self, workflow: Workflow, job: Job, required: RequiredChecks) -> None:
        self.workflow = workflow
        self.job = job
        self.required = required
        self.signal = signal_of(workflow)
        self.measuring: Measuring = find_measuring(workflow, job)
        self.effects: dict[int, ShellEffect] = {}

    def verdict(self) -> JobVerdict:
        event = self.event()
        simulations = self.simulations(event)
        main = simulations[0]
        steps = tuple(self.step(main, step, event is not None) for step in self.job.steps)
        index = self.measuring.index
        gates = [self.gate_in(simulation, index) for simulation in simulations] if index is not None else []
        gate = self.combined(gates, event is not None)
        loss = self.loss(main, event is not None)
        blocks = self.blocks_for(main, index)
        return JobVerdict(
            ref=self.workflow.ref(self.job),
            place=self.workflow.place(self.job.key),
            checks=tuple(check.text for check in self.checks(self.job)),
            coverage=self.measuring.coverage,
            gate=gate,
            partly=self.partly(gate, gates, steps),
            blocks=blocks,
            on_runner_loss=loss,
            measuring=index,
            steps=steps,
            legs=self.legs(gates),
            data=judge_data(self.workflow, self.job, self.measuring, steps),
            reasons=self.reasons(steps, index, event is not None),
        )

    def event(self) -> str | None:
        """The event under which the job runs for a pull request; None where there is none."""
        for name in self.signal.events:
            scope = Scope(workflow=self.workflow, event=name)
            if expected(scope)[self.job.id].results != SKIPS:
                return name
        return None

    def simulations(self, event: str | None) -> tuple[JobSimulation, ...]:
        """One a leg where what can mask a failure differs from leg to leg, else one for all.

        A job that never runs for a pull request is simulated as if it ran: its steps are worth telling.
        """
        baseline = expected(Scope(workflow=self.workflow, event=event))
        legs: tuple[Leg | None, ...] = (None,)
        every = legs_of(self.job, naming_contexts(event))
        if _asks_for_matrix(self.job):
            legs = every
        scopes = (Scope(workflow=self.workflow, event=event, leg=leg, legs=every) for leg in legs)
        return tuple(JobSimulation(scope, self.job, baseline) for scope in scopes)

    def checks(self, job: Job) -> tuple[CheckPattern, ...]:
        return check_patterns(job, naming_contexts())

    def shell(self, step: Step) -> ShellEffect:
        if step.index not in self.effects:
            command = self.measuring.command if step.index == self.measuring.index else None
            self.effects[step.index] = shell_effect(self.workflow, self.job, step, command)
        return self.effects[step.index]

    def step(self, simulation: JobSimulation, step: Step, runs: bool) -> StepVerdict:
        shell = self.shell(step)
        effect = simulation.step_failure(step.index)
        reasons = (*shell.reasons, *effect_reasons(simulation, step, shell, effect))
        gate = _step_gate(shell, effect)
        if simulation.sound.steps[step.index].ran is Tri.FALSE:
            gate = Gate.NO_SIGNAL
            reasons = (skipped_reason(self.workflow, step), *reasons)
        if step.form is StepForm.NEWER or step.background:
            gate = Gate.UNKNOWN
        return StepVerdict(
            index=step.index,
            label=step.label,
            place=self.workflow.place(step.node),
            gate=gate if runs else Gate.NO_SIGNAL,
            setup=step.index != self.measuring.index and is_setup(step, shell_for(self.workflow, self.job, step)),
            reasons=reasons,
        )

    def gate_in(self, simulation: JobSimulation, index: int) -> Gate:
        return _step_gate(self.shell(self.job.steps[index]), simulation.step_failure(index))

    def combined(self, gates: list[Gate], runs: bool) -> Gate:
        """The gate over all legs: where they differ, what the strictest of them does."""
        if not runs:
            return Gate.NO_SIGNAL
        for gate in (Gate.BLOCKING, Gate.UNKNOWN, Gate.ADVISORY, Gate.SILENT):
            if gate in gates:
                return gate
        return Gate.UNKNOWN

    def partly(self, gate: Gate, gates: list[Gate], steps: Iterable[StepVerdict]) -> bool:
        if len(set(gates)) > 1:
            return True
        if gate in (Gate.BLOCKING, Gate.NO_SIGNAL, Gate.UNKNOWN):
            return False
        return any(step.gate is Gate.BLOCKING and not step.setup for step in steps)

    def legs(self, gates: list[Gate]) -> tuple[LegVerdict, ...]:
        if len(gates) < 2:
            return ()
        names = self.checks(self.job)
        return tuple(LegVerdict(check=name.text, gate=gate) for name, gate in zip(names, gates, strict=False))

    def blocks_for(self, simulation: JobSimulation, index: int | None) -> BlocksVerdict:
        if index is None:
            return BlocksVerdict(value=Blocks.UNKNOWN)
        shell = self.shell(self.job.steps[index])
        if shell.fails is Tri.FALSE:
            return BlocksVerdict(value=Blocks.NO)
        verdict = self.blocks(simulation.step_failure(index))
        if shell.fails is Tri.UNKNOWN and verdict.value is Blocks.YES:
            return BlocksVerdict(value=Blocks.UNKNOWN, checks=verdict.checks)
        return verdict

    def blocks(self, effect: Effect) -> BlocksVerdict:
        """Whether a required check ends red. A gate job that is skipped counts as passed."""
        certain = self.names(effect.red)
        possible = self.names(effect.maybe_red)
        if not certain and not possible:
            return BlocksVerdict(value=Blocks.NO)
        if not self.required.known:
            return BlocksVerdict(value=Blocks.IF_REQUIRED, checks=tuple(name.text for name in (*certain, *possible)))
        if hit := [name for name in certain if name.known and self.required.requires(name.text)]:
            return BlocksVerdict(value=Blocks.YES, checks=tuple(name.text for name in hit))
        maybe = [
            name
            for name in (*certain, *possible)
            if any(name.could_be(other) is not Tri.FALSE for other in self.required.names)
        ]
        if maybe:
            return BlocksVerdict(value=Blocks.UNKNOWN, checks=tuple(name.text for name in maybe))
        return BlocksVerdict(value=Blocks.NO)

    def names(self, jobs: Iterable[JobId]) -> tuple[CheckPattern, ...]:
        return tuple(name for job in jobs for name in self.checks(self.workflow.jobs[job]))

    def loss(self, simulation: JobSimulation, runs: bool) -> LossVerdict:
        effect = simulation.runner_loss()
        return LossVerdict(
            check_red=effect.job_fails if runs else Tri.FALSE,
            run_fails=effect.run_fails,
            blocks=self.blocks(effect) if runs else BlocksVerdict(value=Blocks.NO),
            reasons=loss_reasons(simulation),
        )

    def reasons(self, steps: tuple[StepVerdict, ...], index: int | None, runs: bool) -> tuple[Reason, ...]:
        if not runs:
            return self.signal.reasons or (call_reason(self.workflow, self.job),)
        if index is None:
            return (call_reason(self.workflow, self.job),)
        return (*self.measuring.reasons, *steps[index].reasons)


def _asks_for_matrix(job: Job) -> bool:
    """Whether any condition or flag of the job or its steps reads the matrix."""
    scalars = [job.continue_on_error, *(scalar for step in job.steps for scalar in (step.if_, step.continue_on_error))]
    return any(scalar is not None and "matrix" in scalar.value for scalar in scalars)


def _step_gate(shell: ShellEffect, effect: Effect) -> Gate:
    """The gate of a step, given what its shell makes of the failing command."""
    if shell.fails is Tri.FALSE:
        return Gate.ADVISORY if shell.shown else Gate.SILENT
    gate = effect.gate
    if shell.fails is Tri.UNKNOWN and gate is not Gate.SILENT:
        return Gate.UNKNOWN
    return Gate.ADVISORY if gate is Gate.SILENT and shell.shown else gate
