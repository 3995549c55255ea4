"""Text to nodes: libyaml's events, our own tree.

Events are read rather than the composed tree because only they tell where an alias stands;
one by one, so that what is too deep or too large is refused before it is read to its end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from msgspec import Struct

from covpath.errors import InputError
from covpath.patterns import regex
from covpath.yamltext.events import (
    AliasEvent,
    DocumentEnd,
    DocumentStart,
    MappingEnd,
    MappingStart,
    MarkedYAMLError,
    ScalarEvent,
    SequenceEnd,
    SequenceStart,
    StreamEnd,
    StreamStart,
    YAMLError,
    events_of,
)
from covpath.yamltext.nodes import Alias, Entry, Mapping, Node, Scalar, Sequence
from covpath.yamltext.source import MAX_CHARACTERS, Source
from covpath.yamltext.spans import block_end, line_too_far_left, tight_comment

MAX_DEPTH = 100
"""Nesting allowed; GitHub itself stops at 50 (``facts``, gating, section 5)."""
MAX_NODES = 50_000
"""Nodes allowed, aliases counted as often as they are used; GitHub's own limit."""

_MEND = "Mend the file; nothing was changed."
_CORE_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq"))
_PROPERTIES = regex(r"(?:(?:!<[^>\s]*>|[&!][^\s,\[\]{}]*)(?:\s|#[^\n]*\n)*)+")

_QUOTES = ("'", '"')

_Real: TypeAlias = Scalar | Sequence | Mapping
_Collection = TypeVar("_Collection", Sequence, Mapping)


class Document(Struct, frozen=True):
    """A source and its tree; ``root`` is None for a file without content."""

    source: Source
    root: Node | None
    aliases: tuple[Alias, ...] = ()
    """Every place where an anchor is used, in source order."""


def read(source: Source, *, strict: bool = True) -> Document:
    """The tree of a file with one document.

    ``strict`` is how GitHub reads workflows: keys that repeat (upper and lower case are the
    same there), merge keys and tags outside the core schema are errors. Raises InputError
    with a place for whatever cannot be read.
    """
    text = source.text
    if len(text) > MAX_CHARACTERS:
        raise InputError(
            f"is {len(text):,} characters long; GitHub reads at most {MAX_CHARACTERS:,}.",
            place=source.place(0),
            hint="Split the file.",
        )
    # libyaml gives a last block scalar without final newline another value, and other marks,
    # than GitHub's reader; one newline more makes both the same and moves nothing.
    padded = text if text.endswith("\n") else text + "\n"
    try:
        builder = _Builder(source, strict, events_of(padded))
        root = builder.document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        offset = min(mark.index, len(text)) if mark else 0
        problem = " ".join(part for part in (error.context, error.problem) if part)
        raise InputError(
            f"is not valid YAML: {problem}.", place=source.place(offset), hint=_hint(text, offset)
        ) from None
    except YAMLError as error:
        raise InputError(f"is not valid YAML: {error}.", place=source.place(0), hint=_MEND) from None
    return Document(source, root, tuple(builder.aliases))


def _hint(text: str, offset: int) -> str:
    """What to do about the mistakes that people make most."""
    if text.startswith("\t", offset):
        return "Indent with blanks; YAML takes no tabs there."
    if text.startswith(("@", "`", "%"), offset):
        sign = "`` ` ``" if text[offset] == "`" else f"`{text[offset]}`"
        return f"Put the value in quotes: {sign} cannot begin one without them."
    if text.startswith(":", offset) and text.rfind(": ", text.rfind("\n", 0, offset) + 1, offset) != -1:
        return "Put the value in quotes: a second `: ` in a line ends it."
    return _MEND


