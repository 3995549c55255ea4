"""Scripts that end well although what they are about has failed."""

from __future__ import annotations

import re
from functools import lru_cache

from covpath.gate.checks import legs_of, naming_contexts
from covpath.gate.measuring import alternatives
from covpath.gate.scripts.purpose import is_setup, never_masks
from covpath.gate.scripts.shell_effect import shell_for
from covpath.patterns import holds_one
from covpath.workflow.expressions.template import OPEN
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.shell.dialect import Shell
from covpath.workflow.shell.syntax import Command
from covpath.yamltext.nodes import Scalar

_SIGNS = ("|", "&", "`", "!", "$(", "<(", ">(")
_WORDS = ("if", "elif", "while", "until", "set", "shopt", "trap", "exit", "exec", "eval", "source", "alias", "coproc")
"""One of these, or ``.`` as a command, a script has to hold for a failing command in it to pass under ``-e``."""
_TURNING = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b")
_DOTS = (". ", ".\t", ".\n")
_DOT = re.compile(r"^\s*\.\s", re.MULTILINE)


@lru_cache(maxsize=8192)
def is_bare(script: str) -> bool:
    """Whether nothing in a script can take a failure back: under ``-e`` the first command that fails ends it."""
    # Most is told by the letters that have to be there: patterns take ten times as long to look for them.
    if holds_one(script, _SIGNS) or (holds_one(script, _WORDS) and _TURNING.search(script)):
        return False
    return not (holds_one(script, _DOTS) and _DOT.search(script))


def masks(workflow: Workflow, job: Job, step: Step) -> bool:
    """Whether the step's script ends well although what it is about has failed, and it does more than prepare."""
    return any(
        not is_setup(step, shell) and _swallows(step.run, shell)
        for shell in _shells(workflow, job, step)
        if step.run is not None and _may_swallow(step.run, shell)
    )


def swallows(workflow: Workflow, job: Job, step: Step) -> bool:
    """The same, or it only prepares and the job may have nothing else to be judged by."""
    script = step.run
    if script is None:
        return False
    shells = _shells(workflow, job, step)
    doubtful = [shell for shell in shells if _may_swallow(script, shell)]
    if not doubtful:
        return False
    # What only prepares is told from the text, and most of it matters to nobody.
    if all(is_setup(step, shell) for shell in shells) and not _may_be_judged_by(workflow, job, step):
        return False
    return any(_swallows(script, shell) for shell in doubtful)


def hides(workflow: Workflow, job: Job, step: Step, command: Command | None) -> bool:
    """Whether the step's script ends well although this command of it has failed (None: whichever, or it may)."""
    script = step.run
    if script is None:
        return False
    doubtful = [shell for shell in _shells(workflow, job, step) if not _stops_at_any(script.value, shell)]
    if not doubtful or command is None:
        return bool(doubtful)
    # Imported here: hardly any job measures coverage in a script that could hide it.
    from covpath.workflow.shell.hidden import hidden_failure_of
    from covpath.workflow.shell.parse import parse_script

    return any(hidden_failure_of(command, parse_script(script.value), shell) is not None for shell in doubtful)


def _stops_at_any(text: str, shell: Shell) -> bool:
    """Whether the first command that fails ends the script, or what the shell makes of it is not followed."""
    return not shell.kind.reads_posix or (shell.errexit and shell.known and is_bare(text))


def _may_be_judged_by(workflow: Workflow, job: Job, step: Step) -> bool:
    """Whether no step that surely runs is a better one to judge the job by."""
    for one in alternatives(workflow, job):
        if one.index == step.index:
            return True
        if one.index is not None and job.steps[one.index].if_ is None:
            return False
    return False


def _may_swallow(script: Scalar, shell: Shell) -> bool:
    """Whether a script has anything that could take a failure back, as far as its text tells at once."""
    text = script.value
    return not _stops_at_any(text, shell) and not (shell.errexit and shell.known and never_masks(text))


_MOST_KNOWN = 16_384
_KNOWN: dict[tuple[str, Shell], bool] = {}
"""Whether scripts swallow a failure. It depends on text and shell alone, and steps recur."""


def _swallows(script: Scalar, shell: Shell) -> bool:
    """Whether a script swallows the failure of what it is about, whatever a later step makes of that."""
    key = (script.value, shell)
    if key not in _KNOWN:
        # Imported here: in many repositories the text of every script tells.
        from covpath.gate.scripts.last_failure import hides_the_last

        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = bool(script.value.strip()) and hides_the_last(script.value, shell)
    return _KNOWN[key]


def _shells(workflow: Workflow, job: Job, step: Step) -> tuple[Shell, ...]:
    """The shells that may mask a failure of the step's script, in whichever legs of the job's matrix they run.

    Where the runner differs from leg to leg so does the default shell, but of those only bash can.
    """
    named = workflow.shell_of(job, step)
    if step.run is None or (named is None and is_bare(step.run.value)):
        return ()  # in bash errexit is on by default, and what other shells do is not followed
    if OPEN not in (named or ""):
        return (shell_for(workflow, job, step),)
    return tuple(dict.fromkeys(shell_for(workflow, job, step, leg) for leg in legs_of(job, naming_contexts())))
