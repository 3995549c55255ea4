"""Where the pieces of a YAML text end that libyaml's marks do not tell exactly."""

from __future__ import annotations

from bisect import bisect_right

from covpath.patterns import regex
from covpath.yamltext.nodes import Mapping, Sequence

_BLANK_LINES = regex(r"(?:[ ]*\r?\n)*([ ]*)")
_TIGHT_COMMENT = regex(r"[\[{,]#")
_LINE_BEGIN = regex(r"\n( *)([^ \r\n])")


def line_too_far_left(text: str, start: int, end: int, holder: int, *, in_brackets: bool) -> int | None:
    """The first character of a line inside a node that is not to the right of the key or dash at ``holder``.

    Comments between brackets may stand anywhere, and the last bracket right below the key:
    so GitHub's reader has it (``yaml`` on npm). None where all lines are as they should be.
    """
    line_start = text.rfind("\n", 0, holder) + 1
    explicit = text[line_start:holder].rstrip().endswith("?")
    column = len(text[line_start:holder].rstrip()) - 1 if explicit else holder - line_start
    for line in _LINE_BEGIN.finditer(text, start, end):
        if len(line[1]) > column or (in_brackets and line[2] == "#"):
            continue
        if not (in_brackets and line[2] in "]}" and len(line[1]) == column and line.end() == end):
            return line.end() - 1
    return None


def tight_comment(text: str, node: Sequence | Mapping) -> int | None:
    """Where a ``#`` follows a node's opening bracket, or a comma of its own, without a blank; None where none does."""
    if text.find("#", node.start, node.end) < 0:
        return None
    found = [match.end() - 1 for match in _TIGHT_COMMENT.finditer(text, node.start, node.end)]
    if not found:
        return None
    children = node.items if isinstance(node, Sequence) else [x for e in node.entries for x in (e.key, e.value)]
    starts = [child.start for child in children]
    for offset in found:
        inside = bisect_right(starts, offset) - 1
        if inside < 0 or offset >= children[inside].end:
            return offset
    return None


def block_end(text: str, start: int, end: int, value: str) -> int:
    """Where the last content line of a block scalar ends, before its line break.

    libyaml's mark (``end``) stands at the start of the next token, behind blank lines and the
    indentation of a line that is not ours. With ``+`` (keep) blank lines are content; without
    it only those that are longer than the indentation.
    """
    header_end = text.find("\n", start, end)
    solid = start + len(text[start:end].rstrip(" \r\n"))
    last = text.find("\n", max(solid, header_end), end)
    tail_start = last + 1
    if solid > header_end >= 0:
        if last < 0:
            return end
        if end < len(text) and text.find("\n", tail_start, end) < 0:  # nearly always: the next token's line follows
            return last - 1 if text[last - 1] == "\r" else last
    header = text[start : header_end if header_end >= 0 else end].split("#", 1)[0].rstrip()
    if header_end < 0:
        return start + len(header)
    tail = text[tail_start:end]
    keep = "+" in header
    if tail and (keep or " " in tail):
        lines = tail.split("\n")
        if end < len(text) or not lines[-1]:
            lines.pop()  # the indentation of the next token, or nothing at all
        indent = content_indent(text, header_end + 1, solid, value)
        while lines and not keep and len(lines[-1].rstrip("\r")) <= indent:
            lines.pop()
        if lines:
            last = tail_start + sum(len(line) + 1 for line in lines) - 1
        elif solid <= header_end:
            return start + len(header)
    elif solid <= header_end:
        return start + len(header)
    return last - 1 if text[last - 1 : last] == "\r" else last


def content_indent(text: str, body: int, solid: int, value: str) -> int:
    """The columns by which a block scalar's content is indented, by what its first line has before its value.

    ``body`` is where its lines begin, ``solid`` the end of the last that is not blank.
    """
    if solid <= body:
        return len(text)  # no content: nothing is indented as much
    first = _BLANK_LINES.match(text, body, solid)
    written = len(first[1]) if first else 0
    shown = value.lstrip("\n")
    return written - (len(shown) - len(shown.lstrip(" ")))
