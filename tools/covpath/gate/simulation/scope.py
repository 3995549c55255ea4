"""What expressions can see while a fault is simulated, put together only where an expression asks.

Assumed is what the simulation itself says (an event, earlier results, that a job has run);
everything else is unknown and stays so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as MappingABC
from functools import cached_property, lru_cache

from covpath.gate.simulation.assumptions import NOTHING, Assumptions, condition_holds
from covpath.gate.simulation.logic import SKIPS, StepResult, as_value
from covpath.gate.simulation.run import JobResult, Run
from covpath.patterns import regex
from covpath.terms import Tri, Word
from covpath.workflow.expressions.availability import Key, misplaced
from covpath.workflow.expressions.contexts import Contexts, Status
from covpath.workflow.expressions.template import OPEN, Template, evaluate_template, evaluate_text, read_template
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Object, Open, Unknown, Value, unknown, unknown_text
from covpath.workflow.legs import Leg, are_certain, contexts_of
from covpath.workflow.model import Job, Step
from covpath.yamltext.nodes import Mapping, Scalar, deref

Answers = dict[tuple[str, Status], Tri]
"""What conditions came to at every place that sees the same."""


class _Asks(Word):
    """What a condition asks for."""

    RUN = "what is the same in the whole run"
    JOB = "what all steps of a job see"
    STEP = "what a step sees of those before it, and its variables"


class View:
    """What an expression at one place sees: the status functions at once, the contexts when asked for.

    ``env`` is put together only for expressions that read it; what is a step's own, only for those that
    may: others see what ``around`` it, in the job, is seen. ``answers`` are those of the run, ``answers_here``
    those of the job.
    """

    __slots__ = (
        *("_build", "_contexts", "_environment", "_with_environment"),
        *("answers", "answers_here", "around", "status"),
    )

    def __init__(
        self,
        status: Status,
        build: Callable[[], Contexts],
        environment: Callable[[Contexts], Contexts] | None = None,
        answers: Answers | None = None,
        around: View | None = None,
    ) -> None:
        self.status = status
        self.around = around
        self.answers: Answers = {} if answers is None else answers
        self.answers_here: Answers = {}
        self._build = build
        self._environment = environment
        self._contexts: Contexts | None = None
        self._with_environment: Contexts | None = None

    def with_status(self, status: Status) -> View:
        """The same at another point of the job."""
        return View(status, lambda: Contexts(self.plain.values, status), self._environment, self.answers, self.around)

    @property
    def plain(self) -> Contexts:
        """All contexts but ``env``."""
        if self._contexts is None:
            self._contexts = self._build()
        return self._contexts

    @property
    def contexts(self) -> Contexts:
        """All contexts."""
        if self._environment is None:
            return self.plain
        if self._with_environment is None:
            self._with_environment = self._environment(self.plain)
        return self._with_environment

    def contexts_for(self, text: str) -> Contexts:
        """The contexts that a text's expressions need."""
        if self.around is not None and _asked_by(text) is not _Asks.STEP:
            return Contexts(self.around.plain.values, self.status)
        return self.contexts if "env" in text else self.plain


class Scope:
    """The jobs of a run, or one leg of a job, under what is assumed."""

    def __init__(
        self, run: Run, leg: Leg | None = None, legs: tuple[Leg, ...] = (), assumptions: Assumptions = NOTHING
    ) -> None:
        self.run = run
        self.leg = leg
        self.legs = legs
        self.assumptions = assumptions
        self._certain: bool | None = None
        self._seen: dict[tuple[str, JobResult], Object] = {}
        # Where more is assumed than the run says, its answers may not be the run's.
        self.answers: Answers = {} if assumptions else run.answers

    def in_leg(self, leg: Leg | None, legs: tuple[Leg, ...]) -> Scope:
        """The same in one leg of a job; what is asked of the run and of other jobs alone is answered once."""
        found = Scope(self.run, leg, legs, self.assumptions)
        found.answers, found._seen = self.answers, self._seen
        # A scope of no leg in particular is asked for those of one job only.
        if self._certain is None:
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

        return View(status, build, answers=self.answers)

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

        return View(status, build, lambda contexts: self.with_environment(job, step, contexts), self.answers, view)

    def with_environment(self, job: Job, step: Step | None, contexts: Contexts) -> Contexts:
        """``contexts`` with ``env``: workflow, job and step, each seeing those around it."""
        env: dict[str, Value] = {}
        for layer in (self.run.workflow.env, job.env, step.env if step is not None else None):
            if layer is not None:
                env.update(_environment(layer, contexts.but(env=Object(env, "env", texts=True))))
        # A step before may have added names through $GITHUB_ENV, so the context is never closed.
        return contexts.but(env=Object(env, "env", texts=True))


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


