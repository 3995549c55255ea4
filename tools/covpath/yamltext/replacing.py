"""What stands in place of a value when it becomes another one, in the old one's style."""

from __future__ import annotations

import re

from msgspec.structs import replace as with_fields

from covpath.errors import Refusal
from covpath.yamltext import layout
from covpath.yamltext.characters import block_indent
from covpath.yamltext.nodes import Alias, Mapping, Plain, Scalar, Sequence, same, to_plain
from covpath.yamltext.reading import Document
from covpath.yamltext.rendering import ends_in_text, literal, render_entry, render_flow, render_item, render_scalar
from covpath.yamltext.sites import Site, refuse_lost_anchors, show
from covpath.yamltext.source import Source

_BLANKS_BEFORE_END = re.compile(r"[ \t]*(?=\r?\n|\Z)")
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
    # The comment on the key's line stays; one behind the last leaf goes with its line.
    start, kept, _ = _below_key(document, site)
    return start, layout.content_end_line(document, node.end), f" {shown}{kept}"


def _tagged(document: Document, site: Site) -> Refusal:
    return Refusal(
        f"{show(site.route)} has a YAML tag.",
        place=document.source.place(site.node.outer_start),
        hint="Remove the tag, which GitHub does not need.",
    )


def _into_empty(document: Document, site: Site, shown: str) -> tuple[int, int, str]:
    """A value where there is none yet, behind the colon or dash."""
    text, node = document.source.text, site.node
    if isinstance(site.parent, Mapping):
        entry = site.parent.entries[site.index]
        mark = layout.colon(document, entry)
        if mark is None:
            return entry.key.end, entry.key.end, f": {shown}"
        if site.in_flow and not text[mark + 1 : node.start].strip(" \t"):
            return mark + 1, node.start, f" {shown}"
    rest = _BLANKS_BEFORE_END.match(text, node.start)
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
    """A string of several lines as a block scalar where it can be one."""
    source, node = document.source, site.node
    holder = layout.column(source.text, site.parent.start) if site.parent is not None else 0
    indent = holder + layout.indents(document, node.start).mapping
    block = isinstance(node, Scalar) and node.style in ("|", ">")
    if isinstance(node, Scalar) and block:
        indent = block_indent(source.text, node.start, node.end, node.style, node.value) or indent
    lines = literal(value, indent)
    if lines is None or not (block or _free_below(document, node.end, holder)):
        return _inline(document, site, render_scalar(value, like=_quote(node)))
    start, end, new = _inline(document, site, "\0")
    if not block:
        new += layout.same_line_comment(source.text, end)
        end = layout.content_end_line(document, end)
    new = new.replace("\0", lines[0])
    return start, end, source.newline_at(node.start).join([new, *lines[1:]])


def _free_below(document: Document, end: int, column: int) -> bool:
    """Whether nothing below a line would become part of a block scalar that ends there."""
    text = document.source.text
    last = layout.content_end_line(document, end)
    return layout.after_long_blanks(text, layout.after_deeper_comments(document, last, column), column) == last


def _collection(document: Document, site: Site, value: list[Plain] | dict[str, Plain]) -> tuple[int, int, str]:
    """A list or mapping: on the old one's line where it has one, else below the key."""
    source, node = document.source, site.node
    flat = not value or (isinstance(value, list) and not any(isinstance(item, list | dict) for item in value))
    is_block = isinstance(node, Mapping | Sequence) and not node.flow
    alike = type(node) is (Mapping if isinstance(value, dict) else Sequence)
    if (flat and not (is_block and alike and value)) or (isinstance(node, Mapping | Sequence) and not is_block):
        return _inline(document, site, render_flow(value))
    if not isinstance(site.parent, Mapping) and not alike:
        raise Refusal(
            f"{show(site.route)} cannot become a collection where it stands.",
            place=source.place(node.start),
            hint="Change it by hand.",
        )
    if ends_in_text(value) and not _free_below(document, node.end, layout.column(source.text, node.start)):
        raise Refusal(
            f"{show(site.route)} has a comment or blanks below it that a script put there would swallow.",
            place=source.place(node.end),
            hint="Move them, then try again.",
        )
    if isinstance(node, Mapping | Sequence) and alike and value:
        return _children(document, node, value)
    start, kept, column = _below_key(document, site)
    end = layout.content_end_line(document, node.end)
    comment = kept or ("" if is_block else layout.same_line_comment(source.text, node.end))
    style = layout.indents(document, node.start)
    lines = [" " * column + line if line else line for line in render_entry("x", value, style)[1:]]
    # Commented-out children stay above the first real one.
    below = end if is_block else layout.after_deeper_comments(document, end, column)
    return start, below, source.newline_at(node.start).join([comment + source.text[end:below], *lines])


def _children(
    document: Document, node: Mapping | Sequence, value: list[Plain] | dict[str, Plain]
) -> tuple[int, int, str]:
    """A block collection: the children that stay, at its head and its tail, are left as they are."""
    source, style = document.source, layout.indents(document, node.start)
    old: list[tuple[str | None, Plain]]
    if isinstance(node, Sequence):
        old = [(None, to_plain(item)) for item in node.items]
        starts = [layout.dash(document, node, i) for i in range(len(old))]
        ends = [item.end for item in node.items]
        if width := layout.dash_width(source.text, node.start, node.items[0]):
            style = with_fields(style, width=width)
    else:
        old = [(entry.key.value, to_plain(entry.value)) for entry in node.entries]
        starts = [layout.entry_start(document, node, i) for i in range(len(old))]
        ends = [max(entry.value.end, entry.key.end) for entry in node.entries]
    new: list[tuple[str | None, Plain]] = (
        [*value.items()] if isinstance(value, dict) else [(None, item) for item in value]
    )
    head, tail = _kept(old, new)
    lines: list[str] = []
    for key, item in new[head : len(new) - tail]:
        lines += render_item(item, style) if key is None else render_entry(key, item, style)
    first, after = head, len(old) - tail
    if first < after and lines:
        return (
            starts[first],
            _line_or_end(document, ends[after - 1], new[-1 - tail][1]),
            _joined(source, lines, node.start),
        )
    if head == 0:  # only new ones before, or only fewer at the head
        margin = source.newline_at(node.start) + " " * layout.column(source.text, node.start)
        return node.start, starts[after], _joined(source, lines, node.start) + margin if lines else ""
    start, end = (layout.content_end_line(document, ends[i - 1]) for i in (first, after))
    return start, end, _joined(source, ["", *lines], node.start) if lines else ""


def _kept(old: list[tuple[str | None, Plain]], new: list[tuple[str | None, Plain]]) -> tuple[int, int]:
    """How many children stay at the head and at the tail."""

    def alike(one: tuple[str | None, Plain], other: tuple[str | None, Plain]) -> bool:
        return one[0] == other[0] and same(one[1], other[1])

    shortest = min(len(old), len(new))
    head = next((i for i in range(shortest) if not alike(old[i], new[i])), shortest)
    tail = next((i for i in range(shortest - head) if not alike(old[-1 - i], new[-1 - i])), shortest - head)
    return head, tail


def _line_or_end(document: Document, end: int, value: Plain) -> int:
    """The end of what is replaced: with the comment on its line where a script would swallow it."""
    return layout.content_end_line(document, end) if ends_in_text(value) else end


def _joined(source: Source, lines: list[str], start: int) -> str:
    """Lines below one another at the column of ``start``, where the first one goes."""
    margin = " " * layout.column(source.text, start)
    return source.newline_at(start).join([lines[0], *(margin + line if line else line for line in lines[1:])])
