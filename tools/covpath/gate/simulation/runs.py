"""The runs a workflow's jobs are judged in: one for each event that counts, and one for each call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from covpath.errors import InputError
from covpath.gate.checks import CheckPattern, check_patterns, expanded_legs, name_results, plain_legs, plain_names
from covpath.gate.measuring import SeenBehind
from covpath.gate.simulation.jobs import FINE, expected
from covpath.gate.simulation.logic import SKIPS
from covpath.gate.simulation.run import Call, Graph, Run
from covpath.gate.simulation.scope import Scope
from covpath.gate.simulation.signal import Signal, signal_of
from covpath.terms import JobId
from covpath.workflow.calls import Caller, Links, hands_matrix_over, passed_inputs
from covpath.workflow.expressions.contexts import SUCCEEDED, Contexts
from covpath.workflow.legs import Leg
from covpath.workflow.model import Job, Workflow

if TYPE_CHECKING:
    from covpath.workflow.check_names import CheckNameResult

_DEEPEST = 10
_MOST_LEGS = 16


class Origin(Struct, frozen=True, kw_only=True):
    """Where runs of a workflow come from: its own events (``caller`` None), or a job that calls it.

    ``runs`` is one for each event, best first; empty where the origin never runs for a pull request.
    """

    caller: Caller | None
    runs: tuple[Run, ...]


class Runs:
    """Makes runs and remembers what belongs to a workflow as a whole. Works with one set of workflows."""

    def __init__(self, links: Links | None, behind: SeenBehind | None = None) -> None:
        self.links = links
        self.behind = behind
        self._graphs: dict[int, tuple[Workflow, Graph]] = {}
        self._signals: dict[int, tuple[Workflow, Signal]] = {}
        self._imagined: dict[int, Run] = {}
        self._origins: dict[int, tuple[Workflow, tuple[Origin, ...]]] = {}
        self._checks: dict[tuple[int, JobId], _Named] = {}

    def graph(self, workflow: Workflow) -> Graph:
        """The workflow's ``needs``."""
        if id(workflow) not in self._graphs:
            self._graphs[id(workflow)] = (workflow, Graph(workflow))
        return self._graphs[id(workflow)][1]

    def signal(self, workflow: Workflow) -> Signal:
        """The workflow's events."""
        if id(workflow) not in self._signals:
            self._signals[id(workflow)] = (workflow, signal_of(workflow))
        return self._signals[id(workflow)][1]

    def origins(self, workflow: Workflow) -> tuple[Origin, ...]:
        """All origins of a workflow's runs: its own events first, then its callers."""
        return self._origins_of(workflow, ())

    def imagined(self, workflow: Workflow) -> Run:
        """A run under no event in particular, for jobs that never run for a pull request."""
        if id(workflow) not in self._imagined:
            self._imagined[id(workflow)] = Run(workflow, self.graph(workflow), None)
        return self._imagined[id(workflow)]

    def _origins_of(self, workflow: Workflow, above: tuple[str, ...]) -> tuple[Origin, ...]:
        if id(workflow) not in self._origins:
            found = (self._own(workflow), *self._by_callers(workflow, above))
            self._origins[id(workflow)] = (workflow, found)
        return self._origins[id(workflow)][1]

    def _own(self, workflow: Workflow) -> Origin:
        signal = self.signal(workflow)
        runs = (
            Run(workflow, self.graph(workflow), event, doubtful=event in signal.doubtful) for event in signal.events
        )
        return Origin(caller=None, runs=tuple(runs))

    def _by_callers(self, workflow: Workflow, above: tuple[str, ...]) -> Iterator[Origin]:
        if self.links is None or workflow.path in above or len(above) >= _DEEPEST:
            return
        if not self.signal(workflow).called:
            return
        for caller in self.links.callers.get(workflow.path, ()):
            job = caller.workflow.jobs[caller.job]
            found = False
            for origin in self._origins_of(caller.workflow, (*above, workflow.path)):
                calling = [run for run in origin.runs if self.runs_in(run, job)]
                by_event = [list(self._called(workflow, job, run)) for run in calling]
                found = found or bool(by_event)
                # A call in each leg of a matrix is a call of its own; so is its origin.
                for number in range(min(map(len, by_event), default=0)):
                    yield Origin(caller=caller, runs=tuple(runs[number] for runs in by_event))
            if not found:
                yield Origin(caller=caller, runs=())

    def first(self, origin: Origin, job: Job) -> Run | None:
        """The best run of an origin in which a job is not certainly skipped."""
        for run in origin.runs:
            if self.runs_in(run, job):
                return run
        return None

    def runs_in(self, run: Run, job: Job) -> bool:
        """Whether a job runs, as far as is known."""
        if job.if_ is None and (
            not job.needs or not any(run.workflow.jobs[name].if_ for name in run.graph.ancestors(job))
        ):
            return True
        return expected(Scope(run))[job.id].results != SKIPS

    def _called(self, called: Workflow, job: Job, run: Run) -> Iterator[Run]:
        """The runs of a called workflow: one for all legs of the call, or one each where they differ."""
        legs, names = self.legs(run, job), self.call_names(run, job)
        together = not hands_matrix_over(job) or len(legs) > _MOST_LEGS
        for leg in (None,) if together else legs:
            own = names if leg is None else tuple(name for name in names if name.leg is leg)
            scope = Scope(run, leg if leg is not None or len(legs) > 1 else legs[0], legs)
            contexts = scope.job_view(dict.fromkeys(job.needs, FINE), SUCCEEDED).contexts
            yield Run(
                called,
                self.graph(called),
                run.event,
                doubtful=run.doubtful,
                caller=Call(run=run, job=job, leg=leg, legs=legs, names=own),
                inputs=passed_inputs(called, job, contexts),
            )

    def call_names(self, run: Run, job: Job) -> tuple[CheckNameResult, ...]:
        """The names a call gives to the checks inside."""
        try:
            return name_results(job, self.legs(run, job), Contexts(run.base), _callers(run))
        except InputError:
            return ()

    def legs(self, run: Run, job: Job) -> tuple[Leg, ...]:
        """The legs of a job's matrix in a run."""
        return self._named(run, job).legs

    def checks(self, run: Run, job: Job, leg: Leg | None = None) -> tuple[CheckPattern, ...]:
        """The checks a job reports in a run; those of one leg where it is given."""
        named = self._named(run, job)
        return named.checks if leg is None else named.in_leg(leg)

    def _named(self, run: Run, job: Job) -> _Named:
        key = (id(run), job.id)
        if key not in self._checks:
            self._checks[key] = self._found(run, job)
        return self._checks[key]

    def _found(self, run: Run, job: Job) -> _Named:
        legs = plain_legs(job)
        if legs is not None and run.caller is None and (names := plain_names(job, legs)) is not None:
            return _Named(run, legs, names)
        contexts = Contexts(run.base)
        legs = legs if legs is not None else expanded_legs(job, contexts)
        return _Named(run, legs, check_patterns(job, legs, contexts, _callers(run)))


class _Named:
    """The legs of a job in a run, and the checks they report; keeps the run, by whose identity it is found."""

    __slots__ = ("_by_leg", "checks", "legs", "run")

    def __init__(self, run: Run, legs: tuple[Leg, ...], checks: tuple[CheckPattern, ...]) -> None:
        self.run = run
        self.legs = legs
        self.checks = checks
        self._by_leg: dict[int, list[CheckPattern]] | None = None

    def in_leg(self, leg: Leg) -> tuple[CheckPattern, ...]:
        """The checks of one leg, and those of none in particular."""
        if self._by_leg is None:
            self._by_leg = {}
            for one in self.checks:
                self._by_leg.setdefault(id(one.leg), []).append(one)
        return (*self._by_leg.get(id(None), ()), *self._by_leg.get(id(leg), ()))


def _callers(run: Run) -> tuple[CheckNameResult, ...]:
    return () if run.caller is None else run.caller.names
