"""Entries and items between ``{}`` and ``[]``: commas, one a line or several, comments."""

from __future__ import annotations

import re
from typing import TypeAlias

from covpath.errors import Refusal
from covpath.yamltext import layout
from covpath.yamltext.nodes import Mapping, Plain, Scalar, Sequence
from covpath.yamltext.reading import Document
from covpath.yamltext.rendering import render_flow, render_scalar, shared_quote

Splice: TypeAlias = tuple[int, int, str]
"""A range and what stands there instead."""

_LINE_TAIL = re.compile(r"[ \t]*(,?)[ \t]*(?:#[^\r\n]*)?(?=\r?\n)")


def add_entry(document: Document, mapping: Mapping, index: int, key: str, value: Plain) -> Splice:
    """The splice that adds an entry as number ``index``."""
    quote = shared_quote([entry.key for entry in mapping.entries])
    tight = _tight(document, mapping)
    name = render_scalar(key, like=quote, flow=True)
    shown = render_flow(value, like=quote if quote == '"' else "", tight=tight)
    return _add(document, mapping, index, f"{name}{':' if tight else ': '}{shown}", tight=tight)


def add_item(document: Document, sequence: Sequence, index: int, value: Plain) -> Splice:
    """The splice that adds an item as number ``index``."""
    beside = next((item for item in sequence.items if isinstance(item, Mapping)), None)
    tight = beside is not None and _tight(document, beside)
    quote = '"' if tight else shared_quote([item for item in sequence.items if isinstance(item, Scalar)])
    return _add(document, sequence, index, render_flow(value, like=quote, tight=tight), tight=tight)


def remove_entry(document: Document, mapping: Mapping, index: int) -> Splice:
    """The splice that removes an entry and its comma."""
    return _remove(document, mapping, index)


def remove_item(document: Document, sequence: Sequence, index: int) -> Splice:
    """The splice that removes an item and its comma."""
    return _remove(document, sequence, index)


def _add(document: Document, node: Mapping | Sequence, index: int, shown: str, *, tight: bool) -> Splice:
    text = document.source.text
    children = _children(document, node)
    if not children:
        padding = " " if text[node.start + 1 : node.start + 2] in (" ", "\t") else ""
        return node.start + 1, node.start + 1, padding + shown
    comma = "," if tight else _comma(text, children)
    eol = document.source.newline_at(node.start)
    if index < len(children):
        start = children[index][0]
        alone = layout.own_line(text, start)
        between = f",{eol}{_margin(text, start)}" if alone else comma
        return start, start, shown + between
    start, end = children[-1]
    tail = _LINE_TAIL.match(text, end)
    if tail is None or not layout.own_line(text, start):
        return end, end, comma + shown
    margin = _margin(text, start)
    if tail[1]:
        return tail.end(), tail.end(), f"{eol}{margin}{shown},"
    return end, tail.end(), f",{tail[0]}{eol}{margin}{shown}"


def _remove(document: Document, node: Mapping | Sequence, index: int) -> Splice:
    text = document.source.text
    children = _children(document, node)
    start, end = children[index]
    last = index == len(children) - 1
    tail = _LINE_TAIL.match(text, end)
    alone = tail is not None and layout.own_line(text, start)
    if tail is not None and alone and (not last or tail[1]):
        return layout.line_start(text, start), layout.next_line(text, tail.end()), ""
    if not last:
        following = children[index + 1][0]
        if "#" not in text[end:following]:
            return start, following, ""
        comma = layout.skip_trivia(text, end)
        return start, comma + 1, ""
    comma = layout.skip_trivia(text, children[index - 1][1])
    if tail is not None and alone:
        return comma, tail.end(), text[comma + 1 : layout.line_break_before(text, start)]
    kept = text[comma + 1 : start] if "#" in text[comma:start] else ""
    return comma, end, kept


def _children(document: Document, node: Mapping | Sequence) -> list[tuple[int, int]]:
    """The spans of a flow collection's entries or items."""
    text = document.source.text
    if text[node.start : node.start + 1] not in ("{", "["):
        raise Refusal(
            "is a mapping written without braces inside a list.",
            place=document.source.place(node.start),
            hint="Put it in braces first.",
        )
    if isinstance(node, Sequence):
        return [(item.outer_start, item.end) for item in node.items]
    spans = []
    for index, entry in enumerate(node.entries):
        end = entry.key.end if layout.colon(document, entry) is None else entry.value.end
        spans.append((layout.entry_start(document, node, index), end))
    return spans


def _comma(text: str, children: list[tuple[int, int]]) -> str:
    """``,`` or ``, ``, as between the last two children."""
    if len(children) < 2:
        return ", "
    return "," if text[children[-2][1] : children[-1][0]] == "," else ", "


def _margin(text: str, offset: int) -> str:
    return text[layout.line_start(text, offset) : offset]


def _tight(document: Document, mapping: Mapping) -> bool:
    """Whether a mapping is written as JSON without blanks: ``{"key":value}``."""
    text = document.source.text
    return bool(mapping.entries) and all(
        entry.key.style == '"' and text[entry.key.end : entry.value.outer_start] == ":" for entry in mapping.entries
    )
