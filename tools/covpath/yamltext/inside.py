"""Changing part of a scalar, such as a word of a script, and leaving the rest of its text alone."""

from __future__ import annotations

from covpath.errors import Refusal
from covpath.yamltext.characters import block_indent, offsets, table
from covpath.yamltext.edit import Change, ChangeKind, Edit
from covpath.yamltext.nodes import Route, Scalar, deref
from covpath.yamltext.operations import set_value
from covpath.yamltext.reading import Document
from covpath.yamltext.rendering import escaped, literal, plain_safe
from covpath.yamltext.sites import Site, locate, show
from covpath.yamltext.source import Source


def replace_in_scalar(
    document: Document, route: Route, start: int, end: int, new: str, *, shared: bool = False, why: str = ""
) -> Edit | None:
    """Replace the characters ``start`` to ``end`` of a scalar's value; None where that changes nothing.

    New lines get the indentation of a block scalar. Where the style of the scalar cannot hold
    the new value it is written anew if it stands on one line or as a literal, else refused.
    """
    site = locate(document, route, shared=shared, enter=True)
    scalar = deref(site.node)
    if not isinstance(scalar, Scalar) or not 0 <= start <= end <= len(scalar.value):
        raise Refusal(
            f"{show(route)} has no characters {start} to {end}.",
            place=document.source.place(site.node.start),
            hint="Look at the file as it is now.",
        )
    old = scalar.value
    value = old[:start] + new + old[end:]
    if value == old:
        return None
    start, end, new = _narrowed(old, start, end, new)
    why = why or f"change {show(route)}"
    splice = _spliced(document, site, scalar, value, (start, end, new))
    if splice is None:
        anew = scalar.style == "|" and ("\n" not in value or literal(value, 1) is not None)
        if "\n" in document.source.text[scalar.start : scalar.end] and not anew:
            raise Refusal(
                f"{show(route)} is written over several lines in a style that cannot hold the change.",
                place=document.source.place(scalar.start),
                hint="Change it by hand, or write it as a block scalar (|) first.",
            )
        return set_value(document, route, value, shared=shared, why=why)
    changes = tuple(Change(each, ChangeKind.SET, value) for each in site.routes)
    return Edit(*splice, why, changes)


def _narrowed(old: str, start: int, end: int, new: str) -> tuple[int, int, str]:
    """The replacement without what it leaves as it is."""
    while start < end and new and old[start] == new[0]:
        start, new = start + 1, new[1:]
    while start < end and new and old[end - 1] == new[-1]:
        end, new = end - 1, new[:-1]
    return start, end, new


def _spliced(
    document: Document, site: Site, scalar: Scalar, value: str, part: tuple[int, int, str]
) -> tuple[int, int, str] | None:
    """The part replaced in the text, if reading the scalar again then gives exactly the value."""
    source = document.source
    places = offsets(document, scalar)
    if places is None or (scalar.style == "" and not plain_safe(value, site.in_flow)):
        return None
    if scalar.style in ("|", ">") and not value.strip():
        return None  # lines of blanks alone belong to whatever is around them
    start, end, new = places[part[0]], places[part[1]], part[2]
    if scalar.style in ("|", ">"):
        indent = block_indent(source.text, scalar.start, scalar.end, scalar.style, scalar.value) or 0
        start, new = _in_block(source, start, end, new, indent)
    else:
        shown = escaped(new, scalar.style)
        if shown is None:
            return None
        new = shown
    text = source.text[:start] + new + source.text[end:]
    grown = len(text) - len(source.text)
    fits = table(text, scalar.start, scalar.end + grown, scalar.style, value)
    return (start, end, new) if fits is not None else None


def _in_block(source: Source, start: int, end: int, new: str, indent: int) -> tuple[int, str]:
    """Where the text of a block scalar is replaced and by what, each line with its indentation.

    A line that ends up empty has none, a line that was empty gets it.
    """
    text = source.text
    rest = text[end : source.line_span(source.line_of(end))[1]].rstrip("\r\n")
    lines = new.split("\n")
    lines[-1] += rest
    shown = [" " * indent + line if line else line for line in lines]
    line_start = text.rfind("\n", 0, start) + 1
    if text[line_start:start].strip(" ") or start - line_start > indent:
        shown[0] = lines[0]
    else:
        start = line_start
    whole = source.newline_at(start).join(shown)
    return start, whole[: len(whole) - len(rest)]
