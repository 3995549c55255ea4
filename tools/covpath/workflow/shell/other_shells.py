"""PowerShell and cmd, as far as single plain command lines go."""

from __future__ import annotations

from covpath.patterns import regex
from covpath.workflow.shell.dialect import Shell, ShellKind

_CONTINUATION = {ShellKind.PWSH: "`\n", ShellKind.CMD: "^\n"}


def with_lines_joined(text: str, shell: Shell) -> str:
    """A script whose continued lines are continued as bash does it, so that a plain command is read whole.

    It is as long as before, so that places hold in the original. Scripts of other shells stay as they are.
    """
    continuation = _CONTINUATION.get(shell.kind)
    return text if continuation is None else text.replace(continuation, "\\\n")


_QUOTED = regex(r"\"[^\"]*\"|'[^']*'")
_BRACKETS = regex(r"[$@]?\([^()]*\)")
_ONE = regex(r"(?P<program>[A-Za-z][\w.-]*)(?:[ \t][^\n;|&{}()#]*)?")
_KEYWORDS = ("if", "for", "foreach", "while", "do", "switch", "try", "throw", "return", "function", "param", "exit")


def is_one_command(text: str) -> bool:
    """Whether PowerShell text, its lines joined as bash does it, is a single command with its arguments."""
    plain = _QUOTED.sub("", text.replace("\\\n", " ").strip())
    while (shorter := _BRACKETS.sub("", plain)) != plain:
        plain = shorter
    found = _ONE.fullmatch(plain)
    return found is not None and found["program"] not in _KEYWORDS


_CAUGHT = regex(r"\b(?:try|except|suppress|subprocess|system|popen|exit|asyncio)\b")


def lets_errors_out(text: str) -> bool:
    """Whether every error of a Python script surely ends it: it catches none, and runs no other program."""
    return _CAUGHT.search(text) is None
