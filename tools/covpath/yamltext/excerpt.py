"""Parts of a file as lines for another file: their text stays, only the indentation becomes another.

Aliases are written out first (``written_out``), anchors are left behind: neither means anything
in another file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from covpath.yamltext import layout
from covpath.yamltext.nodes import Alias, Mapping, Node, Plain, Scalar, Sequence, deref, to_plain, walk
from covpath.yamltext.reading import Document, read
from covpath.yamltext.rendering import render_entry, render_item
from covpath.yamltext.replacing import replace
from covpath.yamltext.sites import Site, locate

_ANCHOR = re.compile(r"&[^\s,\[\]{}]+[ \t]*")


def written_out(document: Document) -> Document:
    """The document with what each alias stands for in its place; the data are the same."""
    if document.root is None or not document.aliases:
        return document
    splices = [
        _instead(document, locate(document, route, shared=True))
        for route, node in walk(document.root)
        if isinstance(node, Alias)
    ]
    text = document.source.text
    for start, end, new in sorted(splices, reverse=True):
        text = text[:start] + new + text[end:]
    return read(document.source.with_text(text))


def _instead(document: Document, site: Site) -> tuple[int, int, str]:
    """The range of an alias and what it stands for, written in its place; comments come along."""
    node, text = site.node, document.source.text
    target = deref(node)
    if site.in_flow or isinstance(target, Scalar) or target.flow:
        return replace(document, site, to_plain(node))
    style = layout.indents(document, node.start)
    start, column = node.start, layout.column(text, node.start)
    if isinstance(site.parent, Mapping):  # on lines of its own, below the key
        start = layout.line_start(text, start) + len(text[layout.line_start(text, start) : start].rstrip(" "))
        column = layout.column(text, site.parent.start)
        column += style.mapping if isinstance(target, Mapping) else style.dash
    below = "" if start == node.start else "\n"
    lines = _block(document, target) or _rendered(to_plain(target), style)
    shown = [" " * column + line if line else line for line in lines]
    return start, node.end, below + "\n".join(shown)[0 if below else column :]


def _block(document: Document, target: Mapping | Sequence) -> list[str]:
    """The lines of a block collection as they are written, from its own column on; empty where it has aliases."""
    if any(isinstance(inner, Alias) for _, inner in walk(target)):
        return []
    lines = _lines(document, target.start, target.end, (target,), in_flow=False)
    return _indented(lines, layout.column(document.source.text, target.start), 0)


def _rendered(value: Plain, style: layout.Indents) -> list[str]:
    """The lines of a collection made from its data."""
    if isinstance(value, list):
        return [line for item in value for line in render_item(item, style)]
    assert isinstance(value, dict)
    return [line for key, item in value.items() for line in render_entry(key, item, style)]


def entry_lines(document: Document, mapping: Mapping, key: str, column: int) -> list[str]:
    """The lines of ``key: value`` with the key at ``column``; empty where the mapping has no such key."""
    index = next((at for at, entry in enumerate(mapping.entries) if entry.key.value == key), None)
    if index is None:
        return []
    entry = mapping.entries[index]
    if mapping.flow:  # `{"a":1}` needs no blank behind the colon, a block does
        lines = _lines(document, entry.value.outer_start, entry.value.end, (entry.value,), in_flow=True)
        name = document.source.text[entry.key.start : entry.key.end]
        lines[0] = f"{name}: {lines[0]}".rstrip()
        return _indented(lines, _margin(document, entry.key.start), column)
    start = layout.entry_start(document, mapping, index)
    lines = _lines(document, start, max(entry.key.end, entry.value.end), (entry.key, entry.value), in_flow=False)
    return _indented(lines, layout.column(document.source.text, start), column)


def item_lines(document: Document, sequence: Sequence, index: int, column: int) -> list[str]:
    """The lines of an item with its dash at ``column``, the comments above it first."""
    item = sequence.items[index]
    if sequence.flow:
        lines = _lines(document, item.outer_start, item.end, (item,), in_flow=True)
        return _indented([f"- {lines[0]}", *lines[1:]], _margin(document, item.start), column)
    start = layout.dash(document, sequence, index)
    lines = _lines(document, start, max(item.end, start + 1), (item,), in_flow=False)
    above = [" " * column + line if line else "" for line in _comments_above(document, sequence, index)]
    return [*above, *_indented(lines, layout.column(document.source.text, start), column)]


def _lines(document: Document, start: int, end: int, nodes: tuple[Node, ...], *, in_flow: bool) -> list[str]:
    """The text from ``start`` to ``end``, and a comment behind it on its line, without anchors."""
    source = document.source.text
    text = source[start:end]
    for at, length in sorted({one for one in _anchors(document, nodes) if one[0] >= start}, reverse=True):
        text = text[: at - start] + text[at - start + length :]
    comment = "" if in_flow else layout.same_line_comment(source, end)
    return [line.rstrip("\r") for line in (text + comment).split("\n")]


def _anchors(document: Document, nodes: tuple[Node, ...]) -> Iterator[tuple[int, int]]:
    """Where anchors stand below ``nodes``, and how long each is with the blanks behind it.

    Where the first key stands right below the anchor, it takes its place: ``- &a`` and the key's line
    become one.
    """
    text = document.source.text
    for top in nodes:
        for _, node in walk(top):
            keys = [entry.key for entry in node.entries] if isinstance(node, Mapping) else []
            for one in (node, *keys):
                if isinstance(one, Alias) or one.anchor is None:
                    continue
                found = _ANCHOR.search(text, one.outer_start)
                if found is None:
                    continue
                below = one.start > found.end() and not text[found.end() : one.start].strip()
                same_column = layout.column(text, one.start) == layout.column(text, found.start())
                yield found.start(), (one.start if below and same_column else found.end()) - found.start()


def _margin(document: Document, start: int) -> int:
    """The column at which the line of an offset begins: flow text is measured from there."""
    text = document.source.text
    line = text[layout.line_start(text, start) :]
    return len(line) - len(line.lstrip(" "))


def _indented(lines: list[str], old: int, new: int) -> list[str]:
    """``lines``, of which all but the first stand ``old`` columns from the left, at ``new`` columns."""
    shown = [" " * new + lines[0]]
    for line in lines[1:]:
        if new >= old:
            shown.append(" " * (new - old) + line if line else line)
        else:
            blanks = len(line) - len(line.lstrip(" "))
            shown.append(line[min(blanks, old - new) :])
    return shown


def _comments_above(document: Document, sequence: Sequence, index: int) -> list[str]:
    """The comment lines and the blank line right before an item, without their indentation."""
    text = document.source.text
    here = layout.line_start(text, layout.dash(document, sequence, index))
    floor = 0
    if index:
        floor = layout.content_end_line(document, sequence.items[index - 1].end)
    found: list[str] = []
    while here > floor:
        above = layout.line_start(text, here - 1)
        line = text[above:here].strip()
        if above < floor or (line and not line.startswith("#")):
            break
        found.insert(0, line)
        here = above
    first = next((at for at, line in enumerate(found) if line), len(found))
    return found[max(0, first - 1) :] if index else found[first:]
