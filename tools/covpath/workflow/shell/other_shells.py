"""Scripts for PowerShell and cmd, as far as single plain command lines go; other shells not at all."""

from __future__ import annotations

from covpath.workflow.shell.dialect import Shell, ShellKind
from covpath.workflow.shell.opaque import find_expressions, hide_expressions
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.quick import parse_plain_line
from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import Command, Item, Script, Sequence
from covpath.workflow.shell.words import WordReader

_CONTINUATION = {ShellKind.PWSH: "`\n", ShellKind.CMD: "^\n"}


def parse_step(text: str, shell: Shell) -> Script:
    """A step's script in its own shell's language.

    For PowerShell and cmd the lines that are plain commands are read, the others are ``errors``;
    of Python and unknown interpreters nothing is read.
    """
    if shell.kind.reads_posix:
        return parse_script(text)
    continuation = _CONTINUATION.get(shell.kind)
    if continuation is None:
        return Script(text, Sequence((), Span(0, len(text))), ())
    expressions = find_expressions(text)
    # Same length, so that the spans hold in the original.
    readable = text.replace(continuation, "\\\n")
    masked = hide_expressions(readable, expressions)
    reader = WordReader(readable, expressions)
    items: list[Item] = []
    errors: list[Span] = []
    index = 0
    while index < len(masked):
        command, following = parse_plain_line(masked, reader, index)
        if isinstance(command, Command):
            items.append(Item(command))
        elif command is False:
            errors.append(Span(index, following))
        index = following
    commands = tuple(item.node for item in items if isinstance(item.node, Command))
    return Script(text, Sequence(tuple(items), Span(0, len(text))), commands, tuple(errors))
