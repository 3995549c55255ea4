"""The edits that the figures and the nasty cases ask for, on every job and step of a workflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from covpath.yamltext.edit import Edit
from covpath.yamltext.inside import replace_in_scalar
from covpath.yamltext.nodes import Mapping, Node, Route, Scalar, Sequence, deref
from covpath.yamltext.operations import insert_item, remove_item, remove_key, set_key, set_value
from covpath.yamltext.reading import Document


@dataclass(frozen=True)
class Wanted:
    """One edit of one place: how to ask for it, and what it does to plain data."""

    route: Route
    make: Callable[[Document], Edit | None]
    value: Any = None
    """The value wanted at the route; None where the entry or item shall go."""


REMOVED = object()


def jobs(document: Document) -> Iterator[tuple[Route, Mapping]]:
    """The jobs that are mappings, looking through aliases."""
    root = document.root
    found = deref(root.get("jobs") or root) if isinstance(root, Mapping) else None
    for entry in found.entries if isinstance(found, Mapping) else ():
        job = deref(entry.value)
        if isinstance(job, Mapping):
            yield ("jobs", entry.key.value), job


def steps(route: Route, job: Mapping) -> list[tuple[Route, Mapping]]:
    """A job's steps that are mappings."""
    found = _real(job.get("steps"))
    items = found.items if isinstance(found, Sequence) else []
    return [((*route, "steps", i), item) for i, item in enumerate(map(deref, items)) if isinstance(item, Mapping)]


def _real(node: Node | None) -> Any:
    return None if node is None else deref(node)


def runs_on(document: Document, *, scalars_only: bool = False) -> Iterator[Wanted]:
    """Another runner for each job that has one."""
    for route, job in jobs(document):
        there = _real(job.get("runs-on"))
        if there is not None and (isinstance(there, Scalar) or not scalars_only):
            yield _set((*route, "runs-on"), "covpath-runner")


def job_advisory(document: Document) -> Iterator[Wanted]:
    """``continue-on-error: true`` for each job; GitHub has no such key where a job calls a workflow."""
    for route, job in jobs(document):
        if job.find("uses") is None:
            yield _set_key(route, "continue-on-error", True)


def step_advisory(document: Document) -> Iterator[Wanted]:
    """``continue-on-error: true`` for the last step of each job; a ``parallel`` group has no such key."""
    for route, job in jobs(document):
        for step, _ in [one for one in steps(route, job) if one[1].find("parallel") is None][-1:]:
            yield _set_key(step, "continue-on-error", True)


def one_input(document: Document) -> Iterator[Wanted]:
    """Another value for the first ``with:`` input of each job."""
    for route, job in jobs(document):
        inputs = ((step, _real(node.get("with"))) for step, node in steps(route, job))
        filled = [(step, found) for step, found in inputs if isinstance(found, Mapping) and found.entries]
        for step, found in filled[:1]:
            yield _set((*step, "with", found.entries[0].key.value), "covpath-input")


def uses_refs(document: Document) -> Iterator[Wanted]:
    """Another ref for every action and reusable workflow."""
    for route, job in jobs(document):
        for holder, node in [(route, job), *steps(route, job)]:
            found = _real(node.get("uses"))
            if isinstance(found, Scalar) and "@" in found.value:
                yield _replace(
                    (*holder, "uses"), found.value, found.value.index("@") + 1, len(found.value), "v0-covpath"
                )


def no_advisory(document: Document) -> Iterator[Wanted]:
    """No ``continue-on-error`` left."""
    for route, job in jobs(document):
        for holder, node in [(route, job), *steps(route, job)]:
            if node.find("continue-on-error") is not None:
                yield _remove((*holder, "continue-on-error"))


def first_step(document: Document) -> Iterator[Wanted]:
    """A new step before the first one of each job."""
    for route, job in jobs(document):
        if steps(route, job):
            yield _insert((*route, "steps"), 0, {"name": "covpath", "run": "echo a\necho b\n"})


def last_step(document: Document) -> Iterator[Wanted]:
    """A new step behind the last one of each job."""
    for route, job in jobs(document):
        found = _real(job.get("steps"))
        if isinstance(found, Sequence) and found.items:
            yield _insert((*route, "steps"), len(found.items), {"uses": "a/b@v1", "with": {"files": "x"}})


def one_step_less(document: Document) -> Iterator[Wanted]:
    """Each job without its last step."""
    for route, job in jobs(document):
        for step, _ in steps(route, job)[-1:]:
            yield Wanted(step, lambda document, step=step: remove_item(document, step), REMOVED)


def script_words(document: Document) -> Iterator[Wanted]:
    """Another word, and a line more, for the first word of every script."""
    for route, job in jobs(document):
        for step, node in steps(route, job):
            found = _real(node.get("run"))
            if isinstance(found, Scalar) and found.value.split():
                word = found.value.split()[0]
                start = found.value.index(word)
                yield _replace((*step, "run"), found.value, start, start + len(word), f"covpath {word}")


def _set(route: Route, value: Any) -> Wanted:
    return Wanted(route, lambda document: set_value(document, route, value), value)


def _set_key(route: Route, key: str, value: Any) -> Wanted:
    return Wanted((*route, key), lambda document: set_key(document, route, key, value), value)


def _replace(route: Route, old: str, start: int, end: int, new: str) -> Wanted:
    return Wanted(
        route, lambda document: replace_in_scalar(document, route, start, end, new), old[:start] + new + old[end:]
    )


def _remove(route: Route) -> Wanted:
    return Wanted(route, lambda document: remove_key(document, route), REMOVED)


def _insert(route: Route, index: int, value: Any) -> Wanted:
    return Wanted((*route, index), lambda document: insert_item(document, route, index, value), value)


SIX_KINDS: dict[str, Callable[[Document], Iterator[Wanted]]] = {
    "another runs-on scalar": lambda document: runs_on(document, scalars_only=True),
    "job continue-on-error": job_advisory,
    "last step's continue-on-error": step_advisory,
    "one with: input": one_input,
    "every uses: ref": uses_refs,
    "no continue-on-error": no_advisory,
}
"""The kinds whose figures are known for other tools too."""

ALL_KINDS: dict[str, Callable[[Document], Iterator[Wanted]]] = {
    **{name: kind for name, kind in SIX_KINDS.items() if kind is not SIX_KINDS["another runs-on scalar"]},
    "another runs-on": runs_on,
    "a step first": first_step,
    "a step last": last_step,
    "a step less": one_step_less,
    "another script word": script_words,
}
