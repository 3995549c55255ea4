"""What one fault in one job comes to: the run, the checks, and whether anybody sees it."""

from __future__ import annotations

import re
from functools import cached_property

from msgspec import Struct

from covpath.gate.scripts.shell_effect import ShellEffect
from covpath.gate.scripts.visible import shows_something
from covpath.gate.simulation.failing import fails_of_itself
from covpath.gate.simulation.jobs import FINE, Others, red, view_of
from covpath.gate.simulation.logic import CANCELS, FAILS, SUCCEEDS, WELL, Results, StepResult
from covpath.gate.simulation.run import JobResult, JobResults, Run
from covpath.gate.simulation.steps import JobTrace, job_result, never_fails, run_steps
from covpath.gate.simulation.view import View, holds, switched_on
from covpath.patterns import regex
from covpath.terms import Gate, Tri, any_of, either
from covpath.workflow.expressions.availability import Key
from covpath.workflow.expressions.contexts import SUCCEEDED
from covpath.workflow.legs import Leg
from covpath.workflow.model import Job, Step, StepForm
from covpath.yamltext.nodes import Scalar

_OUTPUTS = regex(r"\bsteps\.[\w-]+\.outputs\b", re.IGNORECASE)

JobSite = tuple[Run, Job, "Leg | None"]
"""A job in a run, and one leg of its matrix where only that one is meant."""


class Effect(Struct, frozen=True, kw_only=True):
    """What becomes of the run and the checks.

    ``red`` are the jobs whose checks surely end red, ``maybe_red`` those whose checks may.
    """

    run_fails: Tri
    job_fails: Tri
    red: tuple[JobSite, ...]
    maybe_red: tuple[JobSite, ...]
    shown: Tri

    @property
    def gate(self) -> Gate:
        """The gate this effect amounts to."""
        if self.run_fails is Tri.TRUE:
            return Gate.BLOCKING
        if self.run_fails is Tri.UNKNOWN:
            return Gate.UNKNOWN
        seen = either(self.shown, Tri.of(bool(self.red)))
        if seen is Tri.FALSE and self.maybe_red:
            seen = Tri.UNKNOWN
        return Gate.ADVISORY if seen is Tri.TRUE else Gate.SILENT if seen is Tri.FALSE else Gate.UNKNOWN


