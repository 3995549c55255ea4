"""Runner moves: other labels, another time limit, and what a self-hosted runner brings with it."""

from __future__ import annotations

import re

from covpath.errors import Refusal
from covpath.gate.signal import signal_of
from covpath.moves.proposal import Draft, NoteKind
from covpath.terms import Loss, LossAction
from covpath.workflow.model import Step
from covpath.yamltext.nodes import Mapping, Plain, Scalar, Sequence, deref, to_plain
from covpath.yamltext.operations import set_key, set_value

SELF_HOSTED = "self-hosted"
FORKS = "self-hosted-forks"
DELETES = "self-hosted-deletes"

_DELETES = re.compile(
    r"\brm\s+-[a-zA-Z]*[rf]|\bdocker\s+system\s+prune|\bapt(?:-get)?\s+(?:remove|purge|clean)|free-disk-space"
)


def propose_runner(draft: Draft, labels: tuple[str, ...]) -> None:
    """Let the job run on ``labels``: one as a word, several as a list.

    Raises Refusal where ``runs-on`` is an expression or shared through an alias.
    """
    job = draft.job
    if job.runs_on is None:
        raise Refusal(
            f"job {job.id!r} calls a reusable workflow; its runner is chosen there.",
            place=draft.workflow.place(job.key),
            hint="Move the job in the called workflow.",
        )
    _refuse_expression(draft)
    route = (*job.route, "runs-on")
    value: Plain = labels[0] if len(labels) == 1 else list(labels)
    if isinstance(deref(job.runs_on), Mapping):
        route, value = (*route, "labels"), value
    before = to_plain(job.runs_on)
    edit = set_value(draft.workflow.document, route, value, why=f"run on {', '.join(labels)}")
    if not draft.make(edit):
        return
    draft.titles.append(f"run on {', '.join(labels)}")
    if SELF_HOSTED in labels and SELF_HOSTED not in _labels(before):
        _self_hosted_risks(draft)


def propose_timeout(draft: Draft, minutes: int) -> None:
    """Set the job's time limit, in minutes."""
    edit = set_key(
        draft.workflow.document,
        draft.job.route,
        "timeout-minutes",
        minutes,
        after=("name", "needs", "if", "runs-on"),
        why=f"limit the job to {minutes} minutes",
    )
    if draft.make(edit):
        draft.titles.append(f"limit it to {minutes} minutes")


def _labels(plain: Plain) -> tuple[str, ...]:
    if isinstance(plain, dict):
        plain = plain.get("labels")
    if isinstance(plain, list):
        return tuple(str(item) for item in plain)
    return (str(plain),)


def _refuse_expression(draft: Draft) -> None:
    node = deref(draft.job.runs_on) if draft.job.runs_on is not None else None
    texts: list[Scalar] = []
    if isinstance(node, Scalar):
        texts = [node]
    elif isinstance(node, Sequence):
        texts = [item for item in map(deref, node.items) if isinstance(item, Scalar)]
    elif isinstance(node, Mapping):
        texts = [value for value in (deref(entry.value) for entry in node.entries) if isinstance(value, Scalar)]
    for scalar in texts:
        if "${{" in scalar.value:
            raise Refusal(
                f"the runner of job {draft.job_id!r} is the expression `{scalar.value}`; its values are set elsewhere.",
                place=draft.workflow.place(scalar),
                hint="Change the matrix or variable it reads.",
            )


def _self_hosted_risks(draft: Draft) -> None:
    """What a machine of one's own meets that a fresh virtual machine did not."""
    workflow, job = draft.workflow, draft.job
    if "pull_request" in signal_of(workflow).events or "pull_request_target" in signal_of(workflow).events:
        draft.losses.append(
            Loss(
                action=LossAction.STOP,
                name=FORKS,
                what="runs-on",
                message="a self-hosted runner would run the code of pull requests from forks",
                place=workflow.place(job.key),
            )
        )
    for step in job.steps:
        if _deletes(step):
            draft.losses.append(
                Loss(
                    action=LossAction.STOP,
                    name=DELETES,
                    what=step.label,
                    message=f"the step `{step.label}` deletes files, on a self-hosted runner those of the machine",
                    place=workflow.place(step.node),
                )
            )
    draft.say(
        NoteKind.OUTSIDE,
        "the labels must exist on a registered runner, or the job waits for ever",
        command="gh api repos/{owner}/{repo}/actions/runners --jq '.runners[].labels[].name'",
    )


def _deletes(step: Step) -> bool:
    text = step.run.value if step.run is not None else step.uses or ""
    return _DELETES.search(text) is not None
