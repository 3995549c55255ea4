"""Entries and items in block style: where a new one goes, what goes with an old one."""

from __future__ import annotations

import re

from msgspec.structs import replace

from covpath.yamltext import layout
from covpath.yamltext.characters import block_indent
from covpath.yamltext.flow import Splice
from covpath.yamltext.nodes import Mapping, Node, Plain, Sequence
from covpath.yamltext.reading import Document
from covpath.yamltext.rendering import ends_in_text, render_entry, render_item, shared_quote

_BLANK_LINE = re.compile(r"[ \t]*\r?\n")
_COMMENT_LINE = re.compile(r"([ \t]*)#")


def add_entry(document: Document, mapping: Mapping, index: int, key: str, value: Plain) -> Splice:
    """Where a new entry goes as number ``index``, and its text."""
    text = document.source.text
    first = mapping.start
    style = layout.indents(document, first)
    quote = shared_quote([entry.key for entry in mapping.entries])
    lines = render_entry(key, value, style, like=quote)
    return _insert(document, lines, layout.column(text, first), mapping, index, ends_in_text(value))


def add_item(document: Document, sequence: Sequence, index: int, value: Plain) -> Splice:
    """Where a new item goes as number ``index``, and its text."""
    text = document.source.text
    first = sequence.start
    style = layout.indents(document, first)
    beside = sequence.items[min(index, len(sequence.items) - 1)]
    mark = layout.dash(document, sequence, min(index, len(sequence.items) - 1))
    if width := layout.dash_width(text, mark, beside):
        style = replace(style, width=width)
    lines = render_item(value, style)
    return _insert(document, lines, layout.column(text, first), sequence, index, ends_in_text(value))


def _insert(
    document: Document, lines: list[str], column: int, parent: Mapping | Sequence, index: int, text_last: bool
) -> Splice:
    """Lines put before the first child, or behind the one before ``index``.

    ``text_last`` says that they end in a block scalar, which must not swallow what follows.
    """
    margin = " " * column
    following = [margin + line if line else line for line in lines[1:]]
    if index == 0:
        eol = document.source.newline_at(parent.start)
        spaced = isinstance(parent, Sequence) and _blank_above(document, parent, 1, comments=True)
        return parent.start, parent.start, eol.join([lines[0], *following, *([""] if spaced else []), margin])
    text = document.source.text
    previous = parent.items[index - 1] if isinstance(parent, Sequence) else parent.entries[index - 1].value
    at = layout.after_deeper_comments(document, layout.content_end_line(document, previous.end), column)
    if text_last:
        at = layout.after_long_blanks(text, at, column)
    eol = document.source.newline_at(at)
    spaced = isinstance(parent, Sequence) and (
        _blank_above(document, parent, index - 1, comments=True)
        if index == len(parent.items)
        else _BLANK_LINE.match(text, layout.next_line(text, at)) is not None
    )
    above = layout.last_text(previous)
    if above is not None and layout.keeps_blanks(document, above):
        spaced = False
    return at, at, eol.join(["", *([""] if spaced else []), margin + lines[0], *following])


def _blank_above(document: Document, sequence: Sequence, index: int, *, comments: bool = False) -> bool:
    """Whether the line above an item (not the first) is blank: the list is written with blank lines.

    With ``comments`` the line above the comments that stand over the item counts.
    """
    if not 0 < index < len(sequence.items):
        return False
    text = document.source.text
    start = layout.line_start(text, layout.dash(document, sequence, index))
    column = layout.column(text, layout.dash(document, sequence, index))
    while comments and (comment := _COMMENT_LINE.match(text, layout.line_start(text, start - 1))):
        if len(comment[1]) > column:
            break  # it belongs to the item before
        scalar = layout.last_text(sequence.items[index - 1])
        if scalar is not None and layout.keeps_blanks(document, scalar):
            return False  # a blank line above the comment is part of that text
        start = comment.start()
    return _BLANK_LINE.fullmatch(text, layout.line_start(text, start - 1), start) is not None


def remove_entry(document: Document, mapping: Mapping, index: int) -> Splice:
    """The range that goes with an entry, and what stays of it."""
    start = layout.entry_start(document, mapping, index)
    entry = mapping.entries[index]
    end = layout.content_end_line(document, max(entry.value.end, entry.key.end))
    if layout.own_line(document.source.text, start):
        above = mapping.entries[index - 1].value if index else None
        return (*_whole_lines(document, above, start, _with_deeper(document, above, start, end)), "")
    # The first entry behind a dash: the next one takes its place on that line.
    following = layout.entry_start(document, mapping, index + 1)
    if "#" in document.source.text[end:following]:
        return _trim_before(document, start), end, ""
    return start, following, ""


def remove_item(document: Document, sequence: Sequence, index: int) -> Splice:
    """The range that goes with an item, with a blank line that would stay behind doubled."""
    text = document.source.text
    start = layout.dash(document, sequence, index)
    end = layout.content_end_line(document, max(sequence.items[index].end, start + 1))
    if not layout.own_line(text, start):
        following = layout.dash(document, sequence, index + 1)
        if "#" in text[end:following]:
            return _trim_before(document, start), end, ""
        return start, following, ""
    before = sequence.items[index - 1] if index else None
    end = _with_deeper(document, before, start, end)
    below = _BLANK_LINE.match(text, layout.next_line(text, end))
    if before is None:
        return (*_whole_lines(document, None, start, below.end() - 1 if below else end), "")
    last = index == len(sequence.items) - 1
    text_above = layout.last_text(before)
    keeps = text_above is not None and layout.keeps_blanks(document, text_above)
    if _blank_above(document, sequence, index) and (below or last) and not keeps:
        start = layout.line_start(text, layout.line_start(text, start) - 1)
    return (*_whole_lines(document, before, start, end), "")


def _with_deeper(document: Document, above: Node | None, start: int, end: int) -> int:
    """The end of the removed lines, with the comments below that stand deeper, as commented-out children do.

    They, and blank lines that are long or follow a ``|+``, would else become part of a block
    scalar above.
    """
    text = document.source.text
    end = layout.after_deeper_comments(document, end, layout.column(text, start))
    scalar = None if above is None else layout.last_text(above)
    if scalar is None or text[scalar.end : start].strip(" \t\r\n"):
        return end
    if layout.keeps_blanks(document, scalar):
        return layout.after_blanks(text, end)
    indent = block_indent(text, scalar.start, scalar.end, scalar.style, scalar.value)
    return layout.after_long_blanks(text, end, indent or 0)


def _whole_lines(document: Document, above: Node | None, start: int, end: int) -> tuple[int, int]:
    """The lines from ``start`` to ``end`` with one line break: theirs, or at the file's end the one before.

    At the file's end blank lines above go too, so that the file still ends without a line
    break. Behind a ``|+`` they belong to its value.
    """
    text = document.source.text
    scalar = None if above is None else layout.last_text(above)
    if end < len(text) or (scalar is not None and layout.keeps_blanks(document, scalar)):
        return layout.line_start(text, start), layout.next_line(text, end)
    while start > 0 and not text[layout.line_start(text, start) : start].strip(" \t"):
        start = layout.line_break_before(text, start)
    return start, end


def _trim_before(document: Document, start: int) -> int:
    """The offset behind the dash, without the blanks before what is removed; comments below stay below it."""
    text = document.source.text
    while start > 0 and text[start - 1] in " \t":
        start -= 1
    return start
