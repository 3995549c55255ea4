"""Which jobs could report one check name, told from how names begin; worked out in full only where they may."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from covpath.gate.checks import check_patterns, legs_of, naming_contexts
from covpath.terms import JobRef
from covpath.workflow.expressions.template import OPEN
from covpath.workflow.model import Job, Workflow

_SURELY_WHOLE = 80
"""Characters of a name that GitHub surely does not cut, even with a matrix's values behind them."""


def could_share(workflows: Iterable[Workflow]) -> frozenset[JobRef]:
    """The jobs that may report a name which another job reports too; no others do.

    A check is called after its job's name or id, with the caller's name and `` / `` before it and
    the leg's values in parentheses behind it. So where neither names nor matrices hold such marks
    of their own, two jobs with a check in common have the same name. Names that do hold them, or
    are computed, are worked out where what they begin with does not set them apart.
    """
    jobs = [(one.ref(job), one, job) for one in workflows for job in one.jobs.values() if job.uses is None]
    named: dict[str, set[JobRef]] = {}
    begun: dict[str, list[tuple[JobRef, Job]]] = {}
    for ref, workflow, job in jobs:
        strategy = job.strategy
        if strategy is not None and workflow.document.source.text.find(" / ", strategy.start, strategy.end) >= 0:
            return frozenset(ref for ref, _, _ in jobs)
        name = job.name.value if job.name is not None and job.name.value else str(job.id)
        if OPEN in name or "(" in name or " / " in name or len(name) > _SURELY_WHOLE:
            begun.setdefault(_beginning(name), []).append((ref, job))
        else:
            named.setdefault(name, set()).add(ref)
    # Where nothing is known to begin a name, what it comes to is compared with how others begin.
    for beginning in sorted(begun):
        others = [other for other in begun if other and (other != beginning or len(begun[other]) > 1)]
        if not beginning or any(_alike(beginning, other) for other in (*named, *others)):
            for ref, job in begun[beginning]:
                for form in _forms(job):
                    named.setdefault(form, set()).add(ref)
    return frozenset(ref for refs in named.values() if len(refs) > 1 for ref in refs)


def _beginning(name: str) -> str:
    """What a name surely begins with, whatever its expressions come to; empty where that is not known."""
    return "" if " / " in name else name.partition(OPEN)[0][:_SURELY_WHOLE]


def _alike(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _forms(job: Job) -> Iterator[str]:
    """The names a job's checks can have, their callers' names and their legs' values left away too."""
    contexts = naming_contexts()
    for check in check_patterns(job, legs_of(job, contexts), contexts):
        if check.known:  # what is not wholly known is not told
            last = check.text.rsplit(" / ", 1)[-1]
            yield last
            yield last.split(" (", 1)[0]
