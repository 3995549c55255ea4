"""Nodes to the workflow model, refusing what GitHub refuses for its structure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from covpath.errors import InputError
from covpath.terms import JobId
from covpath.workflow.model import Job, Step, StepForm, Workflow
from covpath.yamltext.nodes import Entry, Mapping, Node, Route, Scalar, Sequence, deref
from covpath.yamltext.reading import Document, read
from covpath.yamltext.source import decode


def read_workflow(path: str, data: bytes) -> Workflow:
    """A workflow file's model. Raises InputError with a place for what cannot be read."""
    return model_of(path, read(decode(path, data)))


def model_of(path: str, document: Document) -> Workflow:
    """The model of a document that has been read already."""
    return _Reader(path, document).workflow()


def read_steps(path: str, document: Document, node: Node, route: Route) -> tuple[Step, ...]:
    """The steps under ``node`` (``steps:`` of a composite action). Raises InputError with a place."""
    return _Reader(path, document).steps(node, route)


class _Reader:
    def __init__(self, path: str, document: Document) -> None:
        self.path = path
        self.document = document
        self.source = document.source

    def fail(
        self, message: str, node: Node | None = None, hint: str = "GitHub does not run such a file."
    ) -> InputError:
        offset = node.start if node is not None else 0
        return InputError(message, place=self.source.place(offset), hint=hint)

    def workflow(self) -> Workflow:
        if self.document.root is None:
            raise self.fail(
                "is empty; a workflow needs `on` and `jobs`.", hint="Write the workflow, or remove the file."
            )
        root = self.mapping(self.document.root, "a workflow")
        fields, others = _fields(root, _OF_A_WORKFLOW)
        if "jobs" not in others:
            raise self.fail("has no `jobs`.", hint="If this is no workflow, point --repo at the repository's root.")
        jobs_node = self.mapping(others["jobs"].value, "`jobs`")
        jobs: dict[JobId, Job] = {}
        for entry in jobs_node.entries:
            jobs[JobId(entry.key.value)] = self.job(entry)
        if not jobs:
            raise self.fail("has no jobs.", others["jobs"].key)
        by_folded = {job.lower(): job for job in jobs}
        for job in jobs.values():
            for need in job.needs:
                if need.lower() not in by_folded:
                    raise self.fail(f"job {job.id!r} needs {need!r}, which is no job of this file.", job.key)
        if "defaults" in others:
            fields["defaults_shell"], fields["defaults_directory"] = _defaults(others["defaults"].value)
        return Workflow(path=self.path, document=self.document, root=root, jobs=jobs, **fields)

    def job(self, entry: Entry) -> Job:
        name = entry.key.value
        node = self.mapping(entry.value, "job {!r}", name)
        fields, others = _fields(node, _OF_A_JOB)
        route: Route = ("jobs", name)
        if "runs_on" not in fields and "uses" not in fields:
            raise self.fail(f"job {name!r} has neither `runs-on` nor `uses`.", entry.key)
        if "needs" in others:
            fields["needs"] = tuple(JobId(need) for need in _names(others["needs"].value))
        if "defaults" in others:
            fields["defaults_shell"], fields["defaults_directory"] = _defaults(others["defaults"].value)
        if "steps" in others:
            fields["steps"] = self.steps(others["steps"].value, (*route, "steps"))
        return Job(id=JobId(name), key=entry.key, node=node, route=route, **fields)

    def steps(self, node: Node, route: Route) -> tuple[Step, ...]:
        sequence = deref(node)
        if not isinstance(sequence, Sequence):
            raise self.fail("`steps` is not a list.", node)
        return tuple([self.step(index, item, (*route, index)) for index, item in enumerate(sequence.items)])

    def step(self, index: int, item: Node, route: Route) -> Step:
        node = self.mapping(item, "step {}", index + 1)
        fields, others = _fields(node, _OF_A_STEP)
        newer = {key: entry.value for key, entry in others.items() if key in _NEWER_KEYS} if others else {}
        form = StepForm.NEWER
        if fields.get("run") is not None:
            form = StepForm.RUN
        elif fields.get("uses") is not None:
            form = StepForm.USES
        elif not newer:
            raise self.fail(f"step {index + 1} has neither `run` nor `uses`.", item)
        if newer:
            self.newer(newer, fields, route)
        return Step(index=index, node=node, route=route, form=form, **fields)

    def newer(self, keys: dict[str, Node], fields: dict[str, Any], route: Route) -> None:
        """Steps that start others, wait for them or end them."""
        if "parallel" in keys:
            fields["children"] = self.steps(keys["parallel"], (*route, "parallel"))
        if "wait" in keys:
            fields["waits_for"] = _names(keys["wait"])
        elif "wait-all" in keys and _text(keys["wait-all"]) != "false":
            fields["waits_for"] = ()
        if "cancel" in keys:
            fields["cancels"] = _text(keys["cancel"])

    def mapping(self, node: Node, what: str, name: object = "") -> Mapping:
        """``what`` is what it should be, with a place for its name."""
        real = deref(node)
        if type(real) is not Mapping:
            raise self.fail(f"{what.format(name)} is not a mapping.", node)
        return real


