"""Each character of a scalar's value and where it stands in the file.

Every style is read again here by YAML's rules for line folding and escapes; a table is given
only when that gives exactly the value that the YAML reader found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

from covpath.yamltext.nodes import Scalar
from covpath.yamltext.reading import Document
from covpath.yamltext.spans import content_indent

_Placed: TypeAlias = Iterator[tuple[str, int]]
"""Characters of the value with their offsets in the text."""

_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^\r\n])")
_ESCAPES = dict(zip('0abt\tnvfre "/\\N_LP', '\0\a\b\t\t\n\v\f\r\x1b "/\\\x85\xa0\u2028\u2029', strict=True))
_BLANKS = re.compile(r"[ \t]*")
_FOLD = re.compile(r"\r?\n(?:[ \t]*\r?\n)*[ \t]*")
_CONTINUED = re.compile(r"\\\r?\n(?:[ \t]*\r?\n)*[ \t]*")
_LINE = re.compile(r"([^\n]*?)(\r?\n|\Z)")


def offsets(document: Document, scalar: Scalar) -> tuple[int, ...] | None:
    """For each character of the value its offset in the text, and the end's; None where not certain."""
    return table(document.source.text, scalar.start, scalar.end, scalar.style, scalar.value)


def script_offset(document: Document, scalar: Scalar, index: int) -> int | None:
    """The offset in the text of a character of the value; ``len(value)`` gives the scalar's end."""
    found = offsets(document, scalar)
    return found[index] if found is not None and 0 <= index < len(found) else None


@lru_cache(maxsize=4)
def table(text: str, start: int, end: int, style: str, value: str) -> tuple[int, ...] | None:
    """As :func:`offsets`, for any text that holds a scalar from ``start`` to ``end``.

    Whoever asks about one command of a script mostly asks about the others next.
    """
    if style in ("|", ">"):
        return _block_table(text, start, end, style, value)
    inner = (start, end) if not style else (start + 1, end - 1)
    placed = list(_flow(text, *inner, style))
    return _if_value(placed, value, inner[1])


def block_indent(text: str, start: int, end: int, style: str, value: str) -> int | None:
    """The indentation, in columns, of a block scalar's content; None where there is none or it is not certain."""
    body = text.find("\n", start, end) + 1
    if not body:
        return None
    numbered = any(char.isdigit() for char in text[start:body].split("#", 1)[0])
    if value.lstrip("\n").startswith(" ") and not numbered:
        return None  # a first line that leads with blanks would set the indentation
    indent = content_indent(text, body, start + len(text[start:end].rstrip(" \r\n")), value)
    return indent if "".join(char for char, _ in _block(text, start, end, style, indent)) == value else None


def _block_table(text: str, start: int, end: int, style: str, value: str) -> tuple[int, ...] | None:
    if "\n" not in text[start:end]:
        return (end,) if not value else None
    indent = block_indent(text, start, end, style, value)
    return None if indent is None else _if_value(list(_block(text, start, end, style, indent)), value, end)


def _if_value(placed: list[tuple[str, int]], value: str, end: int) -> tuple[int, ...] | None:
    if "".join(char for char, _ in placed) != value:
        return None
    return (*(offset for _, offset in placed), end)


def _flow(text: str, start: int, end: int, style: str) -> _Placed:
    """A plain or quoted scalar: escapes undone, line breaks folded."""
    position = start
    while position < end:
        if text[position] in " \t\r\n":
            blanks = _BLANKS.match(text, position, end)
            fold = _FOLD.match(text, blanks.end() if blanks else position, end)
            if fold is None:
                begin, position = position, blanks.end() if blanks else position + 1
                yield from ((text[at], at) for at in range(begin, position))
                continue
            breaks = [fold.start() + match.start() for match in re.finditer("\n", fold[0])]
            yield from [(" ", fold.start())] if len(breaks) == 1 else [("\n", at) for at in breaks[1:]]
            position = fold.end()
        elif style == "'" and text.startswith("''", position):
            yield "'", position
            position += 2
        elif style == '"' and text[position] == "\\":
            position, chars = _escaped(text, position, end)
            yield from chars
        else:
            yield text[position], position
            position += 1


def _escaped(text: str, position: int, end: int) -> tuple[int, list[tuple[str, int]]]:
    """The character an escape stands for; a line break after a backslash joins the lines."""
    continued = _CONTINUED.match(text, position, end)
    if continued is not None:
        breaks = [position + match.start() for match in re.finditer("\n", continued[0])]
        return continued.end(), [("\n", at) for at in breaks[1:]]
    escape = _ESCAPE.match(text, position, end)
    if escape is None:
        return position + 1, [("\\", position)]
    code = escape[1]
    char = chr(int(code[1:], 16)) if len(code) > 1 else _ESCAPES.get(code, "")
    return escape.end(), [(char, position)]


def _block(text: str, start: int, end: int, style: str, indent: int) -> _Placed:
    """A literal or folded block scalar."""
    header_end = text.find("\n", start, end)
    header = text[start:header_end].split("#", 1)[0]
    pending: list[int] = []
    before: str | None = None
    position = header_end + 1
    while position <= end:
        line = _LINE.match(text, position, end)
        assert line is not None
        content = line[1][indent:]
        if line[1][:indent].strip(" "):
            return  # less indented than the content can be: this is not the indentation
        if content:
            yield from _breaks(pending, before, content, style)
            pending = []
            at = line.end(1) - len(content)
            yield from ((char, at + number) for number, char in enumerate(content))
            before = content
        pending.append(line.start(2))
        if line.end() == position or not line[2]:
            break
        position = line.end()
    if "-" not in header and before is not None:
        yield from (("\n", at) for at in (pending if "+" in header else pending[:1]))


def _breaks(pending: list[int], before: str | None, content: str, style: str) -> _Placed:
    """What the line breaks between two lines with content stand for."""
    folds = style == ">" and before is not None and before[0] not in " \t" and content[0] not in " \t"
    if not folds:
        yield from (("\n", at) for at in pending)
    elif len(pending) == 1:
        yield " ", pending[0]
    else:
        yield from (("\n", at) for at in pending[1:])
