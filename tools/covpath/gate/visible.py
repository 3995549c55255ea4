"""Whether a step shows people something by the file's own text: an annotation, a comment, a status."""

from __future__ import annotations

import re

from covpath.workflow.model import Step

_IN_SCRIPT = re.compile(
    r"::(?:warning|error|notice)(?: [^:\n]*)?::"
    r"|\bgh\s+(?:pr|issue)\s+(?:comment|create|edit)\b"
    r"|\bgh\s+api\b[^\n]*\b(?:statuses|check-runs|comments)\b"
    r"|api\.github\.com/[^\s\"']*(?:statuses|check-runs|comments)"
)

_ACTIONS = frozenset(
    {
        "mainmatter/continue-on-error-comment",
        "marocchino/sticky-pull-request-comment",
        "mshick/add-pr-comment",
        "peter-evans/create-or-update-comment",
        "peter-evans/commit-comment",
        "thollander/actions-comment-pull-request",
        "jasonetco/create-an-issue",
        "myrotvorets/set-commit-status-action",
        "guibranco/github-status-action-v2",
        "8398a7/action-slack",
        "slackapi/slack-github-action",
        "rtcamp/action-slack-notify",
    }
)


def shows_in_script(text: str) -> bool:
    """Whether a script's text prints an annotation, comments or posts a status."""
    return _IN_SCRIPT.search(text) is not None


def shows_something(step: Step) -> bool:
    """Whether running the step leaves a trace people see on the pull request or in a channel."""
    if step.run is not None:
        return shows_in_script(step.run.value)
    if step.uses is None:
        return False
    action = step.uses.partition("@")[0].lower()
    if action == "actions/github-script":
        script = step.inputs().get("script", "")
        return (
            "createComment" in script
            or "createCommitStatus" in script
            or "core.warning" in script
            or ("core.error" in script or "core.notice" in script or "checks.create" in script)
        )
    return action in _ACTIONS
