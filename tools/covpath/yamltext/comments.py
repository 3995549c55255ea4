"""Where a file's comments are: what stands after ``#`` between the tokens, never inside a scalar."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from covpath.yamltext.nodes import Alias, Mapping, Node, Scalar
from covpath.yamltext.reading import Document

_COMMENT = re.compile(r"(?<!\S)#[^\r\n]*")


class Comment(Struct, frozen=True):
    """A comment from its ``#`` to the end of its line, without the line break."""

    start: int
    end: int
    text: str


def comments(document: Document) -> tuple[Comment, ...]:
    """All comments in the order of the file; also those in block scalars' header lines."""
    text = document.source.text
    if "#" not in text:
        return ()
    found: list[Comment] = []
    position = 0
    for start, end in (*_leaves(document), (len(text), len(text))):
        found += (Comment(match.start(), match.end(), match[0]) for match in _COMMENT.finditer(text, position, start))
        position = max(position, start, end)
    return tuple(found)


def comments_between(document: Document, start: int, end: int) -> tuple[str, ...]:
    """The texts of the comments that lie wholly inside a range."""
    if "#" not in document.source.text[start:end]:
        return ()
    return tuple(comment.text for comment in comments(document) if start <= comment.start and comment.end <= end)


def _leaves(document: Document) -> Iterator[tuple[int, int]]:
    """The spans, in source order, inside which a ``#`` is no comment."""
    if document.root is not None:
        yield from _spans(document.root, document.source.text)


def _spans(node: Node, text: str) -> Iterator[tuple[int, int]]:
    if isinstance(node, Alias):
        yield node.start, node.end
    elif isinstance(node, Scalar):
        yield _content_start(node, text), node.end
    elif isinstance(node, Mapping):
        for entry in node.entries:
            yield _content_start(entry.key, text), entry.key.end
            yield from _spans(entry.value, text)
    else:
        for item in node.items:
            yield from _spans(item, text)


def _content_start(scalar: Scalar, text: str) -> int:
    """A block scalar's header line may end in a comment; its content begins on the next line."""
    if scalar.style not in ("|", ">"):
        return scalar.start
    header_end = text.find("\n", scalar.start)
    return len(text) if header_end < 0 else header_end
