"""One workflow under one event: what all its expressions can see, and which job comes before which."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, field

from covpath.gate.simulation.assumptions import Assumptions, uses_status
from covpath.gate.simulation.logic import Results
from covpath.terms import JobId, Tri
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
_NONE: frozenset[JobId] = frozenset()


class Graph:
    """The ``needs`` of a workflow, followed to the end; names compare without case, as on GitHub."""

    def __init__(self, workflow: Workflow) -> None:
        self.jobs = workflow.jobs
        self._folded = {name.lower(): name for name in workflow.jobs}
        self._ancestors: dict[JobId, frozenset[JobId]] = {}

    def id_of(self, need: str) -> JobId | None:
        """The job that an entry of ``needs`` means."""
        return self._folded.get(need.lower())

    def ancestors(self, job: Job) -> frozenset[JobId]:
        """Every job that comes before ``job``."""
        if not job.needs:
            return _NONE
        if job.id not in self._ancestors:
            found: set[JobId] = set()
            pending = list(job.needs)
            while pending:
                name = self._folded.get(pending.pop().lower())
                if name is not None and name not in found:
                    found.add(name)
                    pending += self.jobs[name].needs
            self._ancestors[job.id] = frozenset(found)
        return self._ancestors[job.id]

    @cached_property
    def order(self) -> tuple[Job, ...]:
        """All jobs, each after those it needs."""
        return tuple(sorted(self.jobs.values(), key=lambda job: len(self.ancestors(job))))

    @cached_property
    def _dependants(self) -> dict[JobId, list[Job]]:
        found: dict[JobId, list[Job]] = {}
        for job in self.order:
            for name in self.ancestors(job):
                found.setdefault(name, []).append(job)
        return found

    def dependants(self, job: Job) -> tuple[Job, ...]:
        """Every job that comes after ``job``, each after those it needs."""
        return tuple(self._dependants.get(job.id, ()))

    def reacts_to(self, job: Job) -> bool:
        """Whether any job after this one does more than being skipped when this one fails."""
        return job.id in self._heard

    @cached_property
    def _heard(self) -> frozenset[JobId]:
        """The jobs before those that say themselves when to run."""
        return frozenset(
            name for job in self.jobs.values() if job.needs and uses_status(job.if_) for name in self.ancestors(job)
        )


class JobResult(Struct, frozen=True):
    """What a job came to.

    ``results`` is its check's colour; ``needed`` is what ``needs.ID.result`` says, after a
    job-level ``continue-on-error``; ``fails_run`` whether it turns the run red.
    """

    results: Results
    needed: Results
    fails_run: Tri = Tri.FALSE


JobResults = Mapping[JobId, JobResult]


Answers = dict[tuple[object, ...], Tri]
"""What conditions came to at every place that sees the same, by their text and what is seen."""


class Known(Struct, eq=False):
    """What was worked out of a run under some assumptions.

    ``expected`` is what its jobs come to when all is well, ``results`` what one came to once others had failed, by
    its id and what it heard of them.
    """

    answers: Answers = field(default_factory=dict)
    expected: JobResults | None = None
    results: dict[tuple[object, ...], JobResult] = field(default_factory=dict)


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
        self._known: dict[object, Known] = {}

    def known(self, assumptions: Assumptions) -> Known:
        """What was worked out where as much is assumed: many jobs run under the same condition."""
        key = tuple((path, type(value), value) for path, value in assumptions.items()) if assumptions else ()
        if key not in self._known:
            self._known[key] = Known()
        return self._known[key]

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
