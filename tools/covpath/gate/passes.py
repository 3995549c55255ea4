"""The values that what varies in a step can have: one leg of the matrix at a time, one caller at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from covpath.gate.around import put_in
from covpath.gate.assumptions import condition_holds
from covpath.gate.checks import legs_of, naming_contexts
from covpath.patterns import regex
from covpath.terms import Tri
from covpath.workflow.calls import Links, passed_inputs
from covpath.workflow.expressions.contexts import SUCCEEDED, Contexts
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Value
from covpath.workflow.model import Job, Step, Workflow, scalar_text

_NAMES = regex(r"\b(?:matrix|inputs)\.[\w-]+")
_MOST = 64


def varying_in(workflow: Workflow, job: Job, step: Step) -> tuple[str, ...]:
    """The ``matrix.x`` and ``inputs.x`` that a step's script, inputs or variables hold."""
    texts = [step.run.value if step.run is not None else ""]
    texts += list(workflow.environment_of(job, step).values())
    texts += [scalar_text(entry.value) for entry in (step.with_.entries if step.with_ is not None else ())]
    return tuple(dict.fromkeys(name for text in texts if "${{" in text for name in _NAMES.findall(text)))


def passes_of(workflow: Workflow, job: Job, names: tuple[str, ...], links: Links) -> Iterator[Contexts]:
    """Contexts in which the step differs, each once; at most 64."""
    seen: set[tuple[str, ...]] = set()
    for contexts in islice(_contexts(workflow, job, names, links), 4 * _MOST):
        shown = tuple(put_in(f"${{{{ {name} }}}}", contexts) for name in names)
        if shown not in seen and len(seen) < _MOST:
            seen.add(shown)
            yield contexts


def _contexts(workflow: Workflow, job: Job, names: tuple[str, ...], links: Links) -> Iterator[Contexts]:
    around: list[dict[str, Value]] = [{}]
    if any(name.startswith("inputs.") for name in names):
        around = [
            {"inputs": passed_inputs(workflow, caller.workflow.jobs[caller.job], naming_contexts())}
            for caller in links.callers.get(workflow.path, ())
        ] or [{}]
    for known in around:
        for leg in legs_of(job, naming_contexts()):
            yield Contexts({**known, "matrix": leg.values} if leg.values is not None else known)


def may_run(step: Step, contexts: Contexts | None) -> bool:
    """Whether a step's own condition leaves it a chance, given what is known."""
    if contexts is None or step.if_ is None:
        return True
    try:
        holds = condition_holds(step.if_.value, contexts.with_status(SUCCEEDED))
    except ExpressionError:
        return True
    return holds is not Tri.FALSE