class JobSimulation:
    """One job under one event and matrix leg; remembers what it worked out.

    ``alone``: only this leg is meant, not all that behave like it. Not frozen on purpose: a job
    is asked about each of its steps, and most answers are the same.
    """

    def __init__(
        self,
        run: Run,
        job: Job,
        leg: Leg | None,
        legs: tuple[Leg, ...],
        *,
        alone: bool = False,
        others: Others | None = None,
    ) -> None:
        self.run = run
        self.job = job
        self.leg = leg
        self.told = leg if alone else None
        self.others = others if others is not None else Others(run, job)
        self.scope = self.others.scope.in_leg(leg, legs)
        self._after: dict[Results, Effect] = {}
        self._runs: dict[int, Tri] = {}
        # Not shared with those in it: what refers to itself keeps its workflow's whole text and tree.
        self._in_legs: dict[int, JobSimulation] = {}

    def in_leg(self, leg: Leg) -> JobSimulation:
        """The same job in another leg, that one alone."""
        if id(leg) not in self._in_legs:
            self._in_legs[id(leg)] = JobSimulation(
                self.run, self.job, leg, self.scope.legs, alone=True, others=self.others
            )
        return self._in_legs[id(leg)]

    @cached_property
    def view(self) -> View:
        """What the job's own keys see."""
        if not self.job.needs:
            return self.scope.job_view({}, SUCCEEDED)
        if self.others.fine_before:
            return self.scope.job_view(dict.fromkeys(self.job.needs, FINE), SUCCEEDED)
        return view_of(self.scope, self.job, self.others.baseline).with_status(SUCCEEDED)

    @property
    def continue_on_error(self) -> Tri:
        """The job's own flag."""
        return Tri.FALSE if self.job.continue_on_error is None else self._flag

    @cached_property
    def _flag(self) -> Tri:
        return switched_on(self.job.continue_on_error, self.view, Key.JOB_CONTINUE_ON_ERROR)

    @cached_property
    def sound(self) -> JobTrace:
        """The job as it should be."""
        return run_steps(self.scope, self.job, self.view, fault=None, failing=never_fails)

    @cached_property
    def _in_a_row(self) -> bool:
        """Whether the steps run one after the other, so that those before a fault do what they always did."""
        return not any(step.children or step.background or step.waits_for is not None for step in self.job.steps)

    def runs(self, step: Step) -> Tri:
        """Whether a step runs in the job as it should be; a ``parallel`` group, if one of its steps does."""
        if step.children:
            return any_of(map(self.runs, step.children))
        if step.if_ is None:
            return Tri.TRUE
        if id(step) not in self._runs:
            self._runs[id(step)] = self._holds(step, step.if_)
        return self._runs[id(step)]

    def _holds(self, step: Step, condition: Scalar) -> Tri:
        named: dict[str, StepResult] = {}
        if "steps." in condition.value and step in self.job.steps:
            if not self._in_a_row or len(_OUTPUTS.findall(condition.value)) < condition.value.lower().count("steps"):
                return self.sound.steps[step.index].ran
            # The outputs of a step are the same to see, whatever it came to.
            named = {one.id: WELL for one in self.job.steps[: step.index] if one.id}
        return holds(condition, self.scope.step_view(self.job, step, self.view, named, SUCCEEDED))

    def step_failure(self, index: int, within: Step | None = None) -> Effect:
        """The step at ``index`` exits non-zero; of a ``parallel`` group, the one ``within`` it."""
        step = within or self.job.steps[index]
        masked = step.continue_on_error is not None or step.background
        if not masked and (self.job.continue_on_error is None or not self.others.job_shows):
            # Nothing in the job takes the failure back, and nothing in it shows it or nobody needs to.
            return self._propagated(FAILS, Tri.FALSE)
        if self._goes_unheard(step):
            return self._propagated(SUCCEEDS, Tri.FALSE)
        before = self.sound.steps[:index] if self._in_a_row else ()
        trace = run_steps(
            self.scope, self.job, self.view, fault=index, failing=fails_of_itself, within=within, before=before
        )
        return self._propagated(trace.results, self._newly_shown(trace))

    def _goes_unheard(self, step: Step) -> bool:
        """Whether the step's own flag surely takes its failure back, and nothing after it could tell or show it.

        What comes after it then does what it always does; so does the step, unless it runs at other times only.
        """
        flag = step.continue_on_error
        if flag is None or flag.data() is not True or step.background or not self._in_a_row:
            return False
        if step.if_ is not None and shows_something(step):
            return False
        later = self.job.steps[step.index + 1 :]
        if step.id is not None and any(one.if_ is not None and "steps" in one.if_.value.lower() for one in later):
            return False
        return self.others.last_to_fail <= step.index

    def runner_loss(self) -> Effect:
        """The runner dies, or the job runs out of time: no setting of a step matters then.

        The job has failed or was cancelled; which, depends on how it ended.
        """
        failed = self._propagated(FAILS, Tri.FALSE, lost=True)
        if self.job.continue_on_error is None and not self.run.graph.reacts_to(self.job):
            return failed  # nothing tells the two apart
        return merged(failed, self._propagated(CANCELS, Tri.FALSE))

    def ended(self, results: Results) -> Effect:
        """The job, a call of a reusable workflow, came to ``results``."""
        return self._propagated(results, Tri.FALSE)

    def _newly_shown(self, trace: JobTrace) -> Tri:
        """Whether a step that would not have run without the fault shows something."""
        return any_of(
            now.ran
            for step, now, before in zip(self.job.steps, trace.steps, self.sound.steps, strict=True)
            if now.ran is not before.ran and now.ran is not Tri.FALSE and shows_something(step)
        )

    def _propagated(self, results: Results, shown: Tri, *, lost: bool = False) -> Effect:
        """``lost``: the failure is that of the runner, which the job's own flag may not cover."""
        flag = self.continue_on_error
        if lost and flag is not Tri.FALSE:
            return self._spread(job_result(results, Tri.UNKNOWN), shown)
        if shown is not Tri.FALSE:
            return self._spread(job_result(results, flag), shown)
        if results not in self._after:
            self._after[results] = self._spread(job_result(results, flag), shown)
        return self._after[results]

    def _spread(self, outcome: JobResult, shown: Tri) -> Effect:
        """What ``outcome`` makes of the jobs after this one, and of the workflow that calls this one."""
        run, job = self.run, self.job
        alone = not run.graph.reacts_to(job)
        if alone and run.caller is None:
            colour = red(outcome)
            site = ((run, job, self.told),)
            return Effect(
                run_fails=outcome.fails_run,
                job_fails=colour,
                red=site if colour is Tri.TRUE else (),
                maybe_red=site if colour is Tri.UNKNOWN else (),
                shown=shown,
            )
        results: JobResults = {job.id: outcome}
        if not alone and outcome.needed != FINE.needed:  # else the jobs after it see what they see without the fault
            results = self.others.after(outcome)
            shown = either(shown, self.others.shown_after(outcome))
        run_fails = any_of(result.fails_run for result in results.values())
        certain, possible = self._coloured(results)
        if run.caller is not None:
            outer = _in_caller(run, run_fails)
            return Effect(
                run_fails=outer.run_fails,
                job_fails=red(outcome),
                red=(*certain, *outer.red),
                maybe_red=(*possible, *outer.maybe_red),
                shown=either(shown, outer.shown),
            )
        return Effect(run_fails=run_fails, job_fails=red(outcome), red=certain, maybe_red=possible, shown=shown)

    def _coloured(self, results: JobResults) -> tuple[tuple[JobSite, ...], tuple[JobSite, ...]]:
        """The jobs whose checks surely end red, and those whose checks may; a call has no check of its own."""
        certain: list[JobSite] = []
        possible: list[JobSite] = []
        for name, result in results.items():
            job = self.run.workflow.jobs[name]
            colour = red(result)
            if colour is not Tri.FALSE and job.uses is None:
                site = (self.run, job, self.told if job is self.job else None)
                (certain if colour is Tri.TRUE else possible).append(site)
        return tuple(certain), tuple(possible)


