"""Data that one job leaves for another: artifacts and caches, matched by name across workflows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from covpath.gate.tracing.claims import ARTIFACT
from covpath.patterns import regex
from covpath.terms import JobId
from covpath.workflow.model import Job, Step, Workflow

_EXPRESSION = regex(r"\$\{\{.*?\}\}", re.DOTALL)
_ID = regex(r"needs\.([\w-]+)\.outputs")
_LONGEST = 200
_DOWNLOADS = frozenset(
    {
        *("actions/download-artifact", "dawidd6/action-download-artifact", "aochmann/actions-download-artifact"),
        *("actions/upload-artifact/merge",),
    }
)


class Taken(Struct, frozen=True, kw_only=True):
    """What a step takes over: names with ``*`` for what varies, or the jobs that hand it over.

    ``elsewhere``: from another run, so any workflow's job may have left it.
    """

    names: tuple[str, ...]
    jobs: tuple[JobId, ...] = ()
    elsewhere: bool = False
    cache: bool = False

    def __str__(self) -> str:
        what = "cache" if self.cache else "artifact"
        return f"{what} {', '.join(self.names)}" if self.names else f"{what}s of {', '.join(self.jobs)}"


def taken(job: Job) -> tuple[Taken, ...]:
    """Everything a job takes over from others."""
    return tuple(one for step in job.all_steps() for one in _taken(step))


def _taken(step: Step) -> Iterator[Taken]:
    action = _action(step)
    if action in _DOWNLOADS:
        inputs = step.inputs()
        ids = _ID.findall(inputs.get("artifact-ids", ""))
        if ids:
            yield Taken(names=(), jobs=tuple(JobId(one) for one in ids))
            return
        named = inputs.get("name") or inputs.get("pattern") or "*"
        own_run = action.startswith("actions/") and not inputs.get("run-id", "").strip()
        yield Taken(names=(_glob(named),), elsewhere=not own_run)
    elif action in ("actions/cache", "actions/cache/restore"):
        inputs = step.inputs()
        if ARTIFACT.search(inputs.get("path", "")):
            yield Taken(names=(_glob(inputs.get("key", "")),), cache=True)


def left(job: Job) -> Iterator[tuple[str, bool]]:
    """The names under which a job leaves data, ``*`` for what varies, and whether that is a cache."""
    for step in job.all_steps():
        action = _action(step) if step.uses is not None else ""
        if action == "actions/upload-artifact":
            yield _glob(step.inputs().get("name") or "artifact"), False
        elif action in ("actions/cache", "actions/cache/save"):
            yield _glob(step.inputs().get("key", "")), True


class Left:
    """What the jobs of workflows leave; each workflow is looked through once.

    ``elsewhere`` reads further workflows, by path, that may leave data for those that are judged together; None
    for one that cannot be read.
    """

    def __init__(self, elsewhere: Mapping[str, Callable[[], Workflow | None]] | None = None) -> None:
        self._elsewhere = elsewhere or {}
        self._known: dict[str, list[tuple[JobId, str, bool]]] = {}

    def leavers(
        self, what: Taken, workflow: Workflow, job: Job, linked: Mapping[str, Workflow]
    ) -> Iterator[tuple[Workflow, Job]]:
        """The jobs that leave what a job takes: those of its own workflow, or of all where it looks elsewhere.

        A bare ``*`` takes everything: only what lies under a name of coverage counts then, if there is such.
        """
        if what.jobs:
            yield from ((workflow, workflow.jobs[name]) for name in what.jobs if name in workflow.jobs)
            return
        near = dict(linked) if what.elsewhere and linked else {workflow.path: workflow}
        far = self._elsewhere if what.elsewhere else {}
        found = [
            (path, other, name)
            for path in sorted({*near, *far})
            for other, name, cache in self._of(path, near, far)
            if (path, other) != (workflow.path, job.id)
            and cache is what.cache
            and any(may_equal(one, name) for one in what.names)
        ]
        if what.names == ("*",):
            found = [one for one in found if ARTIFACT.search(one[2])] or found
        # One at a time: there may be thousands, and a workflow is much larger than its name.
        for path, other in dict.fromkeys((path, other) for path, other, _ in found):
            place = near.get(path) or far[path]()
            if place is not None:
                yield place, place.jobs[other]

    def _of(
        self, path: str, near: Mapping[str, Workflow], far: Mapping[str, Callable[[], Workflow | None]]
    ) -> list[tuple[JobId, str, bool]]:
        if path not in self._known:
            workflow = near.get(path) or far[path]()
            text = workflow.document.source.text if workflow is not None else ""
            leaves = workflow is not None and ("actions/upload-artifact" in text or "actions/cache" in text)
            jobs = workflow.jobs.values() if workflow is not None and leaves else ()
            self._known[path] = [(job.id, name, cache) for job in jobs for name, cache in left(job)]
        return self._known[path]


def may_equal(left_: str, right: str) -> bool:
    """Whether two names can be the same, each ``*`` standing for any text."""
    left_, right = _squeezed(left_), _squeezed(right)
    if "*" not in left_:
        return _fits(right, left_)
    if "*" not in right:
        return _fits(left_, right)
    # What stands before the first star of either has to be the same in both, and what stands behind the last.
    before, behind = left_.partition("*")[0], left_.rpartition("*")[2]
    first, last = right.partition("*")[0], right.rpartition("*")[2]
    if not (before.startswith(first) or first.startswith(before)) or not (
        behind.endswith(last) or last.endswith(behind)
    ):
        return False
    reachable = {0}
    row: list[set[int]] = []
    for position in range(len(left_) + 1):
        row.append(_along(reachable, right))
        if position == len(left_):
            break
        reachable = _after(left_[position], row[-1], right)
    return len(right) in row[-1]


def _fits(pattern: str, name: str) -> bool:
    """Whether a name is what a pattern stands for; it is equal to one without a star."""
    first, *between = pattern.split("*")
    if not between:
        return pattern == name
    last = between.pop()
    end = len(name) - len(last)
    if not name.startswith(first) or not name.endswith(last) or end < len(first):
        return False
    position = len(first)
    for part in between:
        position = name.find(part, position, end)
        if position < 0:
            return False
        position += len(part)
    return True


def _along(reached: set[int], right: str) -> set[int]:
    """The positions of ``right`` that its own stars lead on to without a character of the other."""
    grown = set(reached)
    for index in range(len(right)):
        if index in grown and right[index] == "*":
            grown.add(index + 1)
    return grown


def _after(char: str, reached: set[int], right: str) -> set[int]:
    """The positions of ``right`` after one more character of the other name."""
    if char == "*":
        return set(range(min(reached), len(right) + 1)) if reached else set()
    found = {index for index in reached if index < len(right) and right[index] == "*"}
    return found | {index + 1 for index in reached if index < len(right) and right[index] == char}


def _squeezed(name: str) -> str:
    short = name[:_LONGEST]
    return re.sub(r"\*+", "*", short) if "**" in short else short


def _glob(written: str) -> str:
    return _squeezed(_EXPRESSION.sub("*", written.strip()) if "${{" in written else written.strip())


def _action(step: Step) -> str:
    return (step.uses or "").partition("@")[0].strip().lower()
