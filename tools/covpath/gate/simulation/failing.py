"""Steps that fail of themselves because of what they see: ``exit 1``, gates written by hand, gate actions.

A step that sees nothing of the results does what it always did. What a script decides is
rehearsed; a program that may decide on what it is told leaves the answer unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from covpath.gate.scripts.shell_effect import shell_for
from covpath.gate.scripts.visible import only_tells
from covpath.gate.simulation.gate_actions import gate_action, is_gate_action
from covpath.gate.simulation.scope import Scope
from covpath.gate.simulation.view import View
from covpath.patterns import regex
from covpath.terms import Tri
from covpath.workflow.expressions.template import OPEN, Embedded, evaluate_text, known_template
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Value, texts
from covpath.workflow.model import Job, Step, Workflow
from covpath.yamltext.nodes import Mapping, deref

_RESULTS = regex(
    r"\b(?:needs|steps)\s*(?:[.\[)]|$)|\bjob\.status\b|\b(?:always|failure|cancelled|success)\s*\(", re.IGNORECASE
)
_EXPRESSION = regex(r"\$\{\{.*?\}\}", re.DOTALL)
_MAY_END = regex(r"\b(?:exit|return|false|test|jq|grep)\b|\[", re.ASCII)
_ONLY_ENDS = regex(r"(?:\s*(?:echo|printf|Write-\w+|set)\b[^\n]*\n)*\s*(?:exit\s+[1-9][0-9]*|false)\s*", re.IGNORECASE)
_WORD = regex(r"\w+|\W", re.DOTALL)
_SCRIPT_FAILS = regex(r"setFailed|process\.exit|throw\b|core\.error|assert")


def fails_of_itself(scope: Scope, job: Job, step: Step, view: View) -> Tri:
    """Whether a step exits non-zero because of earlier results, nothing being wrong with the code."""
    workflow = scope.run.workflow
    if not could_fail(workflow, job, step):
        return Tri.FALSE
    if step.run is not None:
        return _script(scope, job, step, view, reads=_reads(workflow, job, step))
    known = gate_action(step, view)
    return known if known is not None else Tri.UNKNOWN


def could_fail(workflow: Workflow, job: Job, step: Step) -> bool:
    """Whether anything that a step may see of earlier results makes it fail: of most their text tells that not."""
    if step.run is not None:
        ends = _runs_because_of_results(job, step) and _MAY_END.search(step.run.value) is not None
        return ends or _reads(workflow, job, step)
    if step.uses is None:
        return False
    if is_gate_action(step):
        return True
    if only_tells(step) or not _reads(workflow, job, step):
        return False
    script = step.inputs().get("script")
    return script is None or _SCRIPT_FAILS.search(script) is not None


def _runs_because_of_results(job: Job, step: Step) -> bool:
    """Whether the step may be one that only runs once something failed: then it has never done anything yet."""
    return any(scalar is not None and _RESULTS.search(scalar.value) for scalar in (job.if_, step.if_))


def decides_on_results(job: Job, step: Step) -> bool:
    """Whether a step may fail because of what other jobs came to: it is told of it, and can end itself."""
    if step.run is None:
        return False
    told = [step.run.value, *(scalar.value for scalar in (step.if_, job.if_) if scalar is not None)]
    for mapping in (step.env, job.env):
        told += [getattr(deref(entry.value), "value", "") for entry in mapping.entries] if mapping is not None else []
    return any(map(OF_OTHERS.search, told)) and _ENDS.search(step.run.value) is not None


_ENDS = regex(
    r"\bexit\s+(?!0\b)|\bfalse\b|\bjq\s+(?:-\w*e|--exit-status)|(?:^|\n)\s*(?:\[\[?|test|!|grep)\s[^\n]*\s*(?:done\s*)*\Z"
)
OF_OTHERS = regex(r"\bneeds\s*(?:[.\[)]|$)|\bfailure\s*\(", re.IGNORECASE)
"""A text that asks what other jobs came to."""


def _reads_results(text: str) -> bool:
    # The first look spares most texts the second.
    return OPEN in text and any(map(_RESULTS.search, _EXPRESSION.findall(text)))


def _reads(workflow: Workflow, job: Job, step: Step) -> bool:
    """Whether a step is told what others came to."""
    return any(map(_reads_results, told_texts(workflow, job, step)))


def told_texts(workflow: Workflow, job: Job, step: Step) -> Iterator[str]:
    """Everything a step is told."""
    if step.run is not None:
        yield step.run.value
    for mapping in (step.env, step.with_, job.env, workflow.env):
        if mapping is not None:
            yield from (getattr(deref(entry.value), "value", "") for entry in mapping.entries)


def _script(scope: Scope, job: Job, step: Step, view: View, *, reads: bool) -> Tri:
    assert step.run is not None
    text = step.run.value
    shell = shell_for(scope.run.workflow, job, step, scope.leg)
    if not shell.kind.reads_posix:
        return Tri.TRUE if _ONLY_ENDS.fullmatch(text) else Tri.UNKNOWN
    contexts = view.contexts
    try:
        written = "".join(
            part if isinstance(part, str) else as_known(evaluate_text(_source(text, part), contexts))
            for part in known_template(text).parts
        )
    except ExpressionError:
        return Tri.UNKNOWN
    # Imported here: few workflows have a step that decides on results.
    from covpath.workflow.shell.known.exit_status import fails

    variables = _environment(scope, job, step, view)
    return fails(written, shell, variables, deciding=reads)


def _source(text: str, part: Embedded) -> str:
    return text[part.start : part.end]


def as_known(value: Value) -> str:
    """A text with holes where it is not known."""
    if isinstance(value, str):
        return value
    # Imported here, as below: a small file has no step that reads results.
    from covpath.workflow.shell.known.texts import HOLE

    forms = [form if isinstance(form, str) else HOLE.join(form.pieces) for form in texts(value)]
    if len(forms) == 1:
        return forms[0]
    # What is the same in all forms is known: two results of one job leave a hole of one word.
    words = [_WORD.findall(form) for form in forms]
    if len({len(one) for one in words}) != 1:
        return HOLE
    return "".join(column[0] if len(set(column)) == 1 else HOLE for column in zip(*words, strict=True))


def _environment(scope: Scope, job: Job, step: Step, view: View) -> dict[str, str]:
    """The variables that the workflow's text gives the script, as far as they are known."""
    from covpath.workflow.shell.known.texts import HOLE

    names = {entry.key.value for layer in _layers(scope, job, step) for entry in layer.entries}
    env = view.contexts.get("env")
    return {name: as_known(getattr(env, "get", lambda _: HOLE)(name)) for name in names}


def _layers(scope: Scope, job: Job, step: Step) -> tuple[Mapping, ...]:
    return tuple(layer for layer in (scope.run.workflow.env, job.env, step.env) if layer is not None)