def merged(one: Effect, other: Effect) -> Effect:
    """What is certain of an effect that is one of two."""
    if one is other:
        return one
    red = tuple(site for site in one.red if site in other.red)
    possible = dict.fromkeys((*one.red, *other.red, *one.maybe_red, *other.maybe_red))
    return Effect(
        run_fails=one.run_fails if one.run_fails is other.run_fails else Tri.UNKNOWN,
        job_fails=one.job_fails if one.job_fails is other.job_fails else Tri.UNKNOWN,
        red=red,
        maybe_red=tuple(site for site in possible if site not in red),
        shown=one.shown if one.shown is other.shown else Tri.UNKNOWN,
    )


def step_gate(simulation: JobSimulation, step: Step, shell: ShellEffect, effect: Effect, *, runs: bool = False) -> Gate:
    """The gate of a step, given what its shell makes of the failing command; ``runs``: suppose that it runs."""
    if not followed(simulation.job, step):
        return Gate.UNKNOWN
    if not runs and simulation.runs(step) is Tri.FALSE:
        return Gate.NO_SIGNAL
    if shell.fails is Tri.FALSE:
        return Gate.ADVISORY if shell.shown else Gate.SILENT
    gate = effect.gate
    if shell.fails is Tri.UNKNOWN and gate is not Gate.SILENT:
        return Gate.UNKNOWN
    return Gate.ADVISORY if gate is Gate.SILENT and shell.shown else gate


def followed(job: Job, step: Step) -> bool:
    """Whether it is known what the step's failure does: not for a step that is cancelled, or that cancels."""
    if step.background:
        return not any(other.cancels is not None and other.cancels == step.id for other in job.steps)
    if step.form is not StepForm.NEWER:
        return True
    inside = step.children
    return step.waits_for is not None or (
        bool(inside) and not any(one.background or one.form is StepForm.NEWER for one in inside)
    )


def _in_caller(run: Run, run_fails: Tri) -> Effect:
    """What the end of a called workflow makes of the workflow that calls it; a call cannot be let off."""
    call = run.caller
    assert call is not None
    results = FAILS if run_fails is Tri.TRUE else SUCCEEDS if run_fails is Tri.FALSE else FAILS | SUCCEEDS
    leg = call.legs[0] if call.leg is None and len(call.legs) == 1 else call.leg
    return JobSimulation(call.run, call.job, leg, call.legs).ended(results)
