"""Scripts that end well although what they are about has failed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from covpath.gate.checks import legs_of, naming_contexts
from covpath.gate.measuring import find_measuring
from covpath.gate.scripts.purpose import is_setup, never_masks
from covpath.gate.scripts.shell_effect import shell_effect, shell_for
from covpath.workflow.expressions.template import OPEN
from covpath.workflow.legs import Leg
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.shell.dialect import Shell

_MASKS = re.compile(
    r"[|&`!]|\$\(|[<>]\(|\b(?:if|elif|while|until|set|shopt|trap|exit|exec|eval|source|alias|coproc)\b|^\s*\.\s",
    re.MULTILINE,
)
"""What a script has to hold for a failing command in it to pass under ``-e``."""


@lru_cache(maxsize=8192)
def is_bare(script: str) -> bool:
    """Whether nothing in a script can take a failure back: under ``-e`` the first command that fails ends it."""
    return _MASKS.search(script) is None


def masks(workflow: Workflow, job: Job, step: Step) -> bool:
    """Whether the step's script ends well although what it is about has failed, and it does more than prepare."""
    return any(
        not is_setup(step, shell) and _swallows(workflow, job, step, shell, leg)
        for shell, leg in _shells(workflow, job, step).items()
        if _may_swallow(step, shell)
    )


def swallows(workflow: Workflow, job: Job, step: Step) -> bool:
    """The same, or it only prepares and the job may have nothing else to be judged by."""
    shells = _shells(workflow, job, step)
    doubtful = [(shell, leg) for shell, leg in shells.items() if _may_swallow(step, shell)]
    if not doubtful:
        return False
    # What only prepares is told from the text, and most of it matters to nobody.
    if all(is_setup(step, shell) for shell in shells) and not _may_be_judged_by(workflow, job, step):
        return False
    return any(_swallows(workflow, job, step, shell, leg) for shell, leg in doubtful)


def _may_be_judged_by(workflow: Workflow, job: Job, step: Step) -> bool:
    measuring = find_measuring(workflow, job).index
    return measuring is None or measuring == step.index or job.steps[measuring].if_ is not None


def _may_swallow(step: Step, shell: Shell) -> bool:
    """Whether a script has anything that could take a failure back, as far as its text tells at once."""
    text = step.run.value if step.run is not None else ""
    return shell.kind.reads_posix and not (shell.errexit and shell.known and (is_bare(text) or never_masks(text)))


_MOST_KNOWN = 16_384
_KNOWN: dict[tuple[str, Shell], bool] = {}
"""Whether scripts swallow a failure. It depends on text and shell alone, and steps recur."""


def _swallows(workflow: Workflow, job: Job, step: Step, shell: Shell, leg: Leg | None) -> bool:
    """Whether a script swallows the failure of what it is about, whatever a later step makes of that."""
    assert step.run is not None
    key = (step.run.value, shell)
    if key not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        found = shell_effect(workflow, job, step, None, leg).effect
        _KNOWN[key] = found is not None and found.is_masked
    return _KNOWN[key]


def _shells(workflow: Workflow, job: Job, step: Step) -> Mapping[Shell, Leg | None]:
    """The shells that may mask a failure of the step's script, each with a leg of the job's matrix in which one runs.

    Where the runner differs from leg to leg so does the default shell, but of those only bash can.
    """
    named = workflow.shell_of(job, step)
    if step.run is None or (named is None and is_bare(step.run.value)):
        return {}  # in bash errexit is on by default, and what other shells do is not followed
    if OPEN not in (named or ""):
        return {shell_for(workflow, job, step): None}
    return {shell_for(workflow, job, step, leg): leg for leg in legs_of(job, naming_contexts())}
