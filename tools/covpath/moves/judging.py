"""Asking the simulator about a file that is being changed, together with the files that call it."""

from __future__ import annotations

from msgspec import Struct

from covpath.gate.judge import Judge
from covpath.gate.measuring import SeenBehind
from covpath.gate.required import RequiredChecks
from covpath.gate.supposing import NOTHING_SUPPOSED, Suppose
from covpath.gate.verdict import JobVerdict
from covpath.workflow.calls import link
from covpath.workflow.model import Job, Workflow


class Judging(Struct, frozen=True, kw_only=True):
    """What verdicts rest on: the list of required checks, the repository's workflows, what lies behind recipes."""

    required: RequiredChecks
    workflows: tuple[Workflow, ...] = ()
    behind: SeenBehind | None = None

    @staticmethod
    def like(judge: Judge) -> Judging:
        """What a judge's verdicts rest on."""
        workflows = tuple(judge.links.workflows.values()) if judge.links is not None else ()
        return Judging(required=judge.required, workflows=workflows, behind=judge.behind)

    def judge(self, workflow: Workflow, required: RequiredChecks | None = None) -> Judge:
        """A judge that sees ``workflow`` in the place of the file of its path."""
        others = tuple(other for other in self.workflows if other.path != workflow.path)
        links = link((*others, workflow)) if self.workflows else None
        return Judge(required=required or self.required, links=links, behind=self.behind)

    def job(self, workflow: Workflow, job: Job, suppose: Suppose = NOTHING_SUPPOSED) -> JobVerdict:
        """The verdict of a job. A workflow that nothing here calls is judged as if a job for pull requests did."""
        found = self.judge(workflow).job(workflow, job, suppose)
        if any(reason.code == "no-caller" for reason in found.reasons):
            return Judge(required=self.required, behind=self.behind).job(workflow, job, suppose)
        return found
