"""The first entry of an empty list of exceptions, and the last one's end: edits that YAML gives a shape of its own."""

from __future__ import annotations

from covpath.ledger.draft import Fields
from covpath.yamltext import layout
from covpath.yamltext.comments import comments_between
from covpath.yamltext.edit import Change, ChangeKind, Edit
from covpath.yamltext.nodes import Entry, Mapping, Sequence
from covpath.yamltext.operations import set_value
from covpath.yamltext.reading import Document
from covpath.yamltext.rendering import render_item
from covpath.yamltext.sites import refuse_lost_anchors


def add_first(document: Document, key: str, fields: Fields) -> Edit | None:
    """Turn the empty list (or nothing) under a top-level key into a block list of one entry."""
    entry, colon = _under(document, key)
    if entry is None or colon is None:
        return set_value(document, (key,), [fields])
    text = document.source.text
    start, value = colon + 1, entry.value
    refuse_lost_anchors(document, start, value.end)
    end = layout.content_end_line(document, value.end)
    style = layout.Indents()
    eol = document.source.newline_at(start)
    lines = (" " * style.dash + line if line else line for line in render_item(fields, style))
    new = eol.join([text[value.end : end], *lines])
    return Edit(start, end, new, f"begin {key}", (Change((key,), ChangeKind.SET, [fields]),))


def remove_only(document: Document, key: str) -> Edit | None:
    """Take the only entry out of the block list under a top-level key and leave an empty list.

    Comments above the entry stay; those inside it go and are declared.
    """
    entry, colon = _under(document, key)
    if entry is None or colon is None or not isinstance(entry.value, Sequence) or entry.value.flow:
        return set_value(document, (key,), [])
    text = document.source.text
    start = colon + 1
    dash = layout.dash(document, entry.value, 0)
    end = layout.content_end_line(document, entry.value.end)
    end = layout.after_deeper_comments(document, end, layout.column(text, dash))
    refuse_lost_anchors(document, start, end)
    new = " []" + text[start : layout.line_break_before(text, dash)]
    gone = comments_between(document, dash, end)
    return Edit(start, end, new, f"empty {key}", (Change((key,), ChangeKind.SET, []),), gone)


def _under(document: Document, key: str) -> tuple[Entry | None, int | None]:
    """The top-level entry of a key in a block mapping, and its colon."""
    root = document.root
    if not isinstance(root, Mapping) or root.flow:
        return None, None
    entry = root.find(key)
    return entry, None if entry is None else layout.colon(document, entry)
