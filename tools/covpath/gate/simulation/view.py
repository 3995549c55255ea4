"""What an expression at one place sees, and what conditions and flags there come to.

What is the same at many places is worked out once; what cannot be told is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as MappingABC
from functools import lru_cache

from covpath.gate.simulation.assumptions import condition_holds
from covpath.gate.simulation.run import Answers
from covpath.patterns import regex
from covpath.terms import Tri, Word
from covpath.workflow.expressions.availability import Key, misplaced
from covpath.workflow.expressions.contexts import Contexts, Status
from covpath.workflow.expressions.template import OPEN, Template, evaluate_template, read_template
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Open, Unknown
from covpath.yamltext.nodes import Scalar


class _Asks(Word):
    """What a condition asks for."""

    RUN = "what is the same in the whole run"
    NEEDS = "what the jobs before it came to"
    JOB = "what all steps of a job see in one leg"
    STEPS = "what the steps before it came to"
    STEP = "what else a step sees, such as its variables"


_NOBODY: MappingABC[str, object] = {}


class View:
    """What an expression at one place sees: the status functions at once, the contexts when asked for.

    ``env`` is put together only for expressions that read it; what is a step's own, only for those that
    may: others see what ``around`` it, in the job, is seen. ``answers`` are those of the run, ``answers_here``
    those of the job. ``told`` is what the jobs before it came to; of a step, what the steps before it did.
    """

    __slots__ = (
        *("_build", "_contexts", "_environment", "_with_environment"),
        *("answers", "answers_here", "around", "status", "told"),
    )

    def __init__(
        self,
        status: Status,
        build: Callable[[], Contexts],
        environment: Callable[[Contexts], Contexts] | None = None,
        answers: Answers | None = None,
        around: View | None = None,
        told: MappingABC[str, object] = _NOBODY,
    ) -> None:
        self.status = status
        self.around = around
        self.told = told
        self.answers: Answers = {} if answers is None else answers
        self.answers_here: Answers = {}
        self._build = build
        self._environment = environment
        self._contexts: Contexts | None = None
        self._with_environment: Contexts | None = None

    def with_status(self, status: Status) -> View:
        """The same at another point of the job."""
        return View(
            status,
            lambda: Contexts(self.plain.values, status),
            self._environment,
            self.answers,
            self.around,
            self.told,
        )

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
        if self.around is not None and _asked_by(text) not in (_Asks.STEPS, _Asks.STEP):
            return Contexts(self.around.plain.values, self.status)
        return self.contexts if "env" in text else self.plain


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
    answers = view.answers
    key: tuple[object, ...] = (text, view.status)
    match _asked_by(text):
        case _Asks.RUN:
            pass
        case _Asks.NEEDS:
            key = (*key, *(view.around or view).told.items())
        case _Asks.STEPS if view.around is not None:
            key = (*key, *view.told.items())
        case _Asks.JOB if view.around is not None:
            answers = view.around.answers_here
        case _:
            return _evaluated(text, view)
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
    if found == {"needs"}:
        return _Asks.NEEDS
    if found == {"steps"}:
        return _Asks.STEPS
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
