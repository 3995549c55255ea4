"""The values that what varies in a step can have: one leg of the matrix at a time, one caller at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from covpath.gate.checks import legs_of, naming_contexts
from covpath.gate.scripts.around import put_in
from covpath.gate.simulation.assumptions import condition_holds
from covpath.patterns import regex
from covpath.terms import Tri
from covpath.workflow.calls import Links, default_inputs, hands_matrix_over, passed_inputs, reads_inputs
from covpath.workflow.expressions.contexts import SUCCEEDED, Contexts
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Object, Value
from covpath.workflow.legs import NO_MATRIX
from covpath.workflow.model import Job, Step, Workflow, scalar_text
from covpath.yamltext.nodes import Mapping as NodeMapping
from covpath.yamltext.nodes import Scalar, Sequence, deref

_NAMES = regex(r"\b(?:matrix|inputs)\.[\w-]+")
_MOST = 64
_DEEPEST = 4
"""Calls of calls that are followed for what they hand over."""
_CALL, _DISPATCH = "workflow_call", "workflow_dispatch"


def varying_in(workflow: Workflow, job: Job, step: Step, inputs: Contexts | None) -> tuple[str, ...]:
    """The ``matrix.x`` and ``inputs.x`` in a step's script, directory, inputs or variables that are not known."""
    texts = [step.run.value if step.run is not None else "", workflow.directory_of(job, step) or ""]
    texts += list(workflow.environment_of(job, step).values())
    texts += [scalar_text(entry.value) for entry in (step.with_.entries if step.with_ is not None else ())]
    return varying(texts, inputs)


def varying(texts: Iterable[str], inputs: Contexts | None) -> tuple[str, ...]:
    """The ``matrix.x`` and ``inputs.x`` in texts, without those that are known."""
    found = dict.fromkeys(name for text in texts if "${{" in text for name in _NAMES.findall(text))
    return tuple(name for name in found if "${{" in put_in(f"${{{{ {name} }}}}", inputs))


def passes_of(
    workflow: Workflow, job: Job, names: tuple[str, ...], links: Links, inputs: Contexts | None = None
) -> Iterator[Contexts]:
    """Contexts in which the step differs, each once; at most 64. ``inputs``: those of one call, where it is meant."""
    seen: set[tuple[str, ...]] = set()
    for contexts in islice(_contexts(workflow, job, names, links, inputs), 4 * _MOST):
        shown = tuple(put_in(f"${{{{ {name} }}}}", contexts) for name in names)
        if shown not in seen and len(seen) < _MOST:
            seen.add(shown)
            yield contexts


def _contexts(
    workflow: Workflow, job: Job, names: tuple[str, ...], links: Links, inputs: Contexts | None
) -> Iterator[Contexts]:
    around: Iterable[Mapping[str, Value]] = ({},)
    if inputs is not None:
        around = (inputs.values,)
    elif any(name.startswith("inputs.") for name in names):
        around = ({"inputs": known} for known in inputs_of(workflow, links))
    for known in around:
        for leg in legs_of(job, naming_contexts()):
            yield Contexts({**known, "matrix": leg.values} if leg.values is not None else known)


def inputs_of(workflow: Workflow, links: Links, depth: int = 0) -> Iterator[Value]:
    """The ``inputs`` that a workflow can have: those of each call, none under its own events.

    Where no call is at hand and nothing else starts it, its defaults.
    """
    for caller in links.callers.get(workflow.path, ()) if depth < _DEEPEST else ():
        job = caller.workflow.jobs[caller.job]
        if reads_inputs(caller.workflow, job):
            for outer in inputs_of(caller.workflow, links, depth + 1):
                yield from handed_over(workflow, job, outer)
        else:
            yield from handed_over(workflow, job, None)
    events = _events(workflow)
    if events - {_CALL, _DISPATCH}:
        yield Object({})
    if _DISPATCH in events:
        yield default_inputs(workflow, _DISPATCH)
    if workflow.path not in links.callers:
        yield default_inputs(workflow, _CALL)


def handed_over(called: Workflow, job: Job, outer: Value | None) -> Iterator[Object]:
    """The ``inputs`` a job gives to the workflow it calls, in each leg of its matrix; ``outer`` are its own."""
    contexts = naming_contexts()
    if outer is not None:
        contexts = Contexts({**contexts.values, "inputs": outer})
    for leg in legs_of(job, contexts)[:_MOST] if hands_matrix_over(job) else (NO_MATRIX,):
        known = contexts.values if leg.values is None else {**contexts.values, "matrix": leg.values}
        yield passed_inputs(called, job, Contexts(known))


def _events(workflow: Workflow) -> frozenset[str]:
    node = deref(workflow.on) if workflow.on is not None else None
    if isinstance(node, Scalar):
        return frozenset((node.value,))
    if isinstance(node, Sequence):
        return frozenset(scalar_text(item) for item in node.items)
    return frozenset(entry.key.value for entry in node.entries) if isinstance(node, NodeMapping) else frozenset()


def may_run(step: Step, contexts: Contexts | None) -> bool:
    """Whether a step's own condition leaves it a chance, given what is known."""
    if contexts is None or step.if_ is None:
        return True
    try:
        holds = condition_holds(step.if_.value, contexts.with_status(SUCCEEDED))
    except ExpressionError:
        return True
    return holds is not Tri.FALSE