def _environment(layer: Mapping, contexts: Contexts) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for entry in layer.entries:
        scalar = deref(entry.value)
        if isinstance(scalar, Scalar):
            try:
                found[entry.key.value] = evaluate_text(scalar.value, contexts)
            except ExpressionError:
                found[entry.key.value] = unknown_text(f"env.{entry.key.value}")
    return found


_SIMPLE = {
    "": "success",
    "success()": "success",
    "always()": "always",
    "failure()": "failure",
    "cancelled()": "cancelled",
    "!cancelled()": "not cancelled",
    "success() || failure()": "always",
    "failure() || success()": "always",
}
"""Conditions that need no contexts, by far the most common ones. (Nothing is cancelled in a simulation.)"""


def holds(scalar: Scalar | None, view: View) -> Tri:
    """Whether an ``if:`` holds (``success()`` where there is none); unknown where it cannot be read."""
    if scalar is None:
        return view.status.success
    text = scalar.value
    word = _word_of(text)
    if word is not None:
        return _simple(word, view.status)
    asks = _asked_by(text)
    if asks is _Asks.RUN:
        answers = view.answers
    elif asks is _Asks.JOB and view.around is not None:
        answers = view.around.answers_here
    else:
        return _evaluated(text, view)
    key = (text, view.status)
    if key not in answers:
        answers[key] = _evaluated(text, view)
    return answers[key]


@lru_cache(maxsize=1024)
def _word_of(text: str) -> str | None:
    """The word for a condition that needs no contexts."""
    return _SIMPLE.get(_unwrapped(text))


@lru_cache(maxsize=1024)
def _asked_by(text: str) -> _Asks:
    """The most that expressions in a text ask for."""
    found = {name.lower() for name in _OF_A_PLACE.findall(text)}
    if not found:
        return _Asks.RUN
    return _Asks.JOB if found <= {"matrix", "needs", "strategy"} else _Asks.STEP


_OF_A_PLACE = regex(r"\b(?:needs|steps|env|matrix|job|runner|strategy|secrets|hashFiles)\b", re.IGNORECASE)


def _evaluated(text: str, view: View) -> Tri:
    try:
        return condition_holds(text, view.contexts_for(text))
    except ExpressionError:
        return Tri.UNKNOWN


def _unwrapped(text: str) -> str:
    text = text.strip()
    if text.startswith(OPEN) and text.endswith("}}") and text.count(OPEN) == 1:
        return text[3:-2].strip()
    return text


def _simple(word: str, status: Status) -> Tri:
    match word:
        case "success":
            return status.success
        case "failure":
            return status.failure
        case "cancelled":
            return Tri.FALSE
        case _:
            return Tri.TRUE


@lru_cache(maxsize=4096)
def _flag(text: str, key: Key) -> Template | None:
    """A ``continue-on-error`` with expressions; None where GitHub would not accept it."""
    try:
        template = read_template(text)
    except ExpressionError:
        return None
    return None if misplaced(template.expressions, key) else template


def switched_on(scalar: Scalar | None, view: View, key: Key) -> Tri:
    """A ``continue-on-error``'s value, False where it is absent or an error (GitHub fails closed).

    Only a boolean counts; text, even ``'true'``, is an error. Source: actions/runner,
    ``AssertBoolean`` in WorkflowTemplateConverter (``facts``, gating, 1.2).
    """
    if scalar is None:
        return Tri.FALSE
    if OPEN not in scalar.value:
        data = scalar.data()
        return Tri.of(data) if isinstance(data, bool) else Tri.FALSE
    if _flag(scalar.value, key) is None:
        return Tri.FALSE
    try:
        value = evaluate_template(scalar.value, view.contexts_for(scalar.value))
    except ExpressionError:
        return Tri.FALSE
    if isinstance(value, bool):
        return Tri.of(value)
    among = value.among if isinstance(value, Unknown) else ()
    return Tri.UNKNOWN if any(_may_be_true(one) for one in among) else Tri.FALSE


def _may_be_true(alternative: object) -> bool:
    """Whether one alternative of a value could be the boolean true: itself, or what nobody can list."""
    return alternative is True or isinstance(alternative, Open)


def sees(scalar: Scalar, view: View) -> str:
    """What an expression that is not known depends on, for people."""
    try:
        value = evaluate_template(scalar.value, view.contexts)
    except ExpressionError:
        return ""
    return ", ".join(sorted(value.names)) if isinstance(value, Unknown) else ""
