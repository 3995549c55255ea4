"""Which job of a workflow comes before which, worked out once for a workflow."""

from __future__ import annotations

from functools import cached_property

from covpath.gate.simulation.assumptions import uses_status
from covpath.terms import JobId
from covpath.workflow.model import Job, Workflow

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
