"""Whether a step only prepares, and which of its commands it is about, as far as the text tells.

A failing checkout or tool installation turns a job red as well, but nobody calls the job
"partly blocking" for that: what counts beside the measuring step is a step that checks
something about the repository's own code.
"""

from __future__ import annotations

import re
from functools import lru_cache

from covpath.gate.scripts.around import given_command
from covpath.gate.scripts.command_names import DECIDING, FILTERS, TRIVIAL, prepare
from covpath.gate.scripts.script_text import ScriptText, TextCommand, script_text
from covpath.patterns import regex
from covpath.workflow.model import Step, StepForm
from covpath.workflow.shell.dialect import POSIX_SHELLS, Shell

_INSIDE_WORDS = ("$(", "`", "<(")
"""What a script without other commands may be about: they make words of others."""


_STARTS = regex(r"(?<![&>|])&\s*(?:\n|\Z)")
"""A command that is started, and not waited for."""


_ENDS_FAILED = regex(r"^exit[ \t]+[1-9]\d*;?\s*\Z", re.MULTILINE)
"""A script that fails wherever it gets to its end: whatever it does before, it is there to fail."""


def is_setup(step: Step, shell: Shell) -> bool:
    """Whether a step only prepares: scripts that only install, fetch or clean up, and actions that run no script."""
    if step.children:
        return all(is_setup(child, shell) for child in step.children)
    text = _script_of(step)
    if text is None:
        return True
    return shell.kind.reads_posix and _only_prepares(text)


@lru_cache(maxsize=8192)
def _only_prepares(text: str) -> bool:
    """Whether a script only installs, fetches or cleans up; several ask this of a step."""
    told = script_text(text)
    telling = text_commands(told) if told is not None else []
    if "function" not in text and any(map(_works, telling)):
        return False
    looks = not telling and (any(sign in text for sign in _INSIDE_WORDS) or (told is not None and _decides(told)))
    if told is None or told.noted or looks or ("&" in text and _STARTS.search(text)):
        # Imported here: few scripts need to be read as shell for this.
        from covpath.gate.scripts.script_commands import only_tells, prepares, script_commands

        commands = script_commands(text)
        return only_tells(text) or (bool(commands) and all(map(prepares, commands)))
    if all(prepare(command.words) for command in telling or told.commands) and (telling or not told.leaves):
        return not (told.leaves and _ENDS_FAILED.search(text))
    if "grep" not in text:
        return False
    from covpath.gate.scripts.script_commands import only_tells

    return only_tells(text)


def _works(command: TextCommand) -> bool:
    """Whether a telling command does more than prepare, however the script around it is read."""
    known = not any("Q" in word or "X" in word or "$" in word for word in command.words)
    return command.alone and known and not prepare(command.words)


def _script_of(step: Step) -> str | None:
    """The script of a step, or the one it gives an action to run."""
    if step.form is StepForm.RUN:
        return step.run.value if step.run is not None else None
    return given_command(step) if step.uses is not None else None


def _decides(told: ScriptText) -> bool:
    return bool(told.commands) and told.commands[-1].name in DECIDING


def text_commands(told: ScriptText) -> list[TextCommand]:
    """The commands a script is about, as far as its text tells; none where it only looks or decides by itself."""
    return [command for command in told.commands if not _looks(command)]


def _looks(command: TextCommand) -> bool:
    return command.name in TRIVIAL or (not command.alone and command.name in FILTERS)


def fails_at_once(text: str) -> bool:
    """Whether, under errexit, the failure of what the script is about is surely the script's.

    So it is for a command whose failure nothing around it reads, in a script that leaves the shell's
    rules as they are.
    """
    told = script_text(text)
    return told is not None and told.steady and _is_heard(told)


def never_masks(text: str) -> bool:
    """Whether, under errexit, that failure is surely not swallowed, whatever the files that the script sources do."""
    told = script_text(text)
    if told is None or not (told.steady or told.sources):
        return False
    return _is_heard(told) or _ends_by_saying(told, text)


def _ends_by_saying(told: ScriptText, text: str) -> bool:
    """Whether a script does nothing but say, set or look, and the failure of the last of that is heard.

    It is about that one, or about none. What makes words of others is not told here.
    """
    commands = told.commands
    if not commands or not commands[-1].heard or any(sign in text for sign in _INSIDE_WORDS):
        return False
    return all(command.name in TRIVIAL for command in commands)


def _is_heard(told: ScriptText) -> bool:
    telling = text_commands(told)
    if not telling:
        return told.leaves
    last = next((one for one in reversed(telling) if not prepare(one.words)), telling[-1])
    return last.heard and not _hands_on(last.words)


def _hands_on(words: tuple[str, ...]) -> bool:
    """``bash -c '...'``: what is in the quotes decides."""
    return len(words) > 2 and words[1][0] == "-" and words[0].rsplit("/", 1)[-1] in POSIX_SHELLS


def every_command_alone(text: str) -> bool:
    """The same for whichever of the script's commands."""
    told = script_text(text)
    return told is not None and told.steady and all(command.alone for command in told.commands)