def _value(node: Node) -> Node:
    return node


def _scalar(node: Node) -> Scalar | None:
    real = deref(node)
    return real if type(real) is Scalar else None


def _text(node: Node) -> str | None:
    real = deref(node)
    return real.value if type(real) is Scalar and not real.is_null() else None


def _mapping(node: Node) -> Mapping | None:
    """A mapping, or None where it is empty or an expression (``env: ${{ }}``)."""
    real = deref(node)
    return real if type(real) is Mapping else None


def _switch(node: Node) -> bool:
    return _text(node) not in ("false", None)


def _names(node: Node) -> tuple[str, ...]:
    """``needs``: one name or a list of names."""
    real = deref(node)
    if isinstance(real, Scalar):
        return (real.value,)
    if isinstance(real, Sequence):
        items = (deref(item) for item in real.items)
        return tuple(item.value for item in items if isinstance(item, Scalar))
    return ()


def _defaults(node: Node) -> tuple[str | None, str | None]:
    """``shell`` and ``working-directory`` of a ``defaults.run``."""
    outer = _mapping(node)
    run = outer.get("run") if outer is not None else None
    inner = _mapping(run) if run is not None else None
    if inner is None:
        return None, None
    shell, directory = inner.get("shell"), inner.get("working-directory")
    return _text(shell) if shell is not None else None, _text(directory) if directory is not None else None


_Keys: TypeAlias = dict[str, tuple[str, Callable[[Node], Any]]]
"""By key what the model calls it, and how it is read."""

_OF_A_WORKFLOW: _Keys = {
    "name": ("name", _text),
    "on": ("on", _value),
    "env": ("env", _mapping),
    "permissions": ("permissions", _value),
}
_OF_A_JOB: _Keys = {
    "name": ("name", _scalar),
    "if": ("if_", _scalar),
    "runs-on": ("runs_on", _value),
    "strategy": ("strategy", _value),
    "continue-on-error": ("continue_on_error", _scalar),
    "timeout-minutes": ("timeout_minutes", _scalar),
    "env": ("env", _mapping),
    "container": ("container", _value),
    "services": ("services", _value),
    "outputs": ("outputs", _mapping),
    "permissions": ("permissions", _value),
    "uses": ("uses", _scalar),
    "with": ("with_", _mapping),
}
_OF_A_STEP: _Keys = {
    "run": ("run", _scalar),
    "if": ("if_", _scalar),
    "continue-on-error": ("continue_on_error", _scalar),
    "timeout-minutes": ("timeout_minutes", _scalar),
    "id": ("id", _text),
    "name": ("name", _text),
    "uses": ("uses", _text),
    "shell": ("shell", _text),
    "working-directory": ("working_directory", _text),
    "env": ("env", _mapping),
    "with": ("with_", _mapping),
    "background": ("background", _switch),
}
_NEWER_KEYS = frozenset(("parallel", "wait", "wait-all", "cancel"))


def _fields(node: Mapping, keys: _Keys) -> tuple[dict[str, Any], dict[str, Entry]]:
    """What the model has of a mapping, by its own names, and the other entries.

    Of twenty keys a step has three: only those that are there are looked at.
    """
    fields: dict[str, Any] = {}
    others: dict[str, Entry] = {}
    for entry in node.entries:
        key = entry.key.value
        known = keys.get(key)
        if known is None:
            others[key] = entry
        else:
            name, read_as = known
            fields[name] = read_as(entry.value)
    return fields, others
