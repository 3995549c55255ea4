"""Text to nodes: libyaml's events, our own tree. The only module that reads with PyYAML.

Events are read rather than the composed tree because only they tell where an alias stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from covpath.errors import InputError
from covpath.yamltext.nodes import Alias, Entry, Mapping, Node, Scalar, Sequence
from covpath.yamltext.source import Source

MAX_DEPTH = 100
"""Nesting allowed; GitHub itself stops at 50 (``facts``, gating, section 5)."""
MAX_NODES = 50_000
"""Nodes allowed, aliases counted as often as they are used; GitHub's own limit."""
MAX_CHARACTERS = 1_048_576
"""Length allowed; GitHub's own limit."""

_CORE_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq"))
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*(?:\s|#[^\n]*\n)*)+")


@dataclass(frozen=True, slots=True)
class Document:
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
        events = list(yaml.parse(padded, Loader=yaml.CSafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        offset = min(mark.index, len(text)) if mark else 0
        problem = " ".join(part for part in (error.context, error.problem) if part)
        raise InputError(
            f"is not valid YAML: {problem}.", place=source.place(offset), hint="Mend the file; nothing was changed."
        ) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(
            f"is not valid YAML: {error}.", place=source.place(0), hint="Mend the file; nothing was changed."
        ) from None
    builder = _Builder(source, strict)
    root = builder.build(events)
    return Document(source, root, tuple(builder.aliases))


class _Builder:
    """Turns events into nodes; one use each."""

    def __init__(self, source: Source, strict: bool) -> None:
        self.source = source
        self.text = source.text
        self.limit = len(source.text)
        self.strict = strict
        self.anchors: dict[str, tuple[Scalar | Sequence | Mapping, int]] = {}
        self.open_anchors: set[str] = set()
        self.aliases: list[Alias] = []
        self.weight = 0

    def fail(self, message: str, offset: int, hint: str = "Mend the file; nothing was changed.") -> InputError:
        return InputError(message, place=self.source.place(min(offset, self.limit)), hint=hint)

    def build(self, events: list[Any]) -> Node | None:
        root: Node | None = None
        documents = 0
        # Each frame: the collection, its pending key (mappings), its weight when it began.
        stack: list[tuple[Sequence | Mapping, list[Scalar | None], int]] = []
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                node: Node = self.scalar(event)
                self.weight += 1
            elif kind is yaml.AliasEvent:
                node = self.alias(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self.open(event, stack)
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                node = self.close(event, stack)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise self.fail(
                        "holds more than one YAML document.",
                        event.start_mark.index,
                        "GitHub reads one document a file: move the second into a file of its own.",
                    )
                continue
            else:
                continue
            if self.weight > MAX_NODES:
                raise self.fail(
                    f"stands for more than {MAX_NODES:,} nodes once its aliases are followed.", _start(node)
                )
            if not stack:
                root = node
            else:
                self.add(node, stack[-1])
        # libyaml answers an empty file with no document at all, or with one empty scalar.
        if isinstance(root, Scalar) and not root.style and not root.value:
            return None
        return root

    def scalar(self, event: Any) -> Scalar:
        outer = event.start_mark.index
        end = min(event.end_mark.index, self.limit)
        style = event.style or ""
        anchor, tag = event.anchor, event.tag
        start = outer
        if anchor is not None or tag is not None:
            properties = _PROPERTIES.match(self.text, outer, end)
            start = properties.end() if properties else outer
            self.check_tag(tag, outer)
        if style in "|>" and style:
            end = _block_end(self.text, start, end)
        elif style == "" and start > end:
            start = end
        node = Scalar(event.value, style, start, end, outer, anchor, tag)
        if anchor is not None:
            self.anchors[anchor] = (node, 1)
        return node

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

    def open(self, event: Any, stack: list[tuple[Sequence | Mapping, list[Scalar | None], int]]) -> None:
        outer = event.start_mark.index
        if len(stack) >= MAX_DEPTH:
            raise self.fail(f"is nested more than {MAX_DEPTH} deep.", outer)
        start = outer
        if event.anchor is not None or event.tag is not None:
            properties = _PROPERTIES.match(self.text, outer)
            start = properties.end() if properties else outer
            self.check_tag(event.tag, outer)
            if event.anchor is not None:
                self.open_anchors.add(event.anchor)
        flow = bool(event.flow_style)
        node: Sequence | Mapping
        if type(event) is yaml.MappingStartEvent:
            node = Mapping([], flow, start, start, outer, event.anchor, event.tag)
        else:
            node = Sequence([], flow, start, start, outer, event.anchor, event.tag)
        stack.append((node, [None], self.weight))
        self.weight += 1

    def close(self, event: Any, stack: list[tuple[Sequence | Mapping, list[Scalar | None], int]]) -> Node:
        node, _, weight_before = stack.pop()
        if node.flow:
            node.end = event.end_mark.index
        elif isinstance(node, Mapping):
            # A block collection ends with its last leaf: the end mark is the next token's start.
            # It begins with its first key, or with the ``?`` before it; an anchor on that key
            # may have been taken for one of the mapping's own.
            node.start = min(node.start, node.entries[0].key.outer_start)
            last = node.entries[-1]
            node.end = max(_end(last.value), last.key.end)
        elif node.items:
            node.end = max(_end(node.items[-1]), node.start + 1)
        if node.anchor is not None:
            self.open_anchors.discard(node.anchor)
            self.anchors[node.anchor] = (node, self.weight - weight_before)
        return node

    def add(self, node: Node, frame: tuple[Sequence | Mapping, list[Scalar | None], int]) -> None:
        parent, pending, _ = frame
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        key = pending[0]
        if key is not None:
            pending[0] = None
            parent.entries.append(Entry(key, node))
            return
        if not isinstance(node, Scalar):
            raise self.fail("has a key that is not a plain name.", _start(node))
        if self.strict:
            self.check_key(node, parent)
        pending[0] = node

    def check_key(self, key: Scalar, parent: Mapping) -> None:
        if key.value == "<<" and not key.style:
            raise self.fail(
                "uses the merge key <<, which GitHub refuses.", key.start, "Write the merged keys out where they apply."
            )
        folded = key.value.lower()
        for entry in parent.entries:
            if entry.key.value.lower() == folded:
                first = self.source.line_of(entry.key.start)
                raise self.fail(
                    f"defines the key {key.value!r} twice (first in line {first}); GitHub refuses that.",
                    key.start,
                    "Remove one of the two.",
                )

    def check_tag(self, tag: str | None, offset: int) -> None:
        if tag is not None and tag != "!" and self.strict and tag not in _CORE_TAGS:
            raise self.fail(
                f"has the YAML tag {tag}, which GitHub refuses.",
                offset,
                "Quote the value if the exclamation mark belongs to it.",
            )


def _start(node: Node) -> int:
    return node.start


def _end(node: Node) -> int:
    return node.end


def _block_end(text: str, start: int, end: int) -> int:
    """Where the last content line of a block scalar ends, before its line break.

    With ``+`` (keep) trailing blank lines are content. Otherwise they are not, unless they
    are longer than the indentation.
    """
    header_end = text.find("\n", start, end)
    if header_end < 0:
        return end
    header = text[start:header_end]
    keep = "+" in header.split("#", 1)[0]
    lines = text[header_end + 1 : end].split("\n")
    # libyaml's mark stands at the start of the next token: its line's indentation is not ours.
    if not lines[-1].strip():
        lines.pop()
    indent = _block_indent(lines)
    while lines and not keep and len(lines[-1].rstrip("\r")) <= indent and not lines[-1].strip(" \r"):
        lines.pop()
    if not lines:
        return start + len(header.split("#", 1)[0].rstrip())
    body_end = header_end + 1 + sum(len(line) + 1 for line in lines) - 1
    return body_end - 1 if text[body_end - 1] == "\r" else body_end


def _block_indent(lines: list[str]) -> int:
    """The indentation, in spaces, of a block scalar's content."""
    for line in lines:
        if line.strip(" \r"):
            return len(line) - len(line.lstrip(" "))
    return max((len(line.rstrip("\r")) for line in lines), default=0)
