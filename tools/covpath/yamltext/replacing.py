"""What stands in place of a value when it becomes another one, in the old one's style."""

from __future__ import annotations

import re
from dataclasses import replace as with_fields

from covpath.errors import Refusal
from covpath.yamltext import layout
from covpath.yamltext.nodes import Alias, Mapping, Plain, Scalar, Sequence
from covpath.yamltext.reading import Document
from covpath.yamltext.rendering import literal, render_entry, render_flow, render_item, render_scalar
from covpath.yamltext.sites import Site, refuse_lost_anchors, show

_HEADER_COMMENT = re.compile(r"[|>][^\r\n#]*?([ \t]+#[^\r\n]*)")


def replace(document: Document, site: Site, value: Plain) -> tuple[int, int, str]:
    """The range to replace and its new text.

    Raises Refusal where the value cannot stand there in a way that leaves the rest alone.
    """
    node = site.node
    if not isinstance(node, Alias):
        refuse_lost_anchors(document, node.start, node.end)
    if site.in_flow:
        return _inline(document, site, render_flow(value, like=_quote(node)))
    if isinstance(value, str) and "\n" in value:
        return _text(document, site, value)
    if isinstance(value, list | dict):
        return _collection(document, site, value)
    return _inline(document, site, render_scalar(value, like=_quote(node)))


def _quote(node: object) -> str:
    return node.style if isinstance(node, Scalar) and node.style in ("'", '"') else ""


def _inline(document: Document, site: Site, shown: str) -> tuple[int, int, str]:
    """A value that needs one line and goes where the old one stands."""
    text, node = document.source.text, site.node
    if isinstance(node, Alias):
        return node.start, node.end, shown
    if isinstance(node, Scalar):
        if node.tag is not None:
            if node.anchor is not None:
                raise _tagged(document, site)
            return node.outer_start, max(node.end, node.start), shown
        if node.start == node.end and not node.style:
            return _into_empty(document, site, shown)
        if node.style in ("|", ">"):
            comment = _HEADER_COMMENT.match(text, node.start)
            header_end = text.find("\n", node.start)
            kept = comment[1] if comment and comment.end() <= header_end else ""
            return node.start, max(node.end, comment.end() if kept and comment else 0), shown + kept
        return node.start, node.end, shown
    if node.tag is not None:
        raise _tagged(document, site)
    if node.flow or isinstance(site.parent, Sequence) or site.parent is None:
        return node.start, node.end, shown
    start, kept, _ = _below_key(document, site)
    return start, node.end, f" {shown}{kept}"


def _tagged(document: Document, site: Site) -> Refusal:
    return Refusal(
        f"{show(site.route)} has a YAML tag.",
        place=document.source.place(site.node.outer_start),
        hint="Remove the tag, which GitHub does not need.",
    )


def _into_empty(document: Document, site: Site, shown: str) -> tuple[int, int, str]:
    """A value where there is none yet, behind the colon or dash."""
    text, node = document.source.text, site.node
    parent = site.parent
    if isinstance(parent, Mapping) and layout.colon(document, parent.entries[site.index]) is None:
        at = parent.entries[site.index].key.end
        return at, at, f": {shown}"
    rest = re.compile(r"[ \t]*(?=\r?\n|\Z)").match(text, node.start)
    return node.start, rest.end() if rest else node.start, f" {shown}"


def _below_key(document: Document, site: Site) -> tuple[int, str, int]:
    """For a value under its key: the offset after the colon, the comment on that line, the key's column."""
    assert isinstance(site.parent, Mapping)
    text = document.source.text
    entry = site.parent.entries[site.index]
    mark = layout.colon(document, entry)
    assert mark is not None
    column = layout.column(text, layout.entry_start(document, site.parent, site.index))
    properties_end = entry.value.start if "\n" not in text[mark + 1 : entry.value.start] else mark + 1
    return mark + 1, layout.same_line_comment(text, properties_end), column


def _text(document: Document, site: Site, value: str) -> tuple[int, int, str]:
    """A string as a block scalar where it can be one."""
    source, node = document.source, site.node
    holder = layout.column(source.text, site.parent.start) if site.parent is not None else 0
    indent = holder + layout.indents(document, node.start).mapping
    block = isinstance(node, Scalar) and node.style in ("|", ">")
    if block:
        indent = _content_column(document, node.start, node.end) or indent
    lines = literal(value, indent)
    last = layout.content_end_line(document, node.end)
    if lines is None or layout.after_deeper_comments(document, last, holder) > last:
        return _inline(document, site, render_scalar(value, like=_quote(node)))
    eol = source.newline_at(node.start)
    start, end, new = _inline(document, site, "\0")
    comment = layout.same_line_comment(source.text, end) if not block else ""
    new = new.replace("\0", lines[0]) + comment
    return start, end + len(comment), eol.join([new, *lines[1:]])


def _content_column(document: Document, start: int, end: int) -> int:
    text = document.source.text
    for line in text[start:end].split("\n")[1:]:
        if line.strip():
            return len(line) - len(line.lstrip(" "))
    return 0


def _collection(document: Document, site: Site, value: Plain) -> tuple[int, int, str]:
    source, node = document.source, site.node
    text = source.text
    style = layout.indents(document, node.start)
    one_line = not value or (isinstance(value, list) and not any(isinstance(item, list | dict) for item in value))
    is_block = isinstance(node, Mapping | Sequence) and not node.flow
    if one_line and not is_block:
        return _inline(document, site, render_flow(value))
    if isinstance(node, Mapping | Sequence) and node.flow:
        return _inline(document, site, render_flow(value))
    eol = source.newline_at(node.start)
    if isinstance(node, Sequence) and isinstance(value, list) and value and is_block:
        column = layout.column(text, node.start)
        mark, first = node.start, node.items[0]
        if "\n" not in text[mark : first.outer_start]:
            style = with_fields(style, width=max(first.outer_start - mark, 2))
        lines = [line for item in value for line in render_item(item, style)]
        return node.start, node.end, _joined(lines, column, eol)
    if isinstance(node, Mapping) and isinstance(value, dict) and value and is_block:
        lines = [line for key, item in value.items() for line in render_entry(key, item, style)]
        return node.start, node.end, _joined(lines, layout.column(text, node.start), eol)
    if not isinstance(site.parent, Mapping):
        raise Refusal(
            f"{show(site.route)} cannot become a collection where it stands.",
            place=source.place(node.start),
            hint="Change it by hand.",
        )
    start, kept, column = _below_key(document, site)
    if one_line:
        return start, node.end, f" {render_flow(value)}{kept}"
    lines = render_entry("x", value, style)[1:]
    end = layout.content_end_line(document, node.end)
    comment = kept or (layout.same_line_comment(text, node.end) if not is_block else "")
    return start, end, eol.join([comment, *(" " * column + line if line else line for line in lines)])


def _joined(lines: list[str], column: int, eol: str) -> str:
    return eol.join([lines[0], *(" " * column + line if line else line for line in lines[1:])])
