"""What expressions can see while a fault is simulated: contexts for a job and for its steps.

Assumed is what the simulation itself says (an event, earlier results); everything else is
unknown and stays so.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field

from covpath.errors import InputError
from covpath.gate.verdict import Result
from covpath.terms import JobId, Tri
from covpath.workflow.expressions.condition import Condition, condition, evaluate_condition
from covpath.workflow.expressions.contexts import Contexts, Status, partly
from covpath.workflow.expressions.template import evaluate_template
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Object, Plain, Value, one_of, unknown, unknown_text
from covpath.workflow.matrix import Leg, contexts_of
from covpath.workflow.model import Job, Step, Workflow
from covpath.yamltext.nodes import Mapping, Scalar, deref

Results = frozenset[Result]
"""The results a job or step can have; one where it is certain."""

SUCCEEDS: Results = frozenset({Result.SUCCESS})
FAILS: Results = frozenset({Result.FAILURE})
SKIPS: Results = frozenset({Result.SKIPPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What a step came to: ``outcome`` before ``continue-on-error``, ``conclusion`` after it."""

    outcome: Results
    conclusion: Results


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """What a job came to.

    ``results`` is its check's colour; ``needed`` is what ``needs.ID.result`` says, after a
    job-level ``continue-on-error``; ``fails_run`` whether it turns the run red.
    """

    results: Results
    needed: Results
    fails_run: Tri
    outputs: MappingABC[str, Plain] = field(default_factory=dict)


def as_value(results: Results, name: str) -> Value:
    """A set of results as a value of expressions."""
    return one_of({name}, sorted(result.value for result in results))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One job (or matrix leg) of a workflow under one event."""

    workflow: Workflow
    event: str | None
    leg: Leg | None = None
    legs: tuple[Leg, ...] = ()

    def base(self) -> dict[str, Value]:
        """The contexts every expression of the job may see."""
        known: dict[str, Plain] = {} if self.event is None else {"event_name": self.event}
        found: dict[str, Value] = {
            "github": partly("github", known),
            "vars": unknown("vars"),
            "inputs": unknown("inputs"),
            "strategy": unknown("strategy"),
            "matrix": unknown("matrix"),
        }
        if self.leg is not None and self.leg.values is not None:
            found.update(contexts_of(self.leg, self.legs, Contexts(found)).values)
        return found

    def job_contexts(self, needs: MappingABC[JobId, JobResult], status: Status) -> Contexts:
        """What a job's own keys may see, ``needs`` included."""
        data = self.base()
        data["needs"] = Object(
            {
                name: Object(
                    {
                        "result": as_value(result.needed, f"needs.{name}.result"),
                        "outputs": partly(f"needs.{name}.outputs", result.outputs),
                    }
                )
                for name, result in needs.items()
            }
        )
        return Contexts(data, status)

    def step_contexts(
        self, job: Job, step: Step | None, needs: Contexts, steps: MappingABC[str, StepResult], status: Status
    ) -> Contexts:
        """What a step's keys may see: what ran before it, and ``env`` of workflow, job and step."""
        data = dict(needs.values)
        data["steps"] = Object(
            {
                name: Object(
                    {
                        "outcome": as_value(result.outcome, f"steps.{name}.outcome"),
                        "conclusion": as_value(result.conclusion, f"steps.{name}.conclusion"),
                        "outputs": partly(f"steps.{name}.outputs", {}),
                    }
                )
                for name, result in steps.items()
            }
        )
        for name in ("runner", "secrets"):
            data[name] = unknown(name)
        data["job"] = partly("job", {})
        contexts = Contexts(data, status)
        layers = (self.workflow.env, job.env, step.env if step is not None else None)
        env: dict[str, Plain] = {}
        for layer in layers:
            if layer is not None:
                env.update(_environment(layer, contexts.but(env=partly("env", env))))
        # A step before may have added names through $GITHUB_ENV, so the context is never closed.
        return contexts.but(env=partly("env", env))


def _environment(layer: Mapping, contexts: Contexts) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    for entry in layer.entries:
        scalar = deref(entry.value)
        if isinstance(scalar, Scalar):
            try:
                found[entry.key.value] = evaluate_template(scalar.value, contexts)
            except ExpressionError:
                found[entry.key.value] = unknown_text(f"env.{entry.key.value}")
    return found


def holds(scalar: Scalar | None, contexts: Contexts) -> Tri:
    """Whether an ``if:`` holds (``success()`` where there is none); unknown where it cannot be read."""
    if scalar is None:
        return contexts.status.success
    try:
        return evaluate_condition(_condition(scalar), contexts)
    except ExpressionError:
        return Tri.UNKNOWN


def _condition(scalar: Scalar) -> Condition:
    return condition(scalar.value)


def switched_on(scalar: Scalar | None, contexts: Contexts) -> Tri:
    """A ``continue-on-error``'s value, False where it is absent or an error (GitHub fails closed).

    Only a boolean counts; text, even ``'true'``, is an error. Source: actions/runner,
    ``AssertBoolean`` in WorkflowTemplateConverter (``facts``, gating, 1.2).
    """
    if scalar is None:
        return Tri.FALSE
    if "${{" not in scalar.value:
        data = scalar.data()
        return Tri.of(data) if isinstance(data, bool) else Tri.FALSE
    try:
        value = evaluate_template(scalar.value, contexts)
    except (ExpressionError, InputError):
        return Tri.FALSE
    if isinstance(value, bool):
        return Tri.of(value)
    among = getattr(value, "among", None)
    if among is None or not any(item is True or not isinstance(item, (str, float, bool)) for item in among):
        return Tri.FALSE
    return Tri.UNKNOWN
