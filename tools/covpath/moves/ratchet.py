"""Ratchets: a repository's own variable that sets a gate, and the words it knows."""

from __future__ import annotations

from dataclasses import dataclass

from covpath.workflow.expressions.references import references_in
from covpath.workflow.expressions.template import read_template
from covpath.workflow.expressions.tree import ExpressionError, Literal, walk
from covpath.workflow.model import Job, Workflow
from covpath.yamltext.edit import Edit
from covpath.yamltext.nodes import Mapping, Route, Scalar, deref
from covpath.yamltext.operations import set_value

_USUAL_WORDS = frozenset({"observational", "warning", "advisory", "blocking"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratchet:
    """A variable with a literal value in the file that a ``continue-on-error`` reads.

    ``words`` are the values it is compared with, its present one, and, where those are words
    of the usual scale, the rest of that scale.
    """

    variable: str
    value: str
    route: Route
    words: frozenset[str]


def find(workflow: Workflow, job: Job) -> Ratchet | None:
    """The ratchet that sets the gate of a job's steps, or None."""
    scalars = [job.continue_on_error, *(step.continue_on_error for step in job.steps)]
    for scalar in scalars:
        if scalar is None or "${{" not in scalar.value:
            continue
        for name in _variables(scalar.value):
            found = _definition(workflow, job, name)
            if found is not None:
                value, route = found
                words = _literals(scalar.value) | {value}
                if words & _USUAL_WORDS:
                    words |= _USUAL_WORDS - {"advisory"}
                return Ratchet(variable=name, value=value, route=route, words=frozenset(words))
    return None


def turn(workflow: Workflow, ratchet: Ratchet, word: str) -> Edit | None:
    """The edit that gives the ratchet another value."""
    return set_value(workflow.document, ratchet.route, word, why=f"turn {ratchet.variable} to {word}")


def _variables(text: str) -> list[str]:
    try:
        return [
            reference.path[1] for reference in references_in(text) if reference.reads("env") and len(reference.path) > 1
        ]
    except ExpressionError:
        return []


def _literals(text: str) -> frozenset[str]:
    """Every text an expression compares with."""
    found = (node for expr in read_template(text).expressions for node in walk(expr) if isinstance(node, Literal))
    return frozenset(node.value for node in found if isinstance(node.value, str) and node.value.isidentifier())


def _definition(workflow: Workflow, job: Job, name: str) -> tuple[str, Route] | None:
    layers: tuple[tuple[Mapping | None, Route], ...] = ((job.env, (*job.route, "env")), (workflow.env, ("env",)))
    for layer, route in layers:
        node = layer.get(name) if layer is not None else None
        real = deref(node) if node is not None else None
        if isinstance(real, Scalar) and "${{" not in real.value:
            return real.value, (*route, name)
    return None
