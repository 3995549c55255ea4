"""What was told of jobs from their text alone, so that the same job in many repositories is looked at once."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Generic, TypeVar

from covpath.gate.measuring import makes_measure
from covpath.workflow.model import Job, Workflow

Answer = TypeVar("Answer")

_MOST = 16_384


class SeenJobs(Generic[Answer]):
    """Answers that depend on a job's text and its workflow's default shell only, a bounded number of them.

    Where more than that could decide (an anchor defined elsewhere, a workflow's variables that make
    commands measure), nothing is remembered.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._known: dict[bytes, Answer] = {}

    def of(self, workflow: Workflow, job: Job, find: Callable[[Workflow, Job], Answer]) -> Answer:
        """The answer for a job: what was found for one with this very text, else what ``find`` tells."""
        key = _key(workflow, job)
        if key is None:
            return find(workflow, job)
        answer = self._known.get(key)
        if answer is None:
            if len(self._known) >= self._most:
                self._known.clear()
            answer = self._known[key] = find(workflow, job)
        return answer


def _key(workflow: Workflow, job: Job) -> bytes | None:
    """A digest of whole lines, from the job's name to its end: they decide how its text is read."""
    document = workflow.document
    if document.aliases or makes_measure(workflow.env):
        return None
    text = document.source.text
    start = job.key.outer_start
    line = text.rfind("\n", 0, start) + 1
    before = f"{workflow.defaults_shell or ''}\0{start - line}\0{text[line : job.node.end]}"
    return blake2b(before.encode("utf-8", "surrogatepass"), digest_size=16).digest()
