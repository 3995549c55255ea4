"""Most scripts, read by descent without a grammar: what the full parser would make of them, or nothing."""

from __future__ import annotations

import re

from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import (
    AndOr,
    Assignment,
    Command,
    Function,
    Item,
    Node,
    Operand,
    Pipeline,
    Redirect,
    Redirected,
    Script,
    Sequence,
    Word,
)
from covpath.workflow.shell.tokens import NotSimple, Tokens

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*(?:\[[\w${}@-]+\])?)(\+?)=", re.ASCII)
_FUNCTION = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_CLOSING = frozenset(("then", "elif", "else", "fi", "do", "done", "esac"))
_OPENING = frozenset(("if", "while", "until", "for", "case"))
_DECLARING = frozenset(("declare", "typeset", "export", "readonly", "local", "unset"))
_OTHERS = frozenset(("in", "function", "select", "coproc", "unsetenv"))
"""Words that a statement can begin with, and that only the grammar is to judge."""
_RESERVED = _CLOSING | _OPENING | _OTHERS
_JOINING = frozenset(("|", "&&", "||"))
_ENDS = frozenset(("", ")", ";;"))
"""Signs that close what is around statements."""


def read_simple(text: str, raw: str, expressions: tuple[Span, ...]) -> Script | None:
    """A script told without the grammar, as it would tell it; None where only the grammar can.

    ``text`` is ``raw`` with its GitHub expressions hidden.
    """
    reader = _Statements(text, raw, expressions)
    try:
        body = reader.whole()
    except (NotSimple, RecursionError):
        return None
    commands = reader.plain(body)
    if commands is None:
        # Imported here: many scripts are plain, and many runs meet no others.
        from covpath.workflow.shell.context import commands_of

        commands = commands_of(body)
    return Script(raw, body, commands)


