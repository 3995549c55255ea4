"""Ratchets: a repository's own variable that sets a gate, and the words it knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from covpath.errors import UsageError
from covpath.moves.gate.subject import Subject, everywhere
from covpath.moves.gate.switches import literals
from covpath.moves.proposal import Draft
from covpath.terms import Gate
from covpath.workflow.expressions.references import references_in
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.model import Job, Workflow
from covpath.yamltext.edit import Edit
from covpath.yamltext.nodes import Mapping, Route, Scalar, deref
from covpath.yamltext.operations import set_value

_USUAL_WORDS = frozenset({"observational", "warning", "blocking"})
_SWITCHES = {"true": "false", "false": "true"}


class Ratchet(Struct, frozen=True, kw_only=True):
    """A variable with a literal value in the file that a ``continue-on-error`` reads.

    ``words`` are the values it is compared with, its present one, and, where those are words
    of the usual scale (or of a yes-or-no switch), the rest of that scale.
    """

    variable: str
    value: str
    route: Route
    words: frozenset[str]


def ratchets(workflow: Workflow, job: Job, step: int | None = None) -> Iterator[Ratchet]:
    """The ratchets that set the gate of a job (and of its steps, or of the one at index ``step``)."""
    steps = job.steps if step is None else (job.steps[step],)
    seen: set[Route] = set()
    for scalar, inner in ((job.continue_on_error, None), *((one.continue_on_error, one) for one in steps)):
        if scalar is None:
            continue
        for name in _variables(scalar.value):
            layers = ((inner.env, (*inner.route, "env")),) if inner is not None else ()
            found = _definition((*layers, (job.env, (*job.route, "env")), (workflow.env, ("env",))), name)
            if found is not None and found[1] not in seen:
                seen.add(found[1])
                yield _ratchet(workflow, job, name, scalar, *found)


def _ratchet(workflow: Workflow, job: Job, name: str, scalar: Scalar, value: str, route: Route) -> Ratchet:
    words = {value, *literals(scalar.value), *_words_in_scripts(workflow, job, name)}
    if words & _USUAL_WORDS:
        words |= _USUAL_WORDS
    words |= {_SWITCHES[word] for word in words if word in _SWITCHES}
    return Ratchet(variable=name, value=value, route=route, words=frozenset(words))


def _words_in_scripts(workflow: Workflow, job: Job, name: str) -> Iterator[str]:
    """Words that conditions and scripts of the job compare the variable with."""
    del workflow
    compared = re.compile(rf"\b{re.escape(name)}\b\}}?[\"']?\s*(?:=|==|!=)\s*[\"']?([A-Za-z][\w-]*)")
    for step in job.steps:
        for scalar in (step.run, step.if_):
            if scalar is not None and name in scalar.value:
                yield from (match[1] for match in compared.finditer(scalar.value))


def turn(workflow: Workflow, ratchet: Ratchet, word: str) -> Edit | None:
    """The edit that gives the ratchet another value."""
    return set_value(workflow.document, ratchet.route, word, why=f"turn {ratchet.variable} to {word}")


def turn_to_word(draft: Draft, word: str) -> None:
    """Give the job's ratchet the value ``word``. Raises UsageError where there is no such thing."""
    found = list(ratchets(draft.workflow, draft.job))
    if not found:
        raise UsageError(
            f"{word!r} is no gate, and job {draft.job_id!r} has no ratchet variable.",
            hint="Use --gate blocking or --gate advisory.",
        )
    for ratchet in found:
        if word in ratchet.words:
            if draft.make(turn(draft.workflow, ratchet, word)):
                draft.titles.append(f"set {ratchet.variable} to {word}")
            return
    first = found[0]
    raise UsageError(f"{word!r} is no value of `{first.variable}`.", hint=f"It knows {', '.join(sorted(first.words))}.")


def turn_to_gate(subject: Subject, gate: Gate) -> bool:
    """Turn a ratchet to a value that gives the subject ``gate``, if one does."""
    draft = subject.draft
    step = None if subject.origin is None else draft.step_from(subject.origin).index
    for ratchet in ratchets(draft.workflow, draft.job, step):
        for word in sorted(ratchet.words - {ratchet.value}, key=lambda word: (word != str(gate), word)):
            trial = draft.trial()
            trial.make(turn(trial.workflow, ratchet, word))
            if everywhere(subject.verdict_in(trial), gate):
                draft.make(turn(draft.workflow, ratchet, word))
                draft.titles.append(f"set {ratchet.variable} to {word}")
                return True
    return False


def _variables(text: str) -> list[str]:
    try:
        return [
            reference.path[1] for reference in references_in(text) if reference.reads("env") and len(reference.path) > 1
        ]
    except ExpressionError:
        return []


def _definition(layers: tuple[tuple[Mapping | None, Route], ...], name: str) -> tuple[str, Route] | None:
    """The value that counts, with its route, where it is written out."""
    for layer, route in layers:
        node = layer.get(name) if layer is not None else None
        if node is not None:
            real = deref(node)
            literal = isinstance(real, Scalar) and "${{" not in real.value
            return (real.value, (*route, name)) if literal and isinstance(real, Scalar) else None
    return None
