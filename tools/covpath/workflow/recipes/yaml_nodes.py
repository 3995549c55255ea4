"""Values of YAML files that recipes are written in, by their nodes: whatever is not there is None or empty."""

from __future__ import annotations

from covpath.errors import InputError
from covpath.yamltext.nodes import Mapping, Node, Scalar, Sequence, deref
from covpath.yamltext.reading import read
from covpath.yamltext.source import Source, decode


def root_of(path: str, text: str) -> tuple[Source, Node | None] | str:
    """A file's text with its places and its root node; or why it cannot be read."""
    try:
        source = decode(path, text.encode("utf-8", "surrogatepass"))
        return source, read(source, strict=False).root
    except InputError as error:
        return error.message


def value_at(node: Node | None, key: str) -> Node | None:
    """The value of a key."""
    inner = deref(node) if node is not None else None
    return inner.get(key) if isinstance(inner, Mapping) else None


def entries_of(node: Node | None) -> dict[str, Node]:
    """A mapping's values by their keys."""
    inner = deref(node) if node is not None else None
    return {entry.key.value: entry.value for entry in inner.entries} if isinstance(inner, Mapping) else {}


def items_of(node: Node | None) -> tuple[Node, ...]:
    """A list's items."""
    inner = deref(node) if node is not None else None
    return tuple(inner.items) if isinstance(inner, Sequence) else ()


def text_of(node: Node | None) -> str | None:
    """A scalar's text."""
    inner = deref(node) if node is not None else None
    return inner.value if isinstance(inner, Scalar) else None


def first_line(source: Source, node: Node) -> int:
    """The line where a scalar's text begins: below the sign of a block."""
    start = deref(node).start
    return (source.place(start).line or 1) + (source.text[start : start + 1] in ("|", ">"))
