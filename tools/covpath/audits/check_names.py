"""Whether two jobs can report one check name, told from how names begin; worked out in full only where they may."""

from __future__ import annotations

from collections.abc import Iterable

from covpath.gate.checks import check_patterns, legs_of, naming_contexts
from covpath.workflow.model import Job, Workflow


def are_apart(workflows: Iterable[Workflow]) -> bool:
    """Whether no two jobs report a name in common.

    A check is called after its job's name or id, with the caller's name and `` / `` before it and
    the leg's values in parentheses behind it. So where neither names nor matrices hold such marks
    of their own, two jobs with a check in common have the same name; names that do hold them, or
    are computed, are worked out.
    """
    plain: set[str] = set()
    others: list[Job] = []
    for workflow in workflows:
        text = workflow.document.source.text
        for job in workflow.jobs.values():
            name = job.name.value if job.name is not None and job.name.value else str(job.id)
            strategy = job.strategy
            if strategy is not None and text.find(" / ", strategy.start, strategy.end) >= 0:
                return False
            if "${{" in name or "(" in name or " / " in name:
                others.append(job)
            elif name in plain:
                return False
            else:
                plain.add(name)
    return _are_apart_from(plain, others)


def _are_apart_from(plain: set[str], others: list[Job]) -> bool:
    """Whether names that have to be worked out are apart from the plain ones and from one another."""
    contexts = naming_contexts()
    seen: set[str] = set()
    for job in others:
        own: set[str] = set()
        for check in check_patterns(job, legs_of(job, contexts), contexts):
            if not check.known and job.uses is None:
                continue  # what is not wholly known is not told
            last = check.text.removesuffix(" / *").rsplit(" / ", 1)[-1]
            own |= {last, last.split(" (", 1)[0]}
        if own & (plain | seen):
            return False
        seen |= own
    return True
