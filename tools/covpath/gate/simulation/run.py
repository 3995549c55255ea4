"""One workflow under one event: what all its expressions can see, and what its jobs come to when all is well."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from covpath.gate.simulation.graph import Graph
from covpath.gate.simulation.logic import Results
from covpath.terms import JobId, Tri
from covpath.workflow.expressions.contexts import Status
from covpath.workflow.expressions.value import Object, Pieces, Unknown, Value, one_of, unknown
from covpath.workflow.legs import Leg
from covpath.workflow.model import Job, Workflow
from covpath.yamltext.nodes import Scalar, deref, node_at
from covpath.yamltext.nodes import Sequence as List

if TYPE_CHECKING:
    from covpath.workflow.check_names import CheckNameResult

_REFS = {"pull_request": ("refs/pull/", "/merge"), "pull_request_target": ("refs/heads/", "")}
_DEFAULT_TYPES = ("opened", "synchronize", "reopened")
NO_INPUTS = Object({})


class JobResult(Struct, frozen=True):
    """What a job came to.

    ``results`` is its check's colour; ``needed`` is what ``needs.ID.result`` says, after a
    job-level ``continue-on-error``; ``fails_run`` whether it turns the run red.
    """

    results: Results
    needed: Results
    fails_run: Tri = Tri.FALSE


JobResults = Mapping[JobId, JobResult]


class Call(Struct, frozen=True, kw_only=True, eq=False):
    """The job that calls a reusable workflow, one leg of its matrix, and the names it gives to the checks inside."""

    run: Run
    job: Job
    leg: Leg | None
    legs: tuple[Leg, ...]
    names: tuple[CheckNameResult, ...]


class Run:
    """A workflow under an event, alone or called by a job of another run; remembers what it worked out.

    ``event`` is None for a job that is imagined to run although it never does for a pull
    request. ``doubtful``: whether the event's checks count is not known. ``inputs`` is the
    context of that name.
    """

    def __init__(
        self,
        workflow: Workflow,
        graph: Graph,
        event: str | None,
        *,
        doubtful: bool = False,
        caller: Call | None = None,
        inputs: Value = NO_INPUTS,
    ) -> None:
        self.workflow = workflow
        self.graph = graph
        self.event = event
        self.doubtful = doubtful
        self.caller = caller
        self.inputs = inputs
        self.answers: dict[tuple[str, Status], Tri] = {}
        self.expected: JobResults | None = None
        """What its jobs come to when nothing goes wrong, once that was worked out."""

    @property
    def top(self) -> Run:
        """The run that the event starts."""
        run = self
        while run.caller is not None:
            run = run.caller.run
        return run

    @cached_property
    def base(self) -> Mapping[str, Value]:
        """The contexts that every expression of every job may see."""
        return {
            "github": Object(self._github(), "github"),
            "vars": Object({}, "vars", texts=True),
            "inputs": self.inputs,
            "strategy": unknown("strategy"),
        }

    def _github(self) -> dict[str, Value]:
        """What the event tells about ``github``. Source: GitHub's pages on events and on contexts."""
        event = self.event
        if event is None:
            return {}
        found: dict[str, Value] = {"event_name": event}
        payload: dict[str, Value] = {}
        if event in _REFS:
            types = self._types()
            about = Object({} if "closed" in types else {"merged": False}, "github.event.pull_request")
            action = one_of(("github.event.action",), types)
            payload = {"inputs": None, "schedule": None, "action": action, "pull_request": about}
            found |= {
                "ref": _text("github.ref", *_REFS[event]),
                "ref_type": "branch",
                "base_ref": _text("github.base_ref", "", ""),
                "head_ref": _text("github.head_ref", "", ""),
            }
            if event == "pull_request":
                found["ref_name"] = _text("github.ref_name", "", "/merge")
        elif event == "merge_group":
            payload = {"inputs": None, "schedule": None, "pull_request": None}
            found["ref"] = _text("github.ref", "refs/heads/gh-readonly-queue/", "")
            found["ref_type"] = "branch"
        elif event == "push":
            payload = {"inputs": None, "schedule": None, "pull_request": None, "action": None}
            # Of all pushes only those of a pull request's branch are looked at, and never a tag's.
            ref = _text("github.ref", "refs/heads/", "")
            found |= {"ref": ref, "ref_type": "branch", "base_ref": "", "head_ref": ""}
        found["event"] = Object(payload, "github.event")
        return found

    def _types(self) -> tuple[str, ...]:
        """The activities that start it."""
        on = self.top.workflow.on
        node = node_at(on, (str(self.event), "types")) if on is not None else None
        real = deref(node) if node is not None else None
        if isinstance(real, Scalar):
            return (real.value,)
        if isinstance(real, List) and real.items:
            return tuple(getattr(deref(item), "value", "") for item in real.items)
        return _DEFAULT_TYPES


def _text(name: str, before: str, after: str) -> Value:
    return Unknown(frozenset((name,)), (Pieces((before, after)),))
