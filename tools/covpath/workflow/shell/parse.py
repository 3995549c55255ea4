"""Shell text in, a script out: most are read by descent, all others through tree-sitter's bash grammar."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec.structs import replace

from covpath.workflow.shell.opaque import find_expressions, hide_expressions
from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.statements import read_simple
from covpath.workflow.shell.syntax import Script, Sequence

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_SHORT = 4096
_LONGEST = 32_768
"""Bytes; GitHub itself takes at most 21 000 characters of a script."""
_CALLS = 100
_CALLS_PER_BYTE = 0.012
"""How often the parser may report progress; people's scripts need at most half of it, only what keeps
the grammar from recovering from error after error needs more."""


@lru_cache(maxsize=512)
def parse_script(text: str) -> Script:
    """Parse a POSIX or bash script; GitHub expressions in it are opaque parts of words.

    Never fails: what does not parse is in ``errors`` and its neighbourhood is still read.
    """
    expressions = find_expressions(text)
    masked = hide_expressions(text, expressions)
    try:
        return read_simple(masked, text, expressions) or parse_with_grammar(text)
    except RecursionError:
        return _unread(text)


def _unread(text: str) -> Script:
    """A script of which nothing could be read."""
    whole = Span(0, len(text))
    return Script(text, Sequence((), whole), (), (whole,))


def parse_with_grammar(text: str) -> Script:
    """What ``parse_script`` does for a script that is not simple."""
    # Imported here: few scripts, and few runs, need a grammar.
    from covpath.workflow.shell.context import commands_of
    from covpath.workflow.shell.lower import Lowering

    expressions = find_expressions(text)
    masked = _without_dangling_continuation(hide_expressions(text, expressions))
    while True:
        source = masked.encode("utf-8", "surrogatepass")
        root = _root(source)
        if root is None:
            return _unread(text)
        lowering = Lowering(text, expressions, _offsets(masked, source))
        statements = root.children if root.type != "ERROR" else [root]
        body = replace(lowering.sequence(statements, root), span=Span(0, len(text)))
        if not lowering.glued:
            break
        for offset in lowering.glued:
            masked = f"{masked[:offset]};{masked[offset + 1 :]}"
    errors = {*lowering.errors, *(lowering.span(node) for node in _broken(root))}
    return Script(text, body, commands_of(body), tuple(sorted(errors)))


def _root(source: bytes) -> Node | None:
    """The tree; None where the parser finds no way through the text within its bounds."""
    parser = _parser()
    if len(source) <= _SHORT:
        return parser.parse(source).root_node
    if len(source) > _LONGEST:
        return None
    calls = 0

    def stop(*_: object) -> bool:
        nonlocal calls
        calls += 1
        return calls > _CALLS + len(source) * _CALLS_PER_BYTE

    try:
        return parser.parse(lambda offset, _: source[offset : offset + _SHORT], progress_callback=stop).root_node
    except ValueError:
        parser.reset()
        return None


@cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def _without_dangling_continuation(text: str) -> str:
    """The text with a backslash before the final newline blanked; the grammar wants a line to follow it."""
    end = len(text)
    while end and (text[end - 1].isspace() or text.startswith("\\\n", end - 1)):
        end -= 1
    return text[:end] + text[end:].replace("\\", " ")


def _offsets(text: str, source: bytes) -> Callable[[int], int]:
    """From byte offsets into ``source`` to character offsets into ``text``."""
    if len(text) == len(source):
        return int
    lengths = (len(char.encode("utf-8", "surrogatepass")) for char in text)
    table = {end: index for index, end in enumerate(accumulate(lengths, initial=0))}
    return table.__getitem__


def _broken(root: Node) -> list[Node]:
    """The nodes that did not parse; an inserted (missing) token counts, unless it stands for nothing."""
    if not root.has_error:
        return []
    found: list[Node] = []
    pending = [root]
    while pending:
        node = pending.pop()
        if node.type == "ERROR" or (node.is_missing and not _is_bare_assignment(node)):
            found.append(node)
        elif node.has_error:
            pending += node.children
    return found


def _is_bare_assignment(node: Node) -> bool:
    """``x=1 >f`` is a command without a name, which the grammar reports as a missing word."""
    parent = node.parent
    return parent is not None and parent.type == "command_name"
