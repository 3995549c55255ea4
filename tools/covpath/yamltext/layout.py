"""Where things stand on their lines: columns, dashes, colons, the end of a line's content."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from covpath.errors import Refusal
from covpath.yamltext.nodes import Entry, Mapping, Node, Scalar, Sequence, deref, walk
from covpath.yamltext.reading import Document

_TRIVIA = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_REST_OF_LINE = re.compile(r"[ \t]*(#[^\r\n]*)?(?=\r?\n|\Z)")
_BLANK_LINE = re.compile(r"[ \t]*(?=\r?\n)")
_BLANK_LINE_BELOW = re.compile(r"\r?\n([ \t]*)(?=\r?\n|\Z)")
_COMMENT_LINE = re.compile(r"([ \t]*)#[^\r\n]*(?=\r?\n|\Z)")


def line_start(text: str, offset: int) -> int:
    """The offset of the line's first character."""
    return text.rfind("\n", 0, offset) + 1


def column(text: str, offset: int) -> int:
    """Characters before an offset on its line."""
    return offset - line_start(text, offset)


def skip_trivia(text: str, offset: int) -> int:
    """The first offset at or after this one that is neither white space nor comment."""
    match = _TRIVIA.match(text, offset)
    return match.end() if match else offset


def own_line(text: str, offset: int) -> bool:
    """Whether only blanks stand before an offset on its line."""
    return not text[line_start(text, offset) : offset].strip(" \t")


def content_end_line(document: Document, end: int) -> int:
    """The end of a line, before its line break, whose content ends at ``end``.

    Raises Refusal where something other than a comment follows on that line.
    """
    match = _REST_OF_LINE.match(document.source.text, end)
    if match is None:
        raise Refusal(
            "has other content after the place to edit on its line.",
            place=document.source.place(end),
            hint="Put each entry on its own line first.",
        )
    return match.end()


def same_line_comment(text: str, end: int) -> str:
    """The blanks and the comment after ``end`` on its line; empty where there is no comment."""
    match = _REST_OF_LINE.match(text, end)
    return match[0] if match and match[1] else ""


def after_deeper_comments(document: Document, end_of_line: int, key_column: int) -> int:
    """``end_of_line`` moved over the comment lines below it that stand deeper than a column.

    Such lines belong to what is above them, as commented-out children do.
    """
    text = document.source.text
    best = position = end_of_line
    while position < len(text):
        following = text.index("\n", position) + 1 if "\n" in text[position : position + 2] else len(text)
        comment = _COMMENT_LINE.match(text, following)
        if comment is not None and len(comment[1]) > key_column:
            best = position = comment.end()
            continue
        blank = _BLANK_LINE.match(text, following)
        if blank is None:
            break
        position = blank.end()
    return best


def after_long_blanks(text: str, end_of_line: int, columns: int) -> int:
    """``end_of_line`` moved over the blank lines below it as far as one of more than ``columns`` blanks.

    Behind a block scalar of that indentation they would become part of it.
    """
    best = position = end_of_line
    while blank := _BLANK_LINE_BELOW.match(text, position):
        position = blank.end()
        if len(blank[1]) > columns:
            best = position
    return best


def after_blanks(text: str, end_of_line: int) -> int:
    """``end_of_line`` moved over all blank lines below it."""
    while blank := _BLANK_LINE_BELOW.match(text, end_of_line):
        end_of_line = blank.end()
    return end_of_line


def last_text(node: Node) -> Scalar | None:
    """The block scalar that a node ends in, if it does: what follows it may become part of it."""
    while isinstance(node, Mapping | Sequence) and not node.flow:
        children = [entry.value for entry in node.entries] if isinstance(node, Mapping) else node.items
        if not children:
            return None
        node = children[-1]
    return node if isinstance(node, Scalar) and node.style in ("|", ">") else None


def keeps_blanks(document: Document, scalar: Scalar) -> bool:
    """Whether a block scalar takes blank lines below it for its own (``|+``)."""
    header = document.source.text[scalar.start : scalar.end].split("\n", 1)[0]
    return "+" in header.split("#", 1)[0]


def line_break_before(text: str, offset: int) -> int:
    """The offset of the line break that ends the line before the one of ``offset``; 0 on the first."""
    start = line_start(text, offset)
    if start == 0:
        return 0
    return start - 2 if text.endswith("\r\n", 0, start) else start - 1


def next_line(text: str, end_of_line: int) -> int:
    """The offset after the line break at ``end_of_line``; the end of the text where there is none."""
    if text.startswith("\r\n", end_of_line):
        return end_of_line + 2
    return min(end_of_line + 1, len(text))


def entry_start(document: Document, mapping: Mapping, index: int) -> int:
    """Where an entry begins: at its key's anchor or tag, or at the ``?`` before it."""
    text = document.source.text
    start = mapping.entries[index].key.outer_start
    floor = mapping.start if index == 0 else mapping.entries[index - 1].value.end
    before = text[floor:start]
    mark = before.rstrip(" ")
    return floor + len(mark) - 1 if mark.endswith("?") else start


def colon(document: Document, entry: Entry) -> int | None:
    """The offset of an entry's colon; None where a flow mapping holds only the key."""
    offset = skip_trivia(document.source.text, entry.key.end)
    return offset if document.source.text.startswith(":", offset) else None


def dash(document: Document, sequence: Sequence, index: int) -> int:
    """The offset of an item's ``-`` in a block sequence."""
    if index == 0:
        return sequence.start
    return skip_trivia(document.source.text, sequence.items[index - 1].end)


def dash_width(text: str, mark: int, item: Node) -> int:
    """Columns from a dash to what stands behind it on its line; 0 where nothing does."""
    columns = item.outer_start - mark
    return columns if columns > 1 and "\n" not in text[mark : item.outer_start] else 0


class Indents(Struct, frozen=True, kw_only=True):
    """How a file indents: columns from a key to its mapping, to its dash, and from dash to content."""

    mapping: int = 2
    dash: int = 2
    width: int = 2
    flow_lists: bool = False


def indents(document: Document, near: int) -> Indents:
    """The indents most used in a file, the nearest before ``near`` deciding between equals."""
    seen: dict[str, dict[int, tuple[int, int]]] = {}
    for _, node in walk(document.root) if document.root is not None else ():
        for kind, value, at in _indents_of(document, node):
            number, nearest = seen.setdefault(kind, {}).get(value, (0, -1))
            seen[kind][value] = (number + 1, at if at <= near else nearest)
    best = {kind: max(values.items(), key=lambda item: item[1])[0] for kind, values in seen.items()}
    return Indents(
        mapping=best.get("mapping", 2),
        dash=best.get("dash", 2),
        width=best.get("width", 2),
        flow_lists=bool(best.get("flow", 0)),
    )


def _indents_of(document: Document, node: Node) -> Iterator[tuple[str, int, int]]:
    """What one collection shows of the file's habits: kind, columns, where."""
    text = document.source.text
    if isinstance(node, Sequence) and node.items and all(isinstance(deref(item), Scalar) for item in node.items):
        yield "flow", int(node.flow), node.start
    if isinstance(node, Mapping) and not node.flow:
        own = column(text, node.start)
        for entry in node.entries:
            value = entry.value
            if isinstance(value, Mapping) and not value.flow:
                yield "mapping", column(text, value.start) - own, value.start
            elif isinstance(value, Sequence) and not value.flow:
                yield "dash", column(text, value.start) - own, value.start
    elif isinstance(node, Sequence) and not node.flow:
        for index, item in enumerate(node.items):
            at = dash(document, node, index)
            if width := dash_width(text, at, item):
                yield "width", width, at