class _Builder:
    """Turns events into nodes, a method for each kind of node; one use each.

    A large repository has two hundred thousand events: names are bound once, and scalars come first.
    """

    __slots__ = ("aliases", "anchors", "limit", "next_event", "open_anchors", "source", "strict", "text", "weight")

    def __init__(self, source: Source, strict: bool, next_event: Callable[[], Any]) -> None:
        self.source = source
        self.text = source.text
        self.limit = len(source.text)
        self.strict = strict
        self.next_event = next_event
        self.anchors: dict[str, tuple[_Real, int]] = {}
        self.open_anchors: set[str] = set()
        self.aliases: list[Alias] = []
        self.weight = 0

    def fail(self, message: str, offset: int, hint: str = _MEND) -> InputError:
        return InputError(message, place=self.source.place(min(offset, self.limit)), hint=hint)

    def document(self) -> Node | None:
        root: Node | None = None
        documents = 0
        while True:
            event = self.next_event()
            kind = type(event)
            if kind is StreamEnd:
                break
            if kind is DocumentStart:
                documents += 1
                if documents > 1:
                    raise self.fail(
                        "holds more than one YAML document.",
                        event.start_mark.index,
                        f"{'GitHub reads one document a file. ' if self.strict else ''}"
                        "Move the second into a file of its own.",
                    )
            elif kind is not DocumentEnd and kind is not StreamStart:
                root = self.scalar(event) if kind is ScalarEvent else self.large(event, 0, None)
        # libyaml answers an empty file with no document at all, or with one empty scalar.
        if isinstance(root, Scalar) and not root.style and not root.value and root.tag is None:
            return None
        return root

    def scalar(self, event: ScalarEvent) -> Scalar:
        self.weight = weight = self.weight + 1
        start, style = event.start_mark.index, event.style
        end = event.end_mark.index
        node = Scalar(event.value, style, start, end, start)
        if event.anchor is not None or event.tag is not None:
            self.take_properties(node, event, end)
            if node.anchor is not None:
                self.anchors[node.anchor] = (node, 1)
            if not style and node.start > end:
                node.start = end
        if style:
            if style in _QUOTES:
                self.check_gap(end)
            else:
                node.end = block_end(self.text, node.start, min(end, self.limit), node.value)
        elif end > self.limit:
            node.end = self.limit
            node.start = min(node.start, self.limit)
        if weight > MAX_NODES:
            raise self.too_many(node)
        return node

    def take_properties(self, node: _Real, event: ScalarEvent | MappingStart | SequenceStart, end: int) -> None:
        """The anchor and the tag that stand before a node."""
        node.anchor, node.tag = event.anchor, event.tag
        properties = _PROPERTIES.match(self.text, node.start, end)
        if properties:
            node.start = properties.end()
        self.check_tag(node.tag, node.outer_start)

    def large(self, event: Any, depth: int, holder: int | None) -> Node:
        """What is no scalar: an alias, or a collection ``depth`` levels deep.

        ``holder`` is where the key or the dash before it stands, None where there is none or columns do not count.
        """
        kind = type(event)
        node: Node
        if kind is AliasEvent:
            node = self.alias(event)
        elif kind is MappingStart:
            node = self.mapping(event, depth)
        else:
            node = self.sequence(event, depth)
        if self.weight > MAX_NODES:
            raise self.too_many(node)
        if holder is not None and type(node) is not Alias and node.flow:
            self.check_lines(node, holder)
        return node

    def too_many(self, node: Node) -> InputError:
        return self.fail(f"stands for more than {MAX_NODES:,} nodes once its aliases are followed.", node.start)

    def alias(self, event: Any) -> Alias:
        name, offset = event.anchor, event.start_mark.index
        if name in self.open_anchors:
            raise self.fail(f"has an alias *{name} inside what &{name} names, a loop.", offset)
        found = self.anchors.get(name)
        if found is None:
            raise self.fail(f"uses the alias *{name}, which no anchor before it defines.", offset)
        self.weight += found[1]
        alias = Alias(name, found[0], offset, event.end_mark.index)
        self.aliases.append(alias)
        return alias

    def mapping(self, event: Any, depth: int) -> Mapping:
        weight = self.weight
        node = self.opened(Mapping, event, depth)
        next_event, scalar, strict, flow = self.next_event, self.scalar, self.strict, node.flow
        entries = node.entries
        names = {"<<"}
        while True:
            event = next_event()
            kind = type(event)
            if kind is not ScalarEvent:
                if kind is MappingEnd:
                    break
                raise self.fail("has a key that is not a plain name.", self.large(event, depth + 1, None).start)
            if event.style or not event.value or event.anchor is not None or event.tag is not None:
                key = scalar(event)
            else:  # nearly always: what scalar() would make of it, made here
                start = event.start_mark.index
                key = Scalar(event.value, "", start, event.end_mark.index, start)
                self.weight += 1
            if strict:
                name = key.value.lower()
                if name in names:
                    self.check_key(key, entries)
                names.add(name)
            event = next_event()
            value: Node
            if type(event) is ScalarEvent:
                value = scalar(event)
                if value.style and not flow and value.style in _QUOTES:
                    self.check_lines(value, key.outer_start)
            else:
                value = self.large(event, depth + 1, None if flow else key.outer_start)
            entries.append(Entry(key, value))
        if flow:
            self.check_flow(node, event.end_mark.index)
        else:
            # A block collection ends with its last leaf: the end mark is the next token's start.
            # It begins with its first key, or with the ``?`` before it; an anchor on that key
            # may have been taken for one of the mapping's own.
            start = entries[0].key.outer_start
            if start < node.start:
                node.start = start
            last = entries[-1]
            node.end = last.value.end
            if last.key.end > node.end:
                node.end = last.key.end
        if node.anchor is not None:
            self.closed(node, node.anchor, weight)
        return node

    def sequence(self, event: Any, depth: int) -> Sequence:
        weight = self.weight
        node = self.opened(Sequence, event, depth)
        next_event, scalar, flow = self.next_event, self.scalar, node.flow
        items = node.items
        while True:
            event = next_event()
            kind = type(event)
            item: Node
            if kind is ScalarEvent:
                item = scalar(event)
                if item.style and not flow and item.style in _QUOTES:
                    self.check_lines(item, node.start)
            elif kind is SequenceEnd:
                break
            else:
                item = self.large(event, depth + 1, None if flow else node.start)
            items.append(item)
        if flow:
            self.check_flow(node, event.end_mark.index)
        elif items:
            node.end = max(items[-1].end, node.start + 1)
        if node.anchor is not None:
            self.closed(node, node.anchor, weight)
        return node

    def opened(self, make: type[_Collection], event: MappingStart | SequenceStart, depth: int) -> _Collection:
        """A collection of which nothing is read yet; it ends where it starts."""
        start = event.start_mark.index
        if depth >= MAX_DEPTH:
            raise self.fail(f"is nested more than {MAX_DEPTH} deep.", start)
        node = make([], event.flow_style, start, start, start)
        if event.anchor is not None or event.tag is not None:
            self.take_properties(node, event, self.limit)
            node.end = node.start
            if node.anchor is not None:
                self.open_anchors.add(node.anchor)
        self.weight += 1
        return node

    def closed(self, node: Sequence | Mapping, anchor: str, weight: int) -> None:
        """From here on aliases may stand for it; ``weight`` is that of all before it."""
        self.open_anchors.discard(anchor)
        self.anchors[anchor] = (node, self.weight - weight)

    def check_flow(self, node: Sequence | Mapping, end: int) -> None:
        node.end = end
        self.check_gap(end)
        tight = tight_comment(self.text, node)
        if tight is not None:
            self.check_gap(tight)

    def check_key(self, key: Scalar, before: list[Entry]) -> None:
        """For a key that is ``<<``, or that has been there before in any case of its letters."""
        folded = key.value.lower()
        for first in before:
            if first.key.value.lower() == folded:
                raise self.fail(
                    f"defines the key {key.value[:80]!r} twice (first in line {self.source.line_of(first.key.start)}); "
                    "GitHub refuses that.",
                    key.start,
                    "Remove one of the two.",
                )
        if not key.style:
            raise self.fail(
                "uses the merge key <<, which GitHub refuses.", key.start, "Write the merged keys out where they apply."
            )

    def check_tag(self, tag: str | None, offset: int) -> None:
        if tag is not None and tag != "!" and self.strict and tag not in _CORE_TAGS:
            raise self.fail(
                f"has the YAML tag {tag[:80]}, which GitHub refuses.",
                offset,
                "Quote the value if the exclamation mark belongs to it.",
            )

    def check_lines(self, node: Scalar | Sequence | Mapping, holder: int) -> None:
        """libyaml lets quoted strings, and what stands in brackets, go on at any column."""
        if self.text.find("\n", node.start, node.end) >= 0:
            offset = line_too_far_left(self.text, node.start, node.end, holder, in_brackets=type(node) is not Scalar)
            if offset is not None:
                raise self.fail("goes on at a column that is not to the right of its key.", offset, "Indent the line.")

    def check_gap(self, end: int) -> None:
        """libyaml takes ``"a"#b`` for a string and a comment; YAML wants a blank between them."""
        if self.text.startswith("#", end):
            raise self.fail("has a comment without a blank before its #.", end, "Put a blank before the #.")
