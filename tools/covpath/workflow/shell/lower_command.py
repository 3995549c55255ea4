"""Words, assignments, redirections and simple commands, lowered from tree-sitter's tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from covpath.patterns import regex
from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import Assignment, Command, Redirect, Sequence, Substitution, Word
from covpath.workflow.shell.words import WordReader

if TYPE_CHECKING:
    from tree_sitter import Node as Tree

REDIRECTS = frozenset({"file_redirect", "herestring_redirect", "heredoc_redirect"})
_RESERVED = frozenset(
    {
        *("!", "{", "}", "if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done"),
        *("case", "esac", "in", "select", "function"),
    }
)
_NOTHING = frozenset({"comment", "\n"})
_SUBSTITUTIONS = ("$(", "`", "<(", ">(")
"""Every command or process substitution begins with one of these."""
_NEWLINE = regex(r"(?<!\\)\n")


class CommandLowering:
    """Lowers what lies within one statement; ``sequence`` lowers the statements of a substitution."""

    def __init__(
        self,
        text: str,
        expressions: tuple[Span, ...],
        char_offset: Callable[[int], int],
        sequence: Callable[[Iterable[Tree], Tree], Sequence],
    ) -> None:
        self._text = text
        self._offset = char_offset
        self._sequence = sequence
        self._substitutions: dict[int, Substitution] = {}
        self.words = WordReader(text, expressions, self._substitutions)
        self.errors: list[Span] = []
        self.glued: list[int] = []

    def span(self, tree: Tree) -> Span:
        """The node's characters."""
        return Span(self._offset(tree.start_byte), self._offset(tree.end_byte))

    def source(self, tree: Tree) -> str:
        """The node's text as written."""
        span = self.span(tree)
        return self._text[span.start : span.end]

    def word(self, tree: Tree, start: int | None = None) -> Word:
        """The word that ends where ``tree`` ends and starts there too, or at ``start``."""
        span = self.span(tree)
        if any(self._text.find(sign, span.start, span.end) >= 0 for sign in _SUBSTITUTIONS):
            self.find_substitutions(tree)
        begin = span.start if start is None else start
        while begin < span.end and self._text[begin] in " \t":
            begin += 1
        return self.words.read(begin, span.end)

    def find_substitutions(self, tree: Tree) -> tuple[Substitution, ...]:
        """Register every substitution within ``tree``; those of a nested one belong to that one."""
        found: list[Substitution] = []
        for inner in _outermost(tree, "command_substitution", "process_substitution"):
            span = self.span(inner)
            start = span.start
            while self._text[start] in " \t\n":
                start += 1
            body = self._sequence((child for child in inner.children[1:-1] if child.type not in REDIRECTS), inner)
            process = inner.type == "process_substitution"
            whole = Span(start, span.end)
            substitution = Substitution(replace(body, span=whole), whole, process)
            self._substitutions[start] = substitution
            found.append(substitution)
        return tuple(found)

    def _assignment(self, tree: Tree) -> Assignment:
        span = self.span(tree)
        name = tree.child_by_field_name("name")
        value = tree.child_by_field_name("value")
        assert name is not None
        append = any(child.type == "+=" for child in tree.children)
        array = None
        if value is not None and value.type == "array":
            array = tuple(self.word(child) for child in value.children if child.is_named and child.type != "comment")
        word = None
        if value is not None:
            self.find_substitutions(value)
            # The value is everything behind the sign: the grammar sometimes cuts it in two.
            begin = self.span(name).end + (2 if append else 1)
            word = self.words.read(begin, span.end)
        return Assignment(self.source(name), word, span, append, array)

    def command(self, children: Iterable[Tree], span: Span, *, keyword: bool = False) -> Command:
        """A simple command; behind a ``keyword`` (export, ...) assignments are its words."""
        words: list[Word] = []
        assignments: list[Assignment] = []
        redirects: list[Redirect] = []
        done = span.start
        for child in children:
            here = self.span(child)
            if self._text.find("\n", done, here.start) >= 0:
                newline = _NEWLINE.search(self._text, done, here.start)
                if newline is not None:
                    self.glued.append(newline.start())
            done = here.end
            kind = child.type
            if here.start == here.end or kind in _NOTHING or child.is_missing:
                continue
            if kind == "ERROR":
                self.errors.append(here)
            elif kind in REDIRECTS:
                redirect, extra = self.redirect(child)
                redirects.append(redirect)
                words += extra
            elif kind == "variable_assignment" and not words and not keyword:
                assignments.append(self._assignment(child))
            else:
                self.append_word(words, child)
        if words and not keyword and words[0].raw in _RESERVED:
            # The grammar took a keyword for a command, as in `! {` and `! !`.
            self.errors.append(words[0].span)
        return Command(tuple(words), tuple(assignments), tuple(redirects), span)

    def append_word(self, words: list[Word], tree: Tree) -> None:
        """Add a word, or grow the last one where the grammar cut a word in two."""
        start = self.span(tree).start
        if words and not self._text[words[-1].span.end : start].replace("\\\n", ""):
            words[-1] = self.word(tree, words[-1].span.start)
        else:
            words.append(self.word(tree))

    def redirect(self, tree: Tree) -> tuple[Redirect, list[Word]]:
        """A redirection, and the words behind its target that the grammar counts to it."""
        span = self.span(tree)
        if tree.type == "heredoc_redirect":
            return self._heredoc(tree), [self.word(child) for child in tree.children_by_field_name("argument")]
        if tree.type == "herestring_redirect":
            target = self.word(tree.children[-1])
            return Redirect("<<<", target, span), []
        operator = next(child.type for child in tree.children if not child.is_named)
        destinations = tree.children_by_field_name("destination")
        if not destinations:
            return Redirect(operator, None, span), []
        words: list[Word] = []
        for child in destinations:
            self.append_word(words, child)
        return Redirect(operator, words[0], Span(span.start, words[0].span.end)), words[1:]

    def _heredoc(self, tree: Tree) -> Redirect:
        start = self.span(tree).start
        operator = tree.children[0].type
        delimiter = next((child for child in tree.children if child.type == "heredoc_start"), None)
        body = next((child for child in tree.children if child.type == "heredoc_body"), None)
        target = self.word(delimiter) if delimiter is not None else None
        end = target.span.end if target is not None else start + 2
        found = self.find_substitutions(body) if body is not None else ()
        return Redirect(operator, target, Span(start, end), self.span(body) if body is not None else None, found)


def _outermost(tree: Tree, *types: str) -> Iterator[Tree]:
    if tree.type in types:
        yield tree
        return
    for child in tree.children:
        yield from _outermost(child, *types)
