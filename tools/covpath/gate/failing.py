"""Steps that fail of themselves because of what they see: ``exit 1``, and gates written by hand."""

from __future__ import annotations

import re

from covpath.terms import Tri
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.model import Step
from covpath.yamltext.nodes import Mapping

_EXIT = re.compile(r"\bexit\s+([0-9]+|\$\S*)|\bfalse\b")
_ONLY_TALKS = re.compile(r"(?:\s*(?:echo|printf|set)\b[^\n]*\n)*\s*(?:exit\s+[1-9][0-9]*|false)\s*")
_RESULTS = re.compile(r"\b(?:needs|steps|job\.status)\b|\b(?:always|failure|cancelled)\(", re.IGNORECASE)


def never_fails(step: Step, contexts: Contexts) -> Tri:
    """The answer for a run in which nothing goes wrong."""
    del step, contexts
    return Tri.FALSE


def fails_of_itself(step: Step, contexts: Contexts) -> Tri:
    """Whether a step exits non-zero because of earlier results, nothing being wrong with the code.

    A step that neither runs because of a result nor reads one does what it always did.
    """
    if step.run is None or not _looks_at_results(step):
        return Tri.FALSE
    text = step.run.value
    if not _EXIT.search(text):
        return Tri.FALSE
    del contexts
    return Tri.TRUE if _ONLY_TALKS.fullmatch(text) else Tri.UNKNOWN


def _looks_at_results(step: Step) -> bool:
    texts = [step.if_.value if step.if_ else "", step.run.value if step.run else ""]
    texts += _values(step.env)
    return any(_RESULTS.search(text) for text in texts)


def _values(mapping: Mapping | None) -> list[str]:
    return [] if mapping is None else [getattr(entry.value, "value", "") for entry in mapping.entries]
