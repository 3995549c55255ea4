"""What expressions can see while a fault is simulated, put together only where an expression asks.

Assumed is what the simulation itself says (an event, earlier results, that a job has run);
everything else is unknown and stays so.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from functools import cached_property

from covpath.gate.simulation.assumptions import NOTHING, Assumptions
from covpath.gate.simulation.logic import SKIPS, StepResult, as_value
from covpath.gate.simulation.run import JobResult, Known, Run
from covpath.gate.simulation.view import View
from covpath.terms import Tri
from covpath.workflow.expressions.contexts import Contexts, Status
from covpath.workflow.expressions.template import OPEN, evaluate_text
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Object, Unknown, Value, unknown, unknown_text
from covpath.workflow.legs import Leg, are_certain, contexts_of
from covpath.workflow.model import Job, Step
from covpath.yamltext.nodes import Mapping, Scalar, deref


class Scope:
    """The jobs of a run, or one leg of a job, under what is assumed."""

    def __init__(
        self,
        run: Run,
        leg: Leg | None = None,
        legs: tuple[Leg, ...] = (),
        assumptions: Assumptions = NOTHING,
        *,
        known: Known | None = None,
    ) -> None:
        self.run = run
        self.leg = leg
        self.legs = legs
        self.assumptions = assumptions
        self._certain: bool | None = None
        self._seen: dict[tuple[str, JobResult], Object] = {}
        self.known = known if known is not None else run.known(assumptions)

    def in_leg(self, leg: Leg | None, legs: tuple[Leg, ...]) -> Scope:
        """The same in one leg of a job; what is asked of the run and of other jobs alone is answered once."""
        found = Scope(self.run, leg, legs, self.assumptions, known=self.known)
        found._seen = self._seen
        # A scope of no leg in particular is asked for those of one job only.
        if self._certain is None and len(legs) > 1:
            self._certain = are_certain(legs)
        found._certain = self._certain
        return found

    @cached_property
    def base(self) -> MappingABC[str, Value]:
        """The contexts every expression of the job may see."""
        found = dict(self.run.base)
        for path, value in self.assumptions.items():
            context = found.get(path[0])
            if len(path) == 2 and isinstance(context, Object) and isinstance(context.get(path[1]), Unknown):
                found[path[0]] = Object({**context.entries, path[1]: value}, context.rest, context.texts)
        if self.leg is None:
            return {**found, "matrix": unknown("matrix")}
        return contexts_of(self.leg, self.legs, Contexts(found), self._certain).values

    def job_view(self, needs: MappingABC[str, JobResult], status: Status) -> View:
        """What a job's own keys may see, ``needs`` included."""

        def build() -> Contexts:
            entries = {name: self._needed(name, result) for name, result in needs.items()}
            return Contexts({**self.base, "needs": Object(entries)}, status)

        return View(status, build, answers=self.known.answers, told=needs)

    def _needed(self, name: str, result: JobResult) -> Object:
        key = (name, result)
        if key not in self._seen:
            outcome = as_value(result.needed, f"needs.{name}.result")
            self._seen[key] = Object({"result": outcome, "outputs": self._outputs(name, result)})
        return self._seen[key]

    def _outputs(self, name: str, result: JobResult) -> Object:
        """The outputs of a job before; a job sets only those it declares, and none where it did not run."""
        job_id = self.run.graph.id_of(name)
        job = self.run.workflow.jobs[job_id] if job_id is not None else None
        path = f"needs.{name}.outputs"
        if job is None or job.uses is not None:
            return Object(self._assumed_outputs(name), path, texts=True)
        if job.outputs is None or result.results == SKIPS:
            return Object({})
        known: dict[str, Value] = {
            entry.key.value: unknown_text(f"{path}.{entry.key.value}") for entry in job.outputs.entries
        }
        return Object({**known, **self._assumed_outputs(name)})

    def _assumed_outputs(self, name: str) -> dict[str, Value]:
        return {
            path[3]: value
            for path, value in self.assumptions.items()
            if len(path) == 4 and path[1] == name.lower() and path[0] == "needs"
        }

    def step_view(self, job: Job, step: Step, view: View, named: MappingABC[str, StepResult], status: Status) -> View:
        """What a step's keys may see: what ran before it, and ``env`` of workflow, job and step."""

        def build() -> Contexts:
            data = dict(view.plain.values)
            data["steps"] = Object({name: _finished(name, result) for name, result in named.items()})
            data["runner"] = _RUNNER
            data["secrets"] = _SECRETS
            data["job"] = Object({"status": _job_status(status)}, "job")
            return Contexts(data, status)

        return View(
            status,
            build,
            lambda contexts: self.with_environment(job, step, contexts),
            self.known.answers,
            view,
            named,
        )

    def with_environment(self, job: Job, step: Step | None, contexts: Contexts) -> Contexts:
        """``contexts`` with ``env``: workflow, job and step, each seeing those around it."""
        env: dict[str, Value] = {}
        for layer in (self.run.workflow.env, job.env, step.env if step is not None else None):
            if layer is not None:
                env.update(_environment(layer, contexts, env))
        # A step before may have added names through $GITHUB_ENV, so the context is never closed.
        return _with_env(contexts, env)


_RUNNER = unknown("runner")
_SECRETS = Object({}, "secrets", texts=True)


def _finished(name: str, result: StepResult) -> Object:
    return Object(
        {
            "outcome": as_value(result.outcome, f"steps.{name}.outcome"),
            "conclusion": as_value(result.conclusion, f"steps.{name}.conclusion"),
            "outputs": Object({}, f"steps.{name}.outputs", texts=True),
        }
    )


def _job_status(status: Status) -> Value:
    if status.failure is Tri.UNKNOWN:
        return unknown_text("job.status")
    return "failure" if status.failure is Tri.TRUE else "success"


def _with_env(contexts: Contexts, env: MappingABC[str, Value]) -> Contexts:
    return Contexts({**contexts.values, "env": Object(env, "env", texts=True)}, contexts.status)


def _environment(layer: Mapping, contexts: Contexts, around: MappingABC[str, Value]) -> dict[str, Value]:
    """The variables of a layer, which see those ``around`` it and not each other."""
    found: dict[str, Value] = {}
    seen: Contexts | None = None
    for entry in layer.entries:
        scalar = deref(entry.value)
        if type(scalar) is Scalar:
            if OPEN not in scalar.value:
                found[entry.key.value] = scalar.value
                continue
            seen = seen or _with_env(contexts, around)
            try:
                found[entry.key.value] = evaluate_text(scalar.value, seen)
            except ExpressionError:
                found[entry.key.value] = unknown_text(f"env.{entry.key.value}")
    return found
