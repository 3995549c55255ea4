"""Nodes to the workflow model, refusing what GitHub refuses for its structure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from covpath.errors import InputError
from covpath.terms import JobId
from covpath.workflow.model import Job, Step, StepForm, Workflow
from covpath.yamltext.nodes import Entry, Mapping, Node, Route, Scalar, Sequence, deref
from covpath.yamltext.reading import Document, read
from covpath.yamltext.source import decode

_NEWER_KEYS = frozenset(("parallel", "wait", "wait-all", "cancel"))
_STEP_SCALARS = {
    "run": "run",
    "if": "if_",
    "continue-on-error": "continue_on_error",
    "timeout-minutes": "timeout_minutes",
}
_STEP_TEXTS = {"id": "id", "name": "name", "uses": "uses", "shell": "shell", "working-directory": "working_directory"}
_STEP_MAPPINGS = {"env": "env", "with": "with_"}
"""The keys of a step and what the model calls them."""


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
        found = _entries(root)
        if "jobs" not in found:
            raise self.fail("has no `jobs`.", hint="If this is no workflow, point --repo at the repository's root.")
        jobs_node = self.mapping(found["jobs"].value, "`jobs`")
        jobs: dict[JobId, Job] = {}
        for entry in jobs_node.entries:
            jobs[JobId(entry.key.value)] = self.job(entry)
        if not jobs:
            raise self.fail("has no jobs.", found["jobs"].key)
        by_folded = {job.lower(): job for job in jobs}
        for job in jobs.values():
            for need in job.needs:
                if need.lower() not in by_folded:
                    raise self.fail(f"job {job.id!r} needs {need!r}, which is no job of this file.", job.key)
        shell, directory = self.defaults(found.get("defaults"))
        on = found.get("on")
        return Workflow(
            path=self.path,
            document=self.document,
            root=root,
            name=_text(found.get("name")),
            on=on.value if on else None,
            env=self.optional_mapping(found.get("env")),
            defaults_shell=shell,
            defaults_directory=directory,
            permissions=_value(found.get("permissions")),
            jobs=jobs,
        )

    def job(self, entry: Entry) -> Job:
        node = self.mapping(entry.value, f"job {entry.key.value!r}")
        found = _entries(node)
        route: Route = ("jobs", entry.key.value)
        if "runs-on" not in found and "uses" not in found:
            raise self.fail(f"job {entry.key.value!r} has neither `runs-on` nor `uses`.", entry.key)
        shell, directory = self.defaults(found.get("defaults"))
        steps: tuple[Step, ...] = ()
        if "steps" in found:
            steps = self.steps(found["steps"].value, (*route, "steps"))
        return Job(
            id=JobId(entry.key.value),
            key=entry.key,
            node=node,
            route=route,
            name=_scalar(found.get("name")),
            needs=tuple(JobId(need) for need in self.names(found.get("needs"))),
            if_=_scalar(found.get("if")),
            runs_on=_value(found.get("runs-on")),
            strategy=_value(found.get("strategy")),
            continue_on_error=_scalar(found.get("continue-on-error")),
            timeout_minutes=_scalar(found.get("timeout-minutes")),
            env=self.optional_mapping(found.get("env")),
            defaults_shell=shell,
            defaults_directory=directory,
            container=_value(found.get("container")),
            services=_value(found.get("services")),
            outputs=self.optional_mapping(found.get("outputs")),
            permissions=_value(found.get("permissions")),
            uses=_scalar(found.get("uses")),
            with_=self.optional_mapping(found.get("with")),
            steps=steps,
        )

    def steps(self, node: Node, route: Route) -> tuple[Step, ...]:
        sequence = deref(node)
        if not isinstance(sequence, Sequence):
            raise self.fail("`steps` is not a list.", node)
        return tuple(self.step(index, item, (*route, index)) for index, item in enumerate(sequence.items))

    def step(self, index: int, item: Node, route: Route) -> Step:
        node = self.mapping(item, f"step {index + 1}")
        fields: dict[str, Any] = {}
        newer: dict[str, Entry] = {}
        # Of twenty keys a step has three: only those that are there are looked at.
        for entry in node.entries:
            key = entry.key.value
            if key in _STEP_SCALARS:
                fields[_STEP_SCALARS[key]] = _scalar(entry)
            elif key in _STEP_TEXTS:
                fields[_STEP_TEXTS[key]] = _text(entry)
            elif key in _STEP_MAPPINGS:
                fields[_STEP_MAPPINGS[key]] = self.optional_mapping(entry)
            elif key in _NEWER_KEYS:
                newer[key] = entry
            elif key == "background":
                fields["background"] = _text(entry) not in ("false", None)
        form = StepForm.NEWER
        if fields.get("run") is not None:
            form = StepForm.RUN
        elif fields.get("uses") is not None:
            form = StepForm.USES
        elif not newer:
            raise self.fail(f"step {index + 1} has neither `run` nor `uses`.", item)
        if "parallel" in newer:
            fields["children"] = self.steps(newer["parallel"].value, (*route, "parallel"))
        if "wait" in newer:
            fields["waits_for"] = tuple(self.names(newer["wait"]))
        elif "wait-all" in newer and _text(newer["wait-all"]) != "false":
            fields["waits_for"] = ()
        if "cancel" in newer:
            fields["cancels"] = _text(newer["cancel"])
        return Step(index=index, node=node, route=route, form=form, **fields)

    def mapping(self, node: Node, what: str) -> Mapping:
        real = deref(node)
        if not isinstance(real, Mapping):
            raise self.fail(f"{what} is not a mapping.", node)
        return real

    def optional_mapping(self, entry: Entry | None) -> Mapping | None:
        """A mapping, or None where the key is absent, empty or an expression (``env: ${{ }}``)."""
        real = deref(entry.value) if entry is not None else None
        return real if isinstance(real, Mapping) else None

    def defaults(self, entry: Entry | None) -> tuple[str | None, str | None]:
        """``shell`` and ``working-directory`` of a ``defaults.run``."""
        outer = self.optional_mapping(entry)
        inner = self.optional_mapping(outer.find("run")) if outer is not None else None
        if inner is None:
            return None, None
        return _text(inner.find("shell")), _text(inner.find("working-directory"))

    def names(self, entry: Entry | None) -> Iterable[str]:
        """``needs``: one name or a list of names."""
        real = deref(entry.value) if entry is not None else None
        if isinstance(real, Scalar):
            return (real.value,)
        if isinstance(real, Sequence):
            items = (deref(item) for item in real.items)
            return tuple(item.value for item in items if isinstance(item, Scalar))
        return ()


def _entries(node: Mapping) -> dict[str, Entry]:
    return {entry.key.value: entry for entry in node.entries}


def _value(entry: Entry | None) -> Node | None:
    return None if entry is None else entry.value


def _scalar(entry: Entry | None) -> Scalar | None:
    if entry is None:
        return None
    real = entry.value
    if type(real) is Scalar:
        return real
    real = deref(real)
    return real if isinstance(real, Scalar) else None


def _text(entry: Entry | None) -> str | None:
    scalar = _scalar(entry)
    return None if scalar is None or scalar.data() is None else scalar.value
