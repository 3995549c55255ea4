"""Of all that cannot be followed in a job that claims coverage: the link that most likely hides the measurement."""

from __future__ import annotations

import re
from collections.abc import Iterator

from covpath.backends.uploaders import uploader
from covpath.gate.scripts.purpose import is_setup
from covpath.gate.scripts.shell_effect import shell_for
from covpath.gate.tracing.claims import NAMED, Claim, mentions_coverage
from covpath.gate.tracing.traced import StepChain
from covpath.patterns import regex
from covpath.wording import few
from covpath.workflow.calls import LOCAL
from covpath.workflow.model import Job, Workflow
from covpath.workflow.recipes.links import Chain, End, Link

_TESTS = regex(r"test|spec(?:s|\b)|verify|cov", re.IGNORECASE)
_RUNS = regex(r"check|(?<![a-z])(?:ci|run|tox|nox|make|just|ci\.sh)(?![a-z])", re.IGNORECASE)
_PREPARES = regex(r"set-?up|install|bootstrap|prepare|cache|deps|dependencies|build-?builder", re.IGNORECASE)


def first_unknown(workflow: Workflow, job: Job, claim: Claim, chains: tuple[StepChain, ...]) -> StepChain | None:
    """The chain to name; None where nothing in the job's own words ties a measurement to it."""
    hidden = [one for one in chains if one.chain.end is End.UNKNOWN]
    hidden += _others_actions(workflow, job)
    if claim.before is not None:
        hidden = [one for one in hidden if one.index < claim.before] or hidden
    speaking = [one for one in hidden if _speaks(job, one)]
    if speaking:
        return max(speaking, key=lambda one: (_rank(workflow, job, one), one.index))
    if not hidden or not (claim.hands_on or _named(job)):
        return None
    return max(hidden, key=lambda one: (_rank(workflow, job, one), one.index))


def why_none(job: Job, claim: Claim, chains: tuple[StepChain, ...]) -> str:
    """Why a job that claims coverage measures none."""
    commands = dict.fromkeys(one.chain.links[0].text for one in chains if one.chain.links[0].text)
    if not job.steps or not commands:
        return f"{claim.what}, and it runs no command that could measure"
    return f"{claim.what}, and none of its commands measures ({few([f'`{text}`' for text in commands], 3)})"


def _named(job: Job) -> bool:
    return any(NAMED.search(name) for name in (job.id, job.name.value if job.name is not None else ""))


def _speaks(job: Job, one: StepChain) -> bool:
    """Whether the step, or what it calls, says that it is about coverage."""
    texts = [text for link in one.chain.links for text in (link.text, link.target)]
    return mentions_coverage(job.steps[one.index]) or any(NAMED.search(text) for text in texts)


def _rank(workflow: Workflow, job: Job, one: StepChain) -> tuple[int, bool]:
    """Tests before other commands, and those before what only prepares; of a recipe's, what itself speaks of tests."""
    return _kind(workflow, job, one), _TESTS.search(one.chain.links[-1].text) is not None


def _kind(workflow: Workflow, job: Job, one: StepChain) -> int:
    step = job.steps[one.index]
    text = f"{step.name or ''} {one.chain.links[0].text} {one.chain.links[-1].target}"
    if step.run is not None and is_setup(step, shell_for(workflow, job, step)):
        return 0
    if _PREPARES.search(text) and not NAMED.search(text):
        return 1
    return 4 if _TESTS.search(text) else 3 if _RUNS.search(text) else 2


def _others_actions(workflow: Workflow, job: Job) -> Iterator[StepChain]:
    """Steps with an action of another repository that is about testing."""
    for step in job.steps:
        uses = (step.uses or "").strip()
        path = uses.partition("@")[0].rpartition("/")[2]
        if not uses or uses.startswith((*LOCAL, "actions/")) or uploader(uses) is not None:
            continue
        words = " ".join(step.inputs().values())
        if not (_TESTS.search(path) and not _PREPARES.search(path)) and not NAMED.search(words):
            continue
        if "/" not in uses or re.search(r"rust-cache|toolchain|install-action|setup-|codecov/", uses):
            continue
        first = Link(kind="workflow", target=uses, place=workflow.place(step.node), text=uses)
        reason = "the action is in another repository (--with DIR gives it)"
        if uses.startswith("docker://"):
            reason = "what runs in the container is not followed"
        link = Link(kind="action", target=uses, place=None, text="", unknown=reason)
        yield StepChain(index=step.index, chain=Chain(links=(first, link), end=End.UNKNOWN))
