"""Whether a step shows people something by the file's own text: an annotation, a comment, a status."""

from __future__ import annotations

from covpath.patterns import regex
from covpath.workflow.model import Step

_IN_SCRIPT = regex(
    r"::(?:warning|error|notice)(?: [^:\n]*)?::"
    r"|\bgh\s+(?:pr|issue)\s+(?:comment|create|edit)\b"
    r"|\bgh\s+api\b[^\n]*\b(?:statuses|check-runs|comments)\b"
    r"|api\.github\.com/[^\s\"']*(?:statuses|check-runs|comments)"
)
_IN_GITHUB_SCRIPT = regex(r"createComment|createCommitStatus|core\.(?:warning|error|notice)|checks\.create")

_ACTIONS = frozenset(
    {
        "8398a7/action-slack",
        "guibranco/github-status-action-v2",
        "jasonetco/create-an-issue",
        "mainmatter/continue-on-error-comment",
        "marocchino/sticky-pull-request-comment",
        "mshick/add-pr-comment",
        "myrotvorets/set-commit-status-action",
        "peter-evans/commit-comment",
        "peter-evans/create-or-update-comment",
        "rtcamp/action-slack-notify",
        "slackapi/slack-github-action",
        "thollander/actions-comment-pull-request",
    }
)
_ONLY_TELL = _ACTIONS | {
    "appleboy/telegram-action",
    "dawidd6/action-send-mail",
    "louisbrunner/checks-action",
    "peter-evans/find-comment",
    "ravsamhq/notify-slack-action",
    "sarisia/actions-status-discord",
    "zulip/github-actions-zulip",
}
_FETCHING_OWNERS = ("actions/", "docker/", "codecov/", "coverallsapp/", "softprops/")


def shows_in_script(text: str) -> bool:
    """Whether a script's text prints an annotation, comments or posts a status."""
    return _IN_SCRIPT.search(text) is not None


def shows_something(step: Step) -> bool:
    """Whether running the step leaves a trace people see on the pull request or in a channel."""
    if step.run is not None:
        return shows_in_script(step.run.value)
    if step.uses is None:
        return False
    action = _name(step)
    if action == "actions/github-script":
        return _IN_GITHUB_SCRIPT.search(step.inputs().get("script", "")) is not None
    return action in _ACTIONS


def only_tells(step: Step) -> bool:
    """Whether a step's action carries or tells what it is given, and never decides on it."""
    action = _name(step)
    return action in _ONLY_TELL or (action.startswith(_FETCHING_OWNERS) and action != "actions/github-script")


def _name(step: Step) -> str:
    return (step.uses or "").partition("@")[0].lower()
