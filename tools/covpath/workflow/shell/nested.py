"""Scripts inside commands: ``bash -c '...'``, and here-documents fed to a shell."""

from __future__ import annotations

from msgspec import Struct

from covpath.workflow.shell.dialect import POSIX_SHELLS, Shell, read_flags
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import Command, Expression, Literal, Script, Word
from covpath.workflow.shell.wrappers import peeled_words


class NestedScript(Struct, frozen=True, kw_only=True):
    """A static script that ``command`` hands to a shell.

    ``offset`` is where the script's text starts in the outer one; None where quoting makes the
    two differ, so that inner spans cannot be edited in place.
    """

    command: Command
    script: Script
    shell: Shell
    offset: int | None

    def outer_span(self, span: Span) -> Span | None:
        """An inner span in the outer script's characters."""
        if self.offset is None:
            return None
        return Span(span.start + self.offset, span.end + self.offset)


def nested_script(command: Command) -> NestedScript | None:
    """The script of ``bash -c '...'`` (wrappers such as ``sudo`` allowed) when its text is static."""
    words = peeled_words(command)
    if len(words) < 3:
        return None
    kind = POSIX_SHELLS.get((words[0].text or "").rsplit("/", 1)[-1])
    if kind is None:
        return None
    arguments = [word.text or "\0" for word in words[1:]]
    flags = read_flags(arguments)
    if not flags.command or flags.rest >= len(arguments):
        return None
    word = words[1 + flags.rest]
    text = _script_text(word)
    if text is None:
        return None
    shell = Shell(
        kind=kind,
        template=" ".join(arguments[: flags.rest]),
        errexit=flags.errexit,
        pipefail=flags.pipefail,
        known=flags.known,
    )
    return NestedScript(command=command, script=parse_script(text), shell=shell, offset=_offset(word, text))


def _script_text(word: Word) -> str | None:
    """The word's value, with GitHub expressions left as they are written."""
    pieces: list[str] = []
    for part in word.parts:
        if isinstance(part, Literal):
            pieces.append(part.text)
        elif isinstance(part, Expression):
            pieces.append(part.raw)
        else:
            return None
    return "".join(pieces)


def _offset(word: Word, text: str) -> int | None:
    """Where the word's value starts when the value stands in the script character by character."""
    if word.raw == text:
        return word.span.start
    same = word.raw[1:-1] == text and word.raw[:1] in {"'", '"'} and word.raw[-1:] == word.raw[:1]
    return word.span.start + 1 if same else None
