"""What another runner brings with it: forks and leftovers on a machine of one's own, labels that must exist."""

from __future__ import annotations

import re

from covpath.gate.simulation.signal import signal_of
from covpath.moves.proposal import Draft, NoteKind
from covpath.workflow.model import Job, Step

SELF_HOSTED = "self-hosted"
FORKS = "self-hosted-forks"
DELETES = "self-hosted-deletes"

_DELETES = re.compile(
    r"\brm\s+-[a-zA-Z]*[rf]|\bdocker\s+system\s+prune|\bapt(?:-get)?\s+(?:remove|purge|clean)|free-disk-space"
)
_OWN_PULL_REQUESTS = re.compile(r"head\.repo\.(?:full_name|fork)|github\.event_name\s*!=\s*'pull_request")
_GITHUBS_OWN = re.compile(r"(?:ubuntu|windows|macos)-(?:latest|slim|\d[\w.]*)(?:-(?:arm|arm64|intel|large|xlarge))?")


def say_risks(draft: Draft, before: tuple[str, ...], labels: tuple[str, ...], group: str | None) -> None:
    """What to accept, and what must exist, before a job runs on ``labels`` instead of ``before``."""
    if SELF_HOSTED in labels and SELF_HOSTED not in before:
        _self_hosted(draft)
    if group is not None:
        draft.say(
            NoteKind.OUTSIDE,
            f"the runner group {group!r} must exist and let this repository in, or the job waits for ever",
            command="gh api orgs/{owner}/actions/runner-groups --jq '.runner_groups[].name'",
        )
    if labels and not all(_GITHUBS_OWN.fullmatch(label) for label in labels):
        draft.say(
            NoteKind.OUTSIDE,
            "the labels must exist on a registered runner, or the job waits for ever",
            command="gh api repos/{owner}/{repo}/actions/runners --jq '.runners[].labels[].name'",
        )


def _self_hosted(draft: Draft) -> None:
    """What a machine of one's own meets that a fresh virtual machine did not."""
    workflow, job = draft.workflow, draft.job
    events = signal_of(workflow).events
    if any(event in events for event in ("pull_request", "pull_request_target")) and not _only_own(job):
        message = "a self-hosted runner would run the code of pull requests from forks"
        draft.stop(FORKS, "runs-on", message, workflow.place(job.key))
    for step in job.steps:
        if _deletes(step):
            message = f"the step `{step.label}` deletes files, on a self-hosted runner those of the machine"
            draft.stop(DELETES, step.label, message, workflow.place(step.node))


def _only_own(job: Job) -> bool:
    """Whether the job's condition keeps pull requests from forks out."""
    return job.if_ is not None and _OWN_PULL_REQUESTS.search(job.if_.value) is not None


def _deletes(step: Step) -> bool:
    text = step.run.value if step.run is not None else step.uses or ""
    return _DELETES.search(text) is not None
