"""What a step stands in: contexts that are known, variables, the directory; and texts with known values put in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from covpath.patterns import regex
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.expressions.template import OPEN, evaluate_text, known_template
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.model import Job, Step, Workflow

COMMAND_INPUTS = {
    "nick-fields/retry": "command",
    "nick-invision/retry": "command",
    "wandalen/wretry.action": "command",
    "coactions/setup-xvfb": "run",
    "gabrielbb/xvfb-action": "run",
    "reactivecircus/android-emulator-runner": "script",
    "uraimo/run-on-arch-action": "run",
    "addnab/docker-run-action": "run",
    "cross-platform-actions/action": "run",
    "vmactions/freebsd-vm": "run",
    "vmactions/openbsd-vm": "run",
    "vmactions/netbsd-vm": "run",
    "vmactions/solaris-vm": "run",
    "paambaati/codeclimate-action": "coveragecommand",
    "cypress-io/github-action": "command",
}
"""Actions that run a command they are given, and the input that holds it."""

_WORKSPACE = regex(r"\$\{\{\s*github\.workspace\s*\}\}/?|\$\{?GITHUB_WORKSPACE\}?/?")


class Around(Struct, frozen=True, kw_only=True):
    """What a step stands in: contexts that are known, and variables that are set around it."""

    contexts: Contexts | None = None
    environment: Mapping[str, str] | None = None


def environment_in(workflow: Workflow, job: Job, step: Step, around: Around) -> dict[str, str]:
    """The variables of a step as far as their values are written, those set around it beneath."""
    own = workflow.environment_of(job, step)
    if around.environment:
        own = {**around.environment, **own}
    if around.contexts is None:
        return own
    return {name: put_in(value, around.contexts) for name, value in own.items()}


def directory_in(workflow: Workflow, job: Job, step: Step, contexts: Contexts | None) -> str | None:
    """The directory a step runs in, from the repository's root; None where it cannot be told."""
    written = workflow.directory_of(job, step)
    if written is None:
        return "."
    found = _WORKSPACE.sub("", put_in(written, contexts)) or "."
    return None if "$" in found or found.startswith(("/", "~")) else found.rstrip("/")


def put_in(text: str, contexts: Contexts | None) -> str:
    """A text with every expression replaced whose value is known; the others stay as written."""
    if contexts is None or OPEN not in text:
        return text
    try:
        parts = known_template(text).parts
    except ExpressionError:
        return text
    return "".join(part if isinstance(part, str) else _value(text[part.start : part.end], contexts) for part in parts)


def _value(written: str, contexts: Contexts) -> str:
    try:
        value = evaluate_text(written, contexts)
    except ExpressionError:
        return written
    return value if isinstance(value, str) else written


def given_command(step: Step) -> str | None:
    """The command that a step gives its action to run; None for actions that take none."""
    if step.uses is None or step.with_ is None:
        return None
    name = _command_input(step.uses)
    return step.inputs().get(name) if name is not None else None


@lru_cache(maxsize=1024)
def _command_input(uses: str) -> str | None:
    """The input that holds what an action runs: asked of every step several times, of few different actions."""
    return COMMAND_INPUTS.get(uses.partition("@")[0].strip().lower())
