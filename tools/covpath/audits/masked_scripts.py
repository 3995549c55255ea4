"""Scripts that end well although what they are about has failed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from covpath.gate.checks import legs_of, naming_contexts
from covpath.gate.measuring import find_measuring
from covpath.gate.scripts.purpose import is_setup, never_masks
from covpath.gate.scripts.shell_effect import shell_effect, shell_for
from covpath.terms import Tri
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
    return any(masked and not setup for masked, setup in _told(workflow, job, step))


def swallows(workflow: Workflow, job: Job, step: Step) -> bool:
    """The same, or it only prepares and the job may have nothing else to be judged by."""
    found = _told(workflow, job, step)
    if not any(masked for masked, _ in found):
        return False
    if not all(setup for _, setup in found):
        return True
    measuring = find_measuring(workflow, job).index
    return measuring is None or measuring == step.index or job.steps[measuring].if_ is not None


def _told(workflow: Workflow, job: Job, step: Step) -> list[tuple[bool, bool]]:
    """For each shell that may run the step's script: whether it masks a failure, and whether it only prepares."""
    if step.run is None or (workflow.shell_of(job, step) is None and is_bare(step.run.value)):
        return []  # in bash errexit is on by default, and what other shells do is not followed
    return [_of_script(workflow, job, step, shell, leg) for shell, leg in _shells(workflow, job, step).items()]


_KNOWN: dict[tuple[str, Shell], tuple[bool, bool]] = {}
_MOST_KNOWN = 16_384


def _of_script(workflow: Workflow, job: Job, step: Step, shell: Shell, leg: Leg | None) -> tuple[bool, bool]:
    """Whether a script swallows the failure of what it is about, and whether it only prepares.

    That depends on its text and shell alone, and steps recur, so it is remembered.
    """
    assert step.run is not None
    text = step.run.value
    if not shell.kind.reads_posix or (shell.errexit and shell.known and (is_bare(text) or never_masks(text))):
        return False, False
    if (text, shell) not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        masked = shell_effect(workflow, job, step, None, leg).fails is Tri.FALSE
        _KNOWN[text, shell] = (masked, masked and is_setup(step, shell))
    return _KNOWN[text, shell]


def _shells(workflow: Workflow, job: Job, step: Step) -> Mapping[Shell, Leg | None]:
    """The shells that may mask a failure of the step's script, each with a leg of the job's matrix in which one runs.

    Where the runner differs from leg to leg so does the default shell, but of those only bash can.
    """
    if OPEN not in (workflow.shell_of(job, step) or ""):
        return {shell_for(workflow, job, step): None}
    return {shell_for(workflow, job, step, leg): leg for leg in legs_of(job, naming_contexts())}
