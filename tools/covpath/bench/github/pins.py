"""Actions pinned by commit: those covpath adds, and the job's own where only a tag or branch was named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from covpath.errors import Place, Refusal
from covpath.workflow.model import Job, Workflow
from covpath.yamltext.nodes import Scalar, deref
from covpath.yamltext.reading import Document, read

ACCEPT = "unpinned-actions"

ACTIONS: Mapping[str, tuple[str, str]] = {
    "actions/checkout": ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    "actions/setup-python": ("5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"),
    "actions/upload-artifact": ("043fb46d1a93c77aae656e7c1c64a875d1fc6a0a", "v7.0.1"),
    "actions/download-artifact": ("3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1"),
}
"""The commit and the version of every action that a generated workflow uses of its own accord."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_NAMED = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?P<path>/[^@\s]+)?@(?P<ref>\S+)")


class Unpinned(Struct, frozen=True, kw_only=True):
    """A ``uses:`` that names a tag or a branch, which can be moved to other code."""

    repository: str
    ref: str
    scalar: Scalar
    place: Place

    @property
    def name(self) -> str:
        """``owner/repository@ref``, by which a resolver knows it."""
        return f"{self.repository}@{self.ref}"


def pinned(action: str) -> str:
    """``uses:`` of an action of ours, with its version as a comment."""
    commit, version = ACTIONS[action]
    return f"{action}@{commit} # {version}"


def unpinned(workflow: Workflow, jobs: Iterable[tuple[Job, int]]) -> Iterator[Unpinned]:
    """Every unpinned ``uses:`` among the first so many steps of each job, or in its call of a workflow."""
    for job, count in jobs:
        scalars = [job.uses] if job.uses is not None else []
        for step in job.all_steps():
            node = step.node.get("uses")
            real = deref(node) if node is not None else None
            if isinstance(real, Scalar) and (step.index < count or step not in job.steps):
                scalars.append(real)
        for scalar in scalars:
            match = _NAMED.fullmatch(scalar.value.strip())
            if match is not None and not _COMMIT.fullmatch(match["ref"]):
                yield Unpinned(
                    repository=match["repository"], ref=match["ref"], scalar=scalar, place=workflow.place(scalar)
                )


def refuse(found: Iterable[Unpinned]) -> Refusal:
    """What to say where some could not be resolved."""
    listed = list(found)
    lines = "; ".join(f"line {one.place.line}: {one.scalar.value.strip()}" for one in listed)
    return Refusal(
        f"actions are not pinned by commit, and their commits could not be asked for: {lines}.",
        place=listed[0].place,
        hint="Pin them in the job, or let covpath reach their repositories.",
        accept=(ACCEPT,),
    )


def with_pins(document: Document, found: Iterable[Unpinned], commits: Mapping[str, str]) -> Document:
    """The document with the commits in place of tags and branches, which stay as comments where there is room."""
    text = document.source.text
    for one in sorted(found, key=lambda one: one.scalar.start, reverse=True):
        commit = commits.get(one.name)
        if commit is None:
            continue
        scalar = one.scalar
        written = text[scalar.start : scalar.end].replace(f"@{one.ref}", f"@{commit}")
        rest = text[scalar.end : text.find("\n", scalar.end) if "\n" in text[scalar.end :] else len(text)]
        comment = "" if rest.strip() else f" # {one.ref}"
        text = text[: scalar.start] + written + comment + text[scalar.end :]
    return read(document.source.with_text(text)) if text != document.source.text else document
