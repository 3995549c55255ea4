"""The commonest scripts, plain command lines, parsed without a grammar.

Gives exactly what the full parser would, or nothing.
"""

from __future__ import annotations

import re

from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import Assignment, Command, Item, Sequence, Word
from covpath.workflow.shell.words import WordReader

_VARIABLE = r"\$[A-Za-z_]\w*|\$\{[A-Za-z_]\w*\}"
_DOUBLE = rf"""\"(?:[^"$`\\\n]|{_VARIABLE})*+\""""
_WORD = rf"(?:[A-Za-z0-9_@%+:,./=^-]|'[^'\n]*'|{_DOUBLE}|{_VARIABLE})++"
_BLANK = r"(?:[ \t]|\\\n)"
_BEHIND = rf"(?:[ \t]{_BLANK}*+|\\\n{_BLANK}*+(?![^#\n]))"
"""Behind a word; a line continuation alone would join it with another."""
_WORDS = re.compile(_WORD, re.ASCII)
_LINE = re.compile(rf"{_BLANK}*+(?:{_WORD}{_BEHIND}?+)*+(?:(?<![^ \t\n])\#[^\n]*)?(?:\n|\Z)", re.ASCII)
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=", re.ASCII)
_OTHER_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+=", re.ASCII)
_KEYWORDS = frozenset(
    {
        *("if", "then", "elif", "else", "fi", "for", "select", "while", "until", "do", "done", "case", "esac", "in"),
        *("function", "time", "coproc", "declare", "typeset", "export", "readonly", "local", "unset", "unsetenv"),
    }
)


def parse_plain(text: str, expressions: tuple[Span, ...], raw: str) -> Sequence | None:
    """The statements of a script whose every line is one plain command; None for any other script.

    ``text`` is ``raw`` with its GitHub expressions hidden.
    """
    reader = WordReader(raw, expressions)
    items: list[Item] = []
    index = 0
    while index < len(text):
        command, index = parse_plain_line(text, reader, index)
        if command is False:
            return None
        if isinstance(command, Command):
            items.append(Item(command))
    return Sequence(tuple(items), Span(0, len(text)))


def parse_plain_line(text: str, reader: WordReader, index: int) -> tuple[Command | bool | None, int]:
    """The command of the line at ``index`` (None: an empty line, False: not plain) and where the next line starts."""
    line = _LINE.match(text, index)
    if line is None:
        following = text.find("\n", index)
        return False, len(text) if following == -1 else following + 1
    return _command(text, reader, index, line.end()), line.end()


def _command(text: str, reader: WordReader, index: int, end: int) -> Command | bool | None:
    """The command of one line, None for a line without one, False for what only the full parser can tell."""
    spans = _word_spans(text, index, end)
    if not spans:
        return None
    assignments: list[Assignment] = []
    words: list[Word] = []
    for span in spans:
        if not words:
            match = _ASSIGNMENT.match(text, span.start, span.end)
            if match is not None:
                value = reader.read(match.end(), span.end) if match.end() < span.end else None
                assignments.append(Assignment(reader.text[span.start : match.end(1)], value, span))
                continue
            if text[span.start : span.end] in _KEYWORDS or _OTHER_ASSIGNMENT.match(text, span.start, span.end):
                return False
        words.append(reader.read(span.start, span.end))
    return Command(tuple(words), tuple(assignments), (), Span(spans[0].start, spans[-1].end))


def _word_spans(text: str, index: int, end: int) -> list[Span]:
    spans: list[Span] = []
    while index < end and text[index] != "#":
        word = _WORDS.match(text, index, end)
        if word is not None:
            spans.append(Span(word.start(), word.end()))
            index = word.end()
        else:
            index += 2 if text[index] == "\\" else 1
    return spans