class _Statements:
    """One pass over one script."""

    def __init__(self, text: str, raw: str, expressions: tuple[Span, ...]) -> None:
        self._tokens = Tokens(text, raw, expressions, self._sequence)

    def whole(self) -> Sequence:
        """The statements of the script."""
        tokens = self._tokens
        tokens.step()
        items = self._sequence()
        if tokens.kind:
            raise NotSimple
        return Sequence(items, Span(0, len(tokens.text)))

    def plain(self, body: Sequence) -> tuple[Command, ...] | None:
        """The commands of a script that is nothing but a row of them; None for any other."""
        if self._tokens.redirects or self._tokens.substitutions:
            return None
        plain = tuple(item.node for item in body.items if isinstance(item.node, Command) and item.background is None)
        return plain if len(plain) == len(body.items) else None

    def _sequence(self) -> tuple[Item, ...]:
        """Statements, up to a word or sign that closes what is around them."""
        tokens = self._tokens
        items: list[Item] = []
        while True:
            while tokens.kind == "\n":
                tokens.step()
            kind = tokens.kind
            node = None
            if kind == "word":
                written = tokens.written()
                if written in _CLOSING:
                    return tuple(items)
                if written not in _OPENING and written[0] != "!":
                    node = self._command()
            elif kind in _ENDS or (kind == "bracket" and tokens.written() == "}"):
                return tuple(items)
            if node is None or tokens.kind in _JOINING:
                node = self._list(node)
            kind = tokens.kind
            if kind == "\n" or kind == ";":
                items.append(Item(node))
                tokens.step()
            elif kind == "&":
                items.append(Item(node, Span(tokens.start, tokens.end)))
                tokens.step()
            elif kind in _ENDS:
                items.append(Item(node))
            else:
                raise NotSimple

    def _list(self, command: Node | None) -> Node:
        """A list; its first command may have been read."""
        tokens = self._tokens
        first = self._pipeline(command)
        if tokens.kind not in ("&&", "||"):
            return first
        rest: list[Operand] = []
        while tokens.kind in ("&&", "||"):
            sign, span = tokens.kind, Span(tokens.start, tokens.end)
            tokens.step_over_lines()
            rest.append(Operand(sign, span, self._pipeline()))
        return AndOr(first, tuple(rest), Span(first.span.start, rest[-1].node.span.end))

    def _pipeline(self, command: Node | None = None) -> Node:
        tokens = self._tokens
        negation = None
        if command is None and not tokens.plain and tokens.kind == "word" and tokens.text.startswith("!", tokens.start):
            if tokens.end != tokens.start + 1:
                raise NotSimple
            negation = Span(tokens.start, tokens.end)
            tokens.step()
        node = command or self._element()
        if tokens.kind != "|":
            if negation is None:
                return node
            return Pipeline((node,), Span(negation.start, node.span.end), negation)
        elements = [node]
        while tokens.kind == "|":
            tokens.step_over_lines()
            elements.append(self._element())
        start = negation.start if negation is not None else node.span.start
        return Pipeline(tuple(elements), Span(start, elements[-1].span.end), negation)

    def _element(self) -> Node:
        tokens = self._tokens
        written = tokens.written()
        if tokens.kind == "redirect" or (tokens.kind == "word" and written not in _OPENING):
            return self._command()
        # Imported here: many scripts have none.
        from covpath.workflow.shell.compounds import COMPOUNDS

        read = COMPOUNDS.get(written)
        if read is None:
            raise NotSimple
        node = read(tokens)
        if tokens.kind != "redirect":
            return node
        redirects: list[Redirect] = []
        while tokens.kind == "redirect":
            redirects.append(tokens.redirect())
        span = Span(node.span.start, redirects[-1].span.end)
        if isinstance(node, Command):
            return Command(node.words, (), tuple(redirects), span)
        return Redirected(node, tuple(redirects), span)

    def _command(self) -> Node:
        tokens = self._tokens
        start = end = tokens.start
        words: list[Word] = []
        assignments: list[Assignment] = []
        redirects: list[Redirect] = []
        while True:
            if tokens.kind == "word":
                end = tokens.end
                if words:
                    if len(words) == 1 and words[0].raw == "time":
                        self._check_name(tokens.written(), bool(assignments))
                    words.append(tokens.word())
                else:
                    name = tokens.written()
                    match = _ASSIGNMENT.match(name) if "=" in name else None
                    if match is not None:
                        assignments.append(self._assignment(match))
                        end = assignments[-1].span.end
                        continue
                    self._check_name(name, bool(assignments))
                    if tokens.plain and name != "time":
                        words = tokens.plain_words()
                        end = tokens.end
                    else:
                        words.append(tokens.word())
                tokens.step()
            elif tokens.kind == "redirect":
                redirects.append(tokens.redirect())
                end = redirects[-1].span.end
            elif tokens.kind == "(":
                if not words or words[0].raw not in _DECLARING:
                    return self._function(words, start, bare=not assignments and not redirects)
                words[-1] = self._declared(words[-1])
                end = words[-1].span.end
            elif words or assignments:
                return Command(tuple(words), tuple(assignments), tuple(redirects), Span(start, end))
            else:
                raise NotSimple

    def _check_name(self, name: str, assigned: bool) -> None:
        if name in _RESERVED or (assigned and name in _DECLARING):
            raise NotSimple
        if not self._tokens.plain and ("[" in name or name[0] in "!\\`"):
            raise NotSimple

    def _assignment(self, match: re.Match[str]) -> Assignment:
        tokens = self._tokens
        start, begin, end = tokens.start, tokens.start + match.end(), tokens.end
        name, append = match[1], match[2] != ""
        value = tokens.words.read(begin, end) if begin < end else None
        tokens.step()
        if tokens.kind != "(" or tokens.start != end:
            return Assignment(name, value, Span(start, end), append)
        if value is not None:
            raise NotSimple
        array, end = self._array()
        return Assignment(name, tokens.words.read(begin, end), Span(start, end), append, array)

    def _array(self) -> tuple[tuple[Word, ...], int]:
        """The words of an array and where it ends; its bracket is at hand."""
        tokens = self._tokens
        tokens.step_over_lines()
        array: list[Word] = []
        while tokens.kind == "word":
            array.append(tokens.word())
            tokens.step_over_lines()
        if tokens.kind != ")":
            raise NotSimple
        end = tokens.end
        tokens.step()
        if tokens.start == end and tokens.kind == "word":
            raise NotSimple
        return tuple(array), end

    def _declared(self, name: Word) -> Word:
        """An array behind ``declare`` or its like, as one word; its bracket is at hand, and ``name=`` before it."""
        tokens = self._tokens
        if tokens.start != name.span.end or _ASSIGNMENT.fullmatch(name.raw) is None:
            raise NotSimple
        _, end = self._array()
        return tokens.words.read(name.span.start, end)

    def _function(self, words: list[Word], start: int, *, bare: bool) -> Function:
        tokens = self._tokens
        if not bare or len(words) != 1 or _FUNCTION.fullmatch(words[0].raw) is None:
            raise NotSimple
        tokens.step()
        if tokens.kind != ")":
            raise NotSimple
        tokens.step_over_lines()
        if tokens.kind != "bracket" or tokens.written() != "{":
            raise NotSimple
        body = self._element()
        return Function(words[0].raw, body, Span(start, body.span.end))
