"""The verdicts of a repository's jobs, each worked out when a rule first asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from covpath.audits.check_names import could_share
from covpath.audits.quiet import Quiet
from covpath.gate.aggregate import AggregateGate, GateKind, aggregate_gates
from covpath.gate.checks import CheckPattern, check_patterns, legs_of, naming_contexts
from covpath.gate.judge import Judge
from covpath.gate.measuring import SeenBehind
from covpath.gate.repository import SharedName, StuckCheck, shared_names, stuck_checks
from covpath.gate.required import RequiredChecks
from covpath.gate.simulation.logic import CANCELS, FAILS
from covpath.gate.verdict import JobVerdict
from covpath.terms import JobId, JobRef
from covpath.workflow.calls import Links
from covpath.workflow.model import Job, Workflow


class Verdicts:
    """Jobs by reference, with their verdicts."""

    def __init__(
        self, workflows: Iterable[Workflow], required: RequiredChecks, links: Links, behind: SeenBehind | None
    ) -> None:
        self.workflows = tuple(workflows)
        self._quiet = Quiet(links, behind)
        self.judge = Judge(required=required, links=links, steps=self._quiet.may_mask, behind=behind)
        self._jobs = {
            workflow.ref(job): (workflow, job) for workflow in self.workflows for job in workflow.jobs.values()
        }
        self._known: dict[JobRef, JobVerdict] = {}
        self._checks: dict[JobRef, tuple[CheckPattern, ...]] = {}

    @property
    def refs(self) -> tuple[JobRef, ...]:
        """Every job, in the order of the files."""
        return tuple(self._jobs)

    @cached_property
    def by_id(self) -> dict[JobId, list[JobRef]]:
        """The jobs by their ids, which several files may share."""
        found: dict[JobId, list[JobRef]] = {}
        for ref in self._jobs:
            found.setdefault(ref.job, []).append(ref)
        return found

    def job(self, ref: JobRef) -> tuple[Workflow, Job]:
        """A job and its workflow."""
        return self._jobs[ref]

    def of(self, ref: JobRef) -> JobVerdict | None:
        """The verdict of one job; None where there is none."""
        if ref not in self._known and ref in self._jobs:
            self._known[ref] = self.judge.job(*self._jobs[ref])
        return self._known.get(ref)

    def noteworthy(self) -> Iterator[JobVerdict]:
        """The verdicts of all jobs that may be something to report without any entry."""
        for ref in self._loud:
            verdict = self.of(ref)
            assert verdict is not None
            yield verdict

    @cached_property
    def _loud(self) -> tuple[JobRef, ...]:
        return tuple(ref for ref, (workflow, job) in self._jobs.items() if not self._quiet.is_quiet(workflow, job))

    @cached_property
    def _counting(self) -> tuple[Workflow, ...]:
        """The workflows that may run for a pull request: no job of another reports a check that counts or is a gate."""
        return tuple(one for one in self.workflows if not self._quiet.never_runs(one))

    @cached_property
    def gates(self) -> tuple[AggregateGate, ...]:
        """The jobs that make one check of many, for branch protection to ask for."""
        found = (
            gate for workflow in self._counting for gate in aggregate_gates(self.judge.runs, workflow, (FAILS, CANCELS))
        )
        return tuple(gate for gate in found if not self._stands_in(gate))

    def _stands_in(self, gate: AggregateGate) -> bool:
        """Whether a job that does nothing has another use: for paths that another leaves out, or to be waited for."""
        workflow, job = self._jobs[gate.ref]
        if gate.kind is not GateKind.NEEDS:
            return False
        awaited = any(need.lower() == job.id.lower() for other in workflow.jobs.values() for need in other.needs)
        return awaited or (job.if_ is not None and ".outputs" in job.if_.value)

    @cached_property
    def shared_names(self) -> tuple[SharedName, ...]:
        """The check names that several jobs report."""
        among = could_share(self._counting)
        return shared_names(self.judge.runs, self._counting, among) if among else ()

    @cached_property
    def stuck_checks(self) -> tuple[StuckCheck, ...]:
        """The required checks that may never report."""
        return stuck_checks(self.judge.runs, self.workflows, self.judge.required)

    def patterns_of(self, ref: JobRef) -> tuple[CheckPattern, ...]:
        """The checks a job reports; ``*`` stands for what the file does not say."""
        if ref not in self._checks:
            job = self._jobs[ref][1]
            contexts = naming_contexts()
            self._checks[ref] = check_patterns(job, legs_of(job, contexts), contexts)
        return self._checks[ref]

    def checks_of(self, ref: JobRef) -> tuple[str, ...]:
        """The names of the checks a job reports, as far as they are wholly known."""
        return tuple(dict.fromkeys(check.text for check in self.patterns_of(ref) if check.known))

    @cached_property
    def files(self) -> frozenset[str]:
        """The workflow files."""
        return frozenset(workflow.path for workflow in self.workflows)
