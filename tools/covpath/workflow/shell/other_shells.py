"""PowerShell and cmd, as far as single plain command lines go."""

from __future__ import annotations

from covpath.workflow.shell.dialect import Shell, ShellKind

_CONTINUATION = {ShellKind.PWSH: "`\n", ShellKind.CMD: "^\n"}


def with_lines_joined(text: str, shell: Shell) -> str:
    """A script whose continued lines are continued as bash does it, so that a plain command is read whole.

    It is as long as before, so that places hold in the original. Scripts of other shells stay as they are.
    """
    continuation = _CONTINUATION.get(shell.kind)
    return text if continuation is None else text.replace(continuation, "\\\n")
