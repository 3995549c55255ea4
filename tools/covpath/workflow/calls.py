"""Which job calls which reusable workflow, within a repository and beyond it, and the inputs it hands over."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct, field

from covpath.terms import JobId
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.expressions.template import evaluate_data
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Object, Plain, Unknown, Value, as_text, unknown
from covpath.workflow.model import Job, Workflow
from covpath.yamltext import nodes
from covpath.yamltext.nodes import Scalar, deref, node_at, to_plain

FOLDER = ".github/workflows/"

LOCAL = ("./", "$/")
"""How a ``uses`` names something of the repository itself; ``$/`` is GitHub's newer spelling."""

Elsewhere = Callable[[str], Workflow | None]
"""Another repository's workflow by ``owner/name/.github/workflows/x.yml``; None where it is not at hand."""


Actions = Callable[[str], Workflow | None]
"""A composite action of this repository by its ``uses: ./folder``; None for any other action."""


class Caller(Struct, frozen=True):
    """A job that calls a workflow."""

    workflow: Workflow
    job: JobId


class Links(Struct, frozen=True, kw_only=True):
    """The calls among workflows. ``callers`` are known by the path of what they call.

    ``partial``: others, not looked at, may call these workflows as well.
    """

    workflows: Mapping[str, Workflow]
    callers: Mapping[str, tuple[Caller, ...]]
    elsewhere: Elsewhere = field(default=lambda _: None)
    actions: Actions = field(default=lambda _: None)
    partial: bool = False

    def called(self, workflow: Workflow, job: Job) -> Workflow | None:
        """The workflow a job calls; None where it is not at hand."""
        target = target_of(workflow, job)
        if target is None:
            return None
        return self.workflows.get(target) or self.elsewhere(target)


def link(
    workflows: Iterable[Workflow], elsewhere: Elsewhere = lambda _: None, actions: Actions = lambda _: None
) -> Links:
    """The calls among these workflows, and from them to others."""
    by_path = {workflow.path: workflow for workflow in workflows}
    callers: dict[str, list[Caller]] = {}
    pending = list(by_path.values())
    seen = set(by_path)
    while pending:
        workflow = pending.pop(0)
        for job in workflow.jobs.values():
            target = target_of(workflow, job)
            if target is None:
                continue
            callers.setdefault(target, []).append(Caller(workflow, job.id))
            found = elsewhere(target) if target not in by_path else None
            if found is not None and target not in seen:
                seen.add(target)
                pending.append(found)
    return Links(
        workflows=by_path,
        callers={path: tuple(found) for path, found in callers.items()},
        elsewhere=elsewhere,
        actions=actions,
    )


def target_of(workflow: Workflow, job: Job) -> str | None:
    """The path a job's ``uses:`` means: from this repository's root, or with ``owner/name/`` before it."""
    if job.uses is None or "${{" in job.uses.value:
        return None
    text = job.uses.value.strip()
    if text.startswith(LOCAL):
        own, folder, _ = workflow.path.partition(FOLDER)
        return posixpath.normpath(f"{own}{text[2:].partition('@')[0]}") if folder else None
    return text.partition("@")[0]


def passed_inputs(called: Workflow, job: Job, contexts: Contexts) -> Object:
    """The ``inputs`` context inside a called workflow: what the job hands over, else the defaults.

    ``contexts`` is what the calling job's own keys see.
    """
    given = {entry.key.value.lower(): entry.value for entry in job.with_.entries} if job.with_ is not None else {}
    return Object(dict(_values(called, "workflow_call", given, contexts)))


def default_inputs(workflow: Workflow, event: str) -> Object:
    """The ``inputs`` context of a workflow that an event (``workflow_call``, ``workflow_dispatch``) gives none."""
    return Object(dict(_values(workflow, event, {}, Contexts({}))))


def _values(
    workflow: Workflow, event: str, given: Mapping[str, nodes.Node], contexts: Contexts
) -> Iterator[tuple[str, Value]]:
    for name, declared in _declared(workflow, event).items():
        kind = str(declared.get("type", "string"))
        node = given.get(name.lower())
        plain: Plain = to_plain(node) if node is not None else declared.get("default")
        if plain is None:
            yield name, {"boolean": False, "number": 0.0}.get(kind, "")
            continue
        try:
            value = evaluate_data(plain, contexts)
        except ExpressionError:
            value = unknown(f"inputs.{name}")
        yield name, as_text(value) if kind == "string" and not isinstance(value, Unknown) else value


def _declared(workflow: Workflow, event: str) -> dict[str, dict[str, nodes.Plain]]:
    node = node_at(workflow.on, (event, "inputs")) if workflow.on is not None else None
    plain = to_plain(node) if node is not None else None
    if not isinstance(plain, dict):
        return {}
    return {name: settings if isinstance(settings, dict) else {} for name, settings in plain.items()}


def reads_inputs(workflow: Workflow, job: Job) -> bool:
    """Whether anything in a job, or in the variables around it, reads ``inputs``."""
    texts = [job.node] if workflow.env is None else [job.node, workflow.env]
    source = workflow.document.source.text
    return any(source.find("inputs", node.start, node.end) >= 0 for node in texts)


def hands_matrix_over(job: Job) -> bool:
    """Whether what a call hands over differs from leg to leg of its matrix."""
    values = [] if job.with_ is None else [deref(entry.value) for entry in job.with_.entries]
    return any(isinstance(value, Scalar) and "matrix" in value.value for value in values)
