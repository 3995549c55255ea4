"""The names of the checks a job reports, as branch protection sees them, and a job's matrix legs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from covpath.workflow.expressions.value import Plain
from covpath.workflow.model import Job, Workflow


@dataclass(frozen=True, slots=True)
class CheckPattern:
    """A check's name; ``*`` stands for what is not known, then ``known`` is False."""

    text: str
    known: bool = True

    def matches(self, name: str) -> bool:
        """Whether a check of this name may be the one."""
        if self.known:
            return self.text == name
        return re.fullmatch(".*".join(re.escape(part) for part in self.text.split("*")), name) is not None


def check_patterns(workflow: Workflow, job: Job) -> tuple[CheckPattern, ...]:
    """The names of a job's checks, one a leg."""
    del workflow
    name = job.name.value if job.name is not None and job.name.value else str(job.id)
    if "${{" in name or job.strategy is not None or job.uses is not None:
        return (CheckPattern(f"{name} *" if "${{" not in name else "*", known=False),)
    return (CheckPattern(name),)


def legs_of(job: Job) -> tuple[dict[str, Plain] | None, ...]:
    """The matrix values of each leg; a single None where there is no matrix, or none that can be told."""
    del job
    return (None,)
