"""Asking the simulator about a file that is being changed, together with the files that call it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from covpath.gate.judge import Judge
from covpath.gate.measuring import SeenBehind
from covpath.gate.required import RequiredChecks
from covpath.gate.simulation.supposing import NOTHING_SUPPOSED, Suppose
from covpath.gate.verdict import JobVerdict
from covpath.workflow.calls import Links, link
from covpath.workflow.model import Job, Workflow


class Judging(Struct, frozen=True, kw_only=True):
    """What verdicts rest on: the list of required checks, the repository's workflows, what lies behind recipes.

    ``branch`` is the branch that merges go to, where it is known.
    """

    required: RequiredChecks
    links: Links | None = None
    behind: SeenBehind | None = None
    branch: str | None = None

    @staticmethod
    def like(judge: Judge, branch: str | None = None) -> Judging:
        """What a judge's verdicts rest on."""
        return Judging(required=judge.required, links=judge.links, behind=judge.behind, branch=branch)

    @property
    def workflows(self) -> tuple[Workflow, ...]:
        """The workflows of the repository, as they were."""
        return tuple(self.links.workflows.values()) if self.links is not None else ()

    def linked(self, workflow: Workflow) -> Links | None:
        """The repository's calls with ``workflow`` in the place of the file of its path."""
        if self.links is None:
            return None
        others = tuple(other for other in self.workflows if other.path != workflow.path)
        return link((*others, workflow), self.links.elsewhere, self.links.actions)

    def judge(self, workflow: Workflow, required: RequiredChecks | None = None) -> Judge:
        """A judge that sees ``workflow`` in the place of the file of its path."""
        return Judge(required=required or self.required, links=self.linked(workflow), behind=self.behind)

    def job(self, workflow: Workflow, job: Job, suppose: Suppose = NOTHING_SUPPOSED) -> JobVerdict:
        """The verdict of a job. A workflow that nothing here calls is judged as if a job for pull requests did."""
        found = self.judge(workflow).job(workflow, job, suppose)
        if any(reason.code == "no-caller" for reason in found.reasons):
            assert self.links is not None
            own = replace(link((workflow,), self.links.elsewhere, self.links.actions), partial=True)
            return Judge(required=self.required, links=own, behind=self.behind).job(workflow, job, suppose)
        return found

    def callers(self, workflow: Workflow) -> Iterator[Workflow]:
        """The other files whose jobs call ``workflow``, or call what calls it."""
        met = {workflow.path}
        pending = [workflow.path]
        while pending and self.links is not None:
            for caller in self.links.callers.get(pending.pop(), ()):
                if caller.workflow.path not in met:
                    met.add(caller.workflow.path)
                    pending.append(caller.workflow.path)
                    yield caller.workflow
