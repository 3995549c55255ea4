"""The directory a command runs in, as far as the script's own ``cd`` commands tell."""

from __future__ import annotations

import posixpath

from covpath.workflow.shell.spans import Around
from covpath.workflow.shell.syntax import Command, Script

_CHANGERS = frozenset({"cd", "pushd", "popd"})


def directory_of(command: Command, script: Script) -> str | None:
    """The directory relative to where the script starts ("." there); None where it cannot be told.

    A static ``cd`` counts for everything behind it, up to the end of the subshell it stands in.
    A ``cd`` that may be skipped (in a branch, a loop, a function, behind ``||``) leaves it open.
    """
    return Directories(script).of(command)


class Directories:
    """The directories of one script's commands; what changes them is looked for once."""

    def __init__(self, script: Script) -> None:
        self._changes = [command for command in script.commands if command.name in _CHANGERS]

    def of(self, command: Command) -> str | None:
        """As ``directory_of``."""
        current: str | None = "."
        for change in self._changes:
            if change.span.start >= command.span.start:
                break
            if not _counts_for(change, command):
                continue
            if change.name == "popd":
                return None
            current = None if _may_be_skipped(change, command) else _join(current, change)
        return current


def _counts_for(change: Command, command: Command) -> bool:
    """Whether a change of directory is still in force at ``command``: no subshell ends between them."""
    isolating = {Around.SUBSHELL, Around.SUBSTITUTION, Around.PROCESS_SUBSTITUTION, Around.BACKGROUND}
    for enclosure in change.context:
        apart = enclosure.around in isolating or (enclosure.around is Around.PIPELINE and enclosure.count > 1)
        if apart and enclosure not in command.context:
            return False
    return True


def _may_be_skipped(change: Command, command: Command) -> bool:
    optional = {Around.IF_BRANCH, Around.LOOP_BODY, Around.CASE_ARM, Around.FUNCTION, Around.UNPARSED}
    for enclosure in change.context:
        if enclosure.around in optional and enclosure not in command.context:
            return True
        if enclosure.around is Around.AND_OR and enclosure.name == "||" and enclosure.position > 0:
            return True
    return False


def _join(current: str | None, change: Command) -> str | None:
    targets = [word for word in change.words[1:] if not (word.text or "").startswith("-") or word.text == "-"]
    if len(targets) != 1:
        return None
    target = targets[0].text
    if target is None or target == "-":
        return None
    if target.startswith("/"):
        return posixpath.normpath(target)
    return None if current is None else posixpath.normpath(posixpath.join(current, target))


def join_directory(base: str | None, directory: str | None) -> str | None:
    """A directory relative to another one; None where either is not known."""
    if directory is not None and directory.startswith("/"):
        return directory
    if base is None or directory is None:
        return None
    return posixpath.normpath(posixpath.join(base, directory))
