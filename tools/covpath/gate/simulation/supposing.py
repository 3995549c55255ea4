"""What a verdict is asked: to suppose something, for moves, and to judge some steps only, for audits.

Moves change what would happen, also where it never does; an audit asks for steps that may be masked.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from covpath.workflow.model import Job, Step, Workflow

Steps = Callable[[Workflow, Job, Step], bool]
"""Whether a step is to be judged beside the measuring one."""


def every(workflow: Workflow, job: Job, step: Step) -> bool:
    """All steps."""
    del workflow, job, step
    return True


class Suppose(Struct, frozen=True, kw_only=True):
    """Judge by the step at index ``step``; as if job and step ran for a pull request; as if the step itself failed.

    ``exits`` leaves out what a script or action makes of a failure inside: the fault is that the
    step exits non-zero.
    """

    step: int | None = None
    runs: bool = False
    exits: bool = False


NOTHING_SUPPOSED = Suppose()
