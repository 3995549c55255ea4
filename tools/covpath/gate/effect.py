"""What one fault in one job comes to: the run, the checks, and whether anybody sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from covpath.gate.failing import fails_of_itself, never_fails
from covpath.gate.jobs import dependants, needs_of, propagate, red, status_for
from covpath.gate.scope import FAILS, JobResult, Scope, switched_on
from covpath.gate.steps import JobTrace, either, job_result, run_steps
from covpath.gate.verdict import Result
from covpath.gate.visible import shows_something
from covpath.terms import Gate, JobId, Tri
from covpath.workflow.expressions.contexts import SUCCEEDED, Contexts
from covpath.workflow.model import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What becomes of the run and the checks.

    ``red`` are the jobs whose checks surely end red, ``maybe_red`` those whose checks may.
    """

    run_fails: Tri
    job_fails: Tri
    red: tuple[JobId, ...]
    maybe_red: tuple[JobId, ...]
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
        return {Tri.TRUE: Gate.ADVISORY, Tri.FALSE: Gate.SILENT, Tri.UNKNOWN: Gate.UNKNOWN}[seen]


class JobSimulation:
    """One job under one event and matrix leg; remembers what it worked out.

    Not frozen on purpose: a job is asked about each of its steps, and most answers are the same.
    """

    def __init__(self, scope: Scope, job: Job, baseline: Mapping[JobId, JobResult]) -> None:
        self.scope = scope
        self.job = job
        self.baseline = baseline
        taken = {name: JobResult(results=frozenset({Result.SUCCESS}), needed=frozenset({Result.SUCCESS}),
                                 fails_run=Tri.FALSE) for name in job.needs}  # fmt: skip
        # A job that meets a fault has run, so what it needs has succeeded.
        self.needs: Contexts = scope.job_contexts(taken, SUCCEEDED)
        self.continue_on_error = switched_on(job.continue_on_error, self.needs)
        self.sound = run_steps(scope, job, self.needs, fault=None, failing=never_fails)
        self._after: dict[tuple[Tri, bool], Effect] = {}

    def step_failure(self, index: int) -> Effect:
        """The step at ``index`` exits non-zero."""
        trace = run_steps(self.scope, self.job, self.needs, fault=index, failing=fails_of_itself)
        return self._effect(trace)

    def runner_loss(self) -> Effect:
        """The runner dies or the job times out: no setting of a step matters then.

        Whether a job-level ``continue-on-error`` covers that is not settled, so it stays unknown.
        """
        covers = Tri.FALSE if self.continue_on_error is Tri.FALSE else Tri.UNKNOWN
        return self._propagated(job_result(FAILS, covers), shown=Tri.FALSE)

    def _effect(self, trace: JobTrace) -> Effect:
        shown = self._newly_shown(trace)
        key = (trace.failed, shown is Tri.TRUE)
        if key not in self._after or any(job.outputs for job in self.scope.workflow.jobs.values()):
            outcome = job_result(trace.results, self.continue_on_error)
            self._after[key] = self._propagated(outcome, shown)
        return self._after[key]

    def _newly_shown(self, trace: JobTrace) -> Tri:
        """Whether a step that would not have run without the fault shows something."""
        shown = Tri.FALSE
        for step, now, before in zip(self.job.steps, trace.steps, self.sound.steps, strict=True):
            if now.ran is not before.ran and now.ran is not Tri.FALSE and shows_something(step):
                shown = either(shown, now.ran)
        return shown

    def _propagated(self, outcome: JobResult, shown: Tri) -> Effect:
        results = {self.job.id: outcome}
        if self.job.id in self.baseline and dependants(self.scope.workflow, self.job):
            results = propagate(self.scope, self.job, outcome, self.baseline, fails_of_itself)
            shown = either(shown, self._shown_after(results))
        colours = {name: red(result) for name, result in results.items()}
        run_fails = Tri.FALSE
        for result in results.values():
            run_fails = either(run_fails, result.fails_run)
        return Effect(
            run_fails=run_fails,
            job_fails=red(outcome),
            red=tuple(name for name, colour in colours.items() if colour is Tri.TRUE),
            maybe_red=tuple(name for name, colour in colours.items() if colour is Tri.UNKNOWN),
            shown=shown,
        )

    def _shown_after(self, results: Mapping[JobId, JobResult]) -> Tri:
        """Whether a later job that runs only because of the fault shows something."""
        shown = Tri.FALSE
        for name, result in results.items():
            job = self.scope.workflow.jobs[name]
            ran_before = self.baseline[name].results != frozenset({Result.SKIPPED})
            if name == self.job.id or result.results == frozenset({Result.SKIPPED}) or ran_before:
                continue
            contexts = self.scope.job_contexts(needs_of(job, results), status_for(self.scope.workflow, job, results))
            traces = run_steps(self.scope, job, contexts, fault=None, failing=fails_of_itself).steps
            for step, trace in zip(job.steps, traces, strict=True):
                if shows_something(step):
                    shown = either(shown, trace.ran)
        return shown
