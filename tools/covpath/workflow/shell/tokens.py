"""The words and signs of a script, told from its text alone.

Whatever could be read in another way by the grammar is given up: ``NotSimple``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from covpath.patterns import regex
from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import Item, Redirect, Sequence, Substitution, Word
from covpath.workflow.shell.words import WordReader

# What a group repeats can be matched in one way only, told by its first character, so that a word that is none after
# all is given up in one go. (Possessive groups would say so; before 3.11.5 Python matches them wrongly.)
_NAME = r"[A-Za-z_]\w*+"
_OPERATION = (
    rf"(?::?[-=?+]|\#\#?+|%%?+|//?+)(?:[\w ./:,*@%+~=\#\n-]|\\[!-~]|\$(?:{_NAME}|\{{{_NAME}\}}))*"
    r"|\^\^?+|,,?+|:[0-9]*+(?::[0-9]++)?"
)
_BRACED = rf"\{{(?:{_NAME}(?:\[[0-9@*]\])?(?:{_OPERATION})?|[\#!]{_NAME}|[0-9@*\#?!](?:{_OPERATION})?)\}}"
_VARIABLE = rf"\$(?:{_NAME}|[0-9@*\#?!$](?!\w)|{_BRACED})"
_LONE = r"\$(?=[\" \n/.,|)\\])"
_INSIDE = rf"[^\"$`\\]++|\\[ -~\n]|{_VARIABLE}|{_LONE}"
"""A part of a string without substitutions."""
_GLOB = r"\[(?:[\w!^.,:*/@+-]|\[:\w+:\])*\]|\{[\w.,:;*/@+=~^-]*+\}"
_QUOTED = rf"\\[!-~]|(?<=[\w./-])\\ |'[^']*'|\"(?:{_INSIDE})*\""
_PIECE = (
    rf"[A-Za-z0-9_@%+:,./=^*?~!-]++|{_GLOB}|{_QUOTED}|{_VARIABLE}"
    r"|(?<=[\w@%+:,./=^'\"-])\#|(?<=[\w+*.\])])\$(?=[ \n])"
)
_BLANKS = r"(?:[ \t]++|\\\n)*"
_BEHIND = " \t\n;&|()"
"""What can stand behind a word, beside the end and a line's continuation."""
_TOKEN = re.compile(
    rf"[ \t]*+(?:\\\n{_BLANKS}|)(?:\#(?<![^ \t\n]\#)[^\n]*+|)(?:"
    rf"(?P<plain>[A-Za-z0-9_@%+=:,./^-]++(?![^{_BEHIND}]))"
    r"|(?P<line>\n)"
    rf"|(?P<word>(?:{_PIECE})+(?:(?![^{_BEHIND}])|(?=\\\n{_BLANKS}(?:\n|\Z))))"
    rf"|(?P<bracket>(?:\[\[?|\]\]?|[{{}}])(?![^{_BEHIND}]))"
    r"|(?P<redirect>(?:[0-9](?!&>))?(?:>>|>&|&>>|&>|<<<|<<-?|<|>)(?![(<>&|]))"
    r"|(?P<sign>&&(?!&)|\|\||;;(?!&)|\|(?!&)|;(?!&)|&|\(|\)|\Z)"
    r")",
    re.ASCII,
)
_PLAIN = re.compile(rf"(?: [A-Za-z0-9_@%+=:,./^-]++(?![^{_BEHIND}]))*")
_KINDS = ("", "word", "\n", "word", "bracket", "redirect", "")
"""By the groups of _TOKEN; a sign is its own kind."""
_START = regex(_BLANKS, re.ASCII)
_PIECES = regex(rf"(?:{_PIECE})+", re.ASCII)
_STRING = regex(rf"(?:{_INSIDE})*", re.ASCII)
_SUM = regex(rf"(?:[\w \n+*/%-]|{_VARIABLE})*", re.ASCII)
_COMPARISON = regex(rf"(?:[\w \n+*/%<>=!&|-]|{_VARIABLE})*", re.ASCII)
_UNDONE = regex(r"\\[$`\\]")
"""What backquotes take a backslash away from."""
_DELIMITER = regex(r"(['\"]?)(\w+)\1", re.ASCII)
_TEXT = regex(rf"(?:[^$`\\]++|\\[ -~\n]|{_VARIABLE}|{_LONE})*", re.ASCII)

# What few scripts have: told apart only where the patterns above stop, so that no other script pays for it.
_ANSI = r"\$'(?:[^'\\]++|\\[ -~])*'"
_LENGTH = rf"\$\{{\#{_NAME}\}}"
_CHANGE = (
    r"(?::?[-=?+]|\#\#?+|%%?+|//?+)(?:[\w ./:,*@%+~=\#\n<>\[\]!^-]|\\[!-~]"
    rf"|\$(?:{_NAME}|\{{{_NAME}\}})|{_ANSI}|'[^'\"{{}}]*+'|\"[^\"$`\\{{}}]*+\")*"
    rf"|:[ ]?-?(?:\w++|{_LENGTH})(?::-?(?:\w++|{_LENGTH}(?:-\w++)?))?"
)
_RARE_BRACED = rf"\$\{{(?:!?{_NAME}(?:\[[\w$+-]+\])?(?:{_CHANGE})?|[\#!]{_NAME}\[[@*]\])\}}"
_RARE_INSIDE = regex(rf"{_RARE_BRACED}|\$\$(?=\w)|\$(?=[\]:%+=~^&;<>\t])", re.ASCII)
_NESTED = r"\{(?:[\w.,/*-]|\{[\w.,/*-]*+\})*\}"
_RARE = regex(
    rf"{_RARE_BRACED}|\$\$(?=\w)|{_ANSI}|(?<=\\\{{)\}}|{_NESTED}|(?<=\w)\[\$(?:{_NAME}|\{{{_NAME}\}})\](?=\+?=)",
    re.ASCII,
)
_FILE = regex(rf"\$\([ \t]*<[ \t]*(?:[\w./-]++|{_VARIABLE}|\"(?:{_INSIDE})*\")+[ \t]*\)", re.ASCII)
_REGEX = regex(
    r"[ \t]+((?:[\w^.*+?@%:,/={}~!-]|\\[!-~]|\[\^?\]?(?:[^]\[\s'\"`$\\]|\[:\w+:\])*\]|[(|)]|\$(?=[|) ])"
    rf"|{_VARIABLE})+)[ \t]",
    re.ASCII,
)
_SET_ASIDE = regex(r"\\.|\[[^\]]*\]")
"""Brackets in a regular expression that group nothing."""


class NotSimple(Exception):
    """The script is for the grammar."""


class Tokens:
    """A script's tokens, one at a time.

    ``kind`` is what the token at hand is: ``word``, ``bracket`` (a word that is one or two), ``redirect``, the sign
    itself, or empty at the end. ``found`` are the substitutions in words since it was last emptied, outermost ones
    only; ``substitutions`` all by where they start. ``redirects``: whether any were read.
    """

    def __init__(self, text: str, raw: str, expressions: tuple[Span, ...], statements: Callable[[], tuple[Item, ...]]):
        self.text = text
        self.found: list[Substitution] = []
        self.kind = ""
        self.start = 0
        self.end = 0
        self.plain = False
        self.statements = statements
        self.substitutions: dict[int, Substitution] = {}
        self.words = WordReader(raw, expressions, self.substitutions)
        self.redirects = False
        self._document: tuple[int, int] | None = None
        """Where the line ends below which a here-document stands, and where that ends."""

    def step(self) -> None:
        """On to the next token."""
        match = _TOKEN.match(self.text, self.end)
        if match is None:
            self._long_word()
            return
        group = match.lastindex
        assert group is not None
        self.start, self.end = match.span(group)
        self.plain = group == 1
        self.kind = _KINDS[group] or match[group]
        if self._document is not None and self.kind in ("\n", ""):
            if self.start != self._document[0]:
                raise NotSimple
            self.end = self._document[1]
            self._document = None

    def step_over_lines(self) -> None:
        """On to the next token that is no line's end."""
        self.step()
        while self.kind == "\n":
            self.step()

    def written(self) -> str:
        """The token's text."""
        return self.text[self.start : self.end]

    def word(self) -> Word:
        """The token, a word."""
        if self.plain:
            return self.words.read_plain(self.start, self.end)
        return self.words.read(self.start, self.end)

    def plain_words(self) -> list[Word]:
        """The plain word at hand and those right behind it; the last of them is then the token."""
        end = _PLAIN.match(self.text, self.end).end()  # type: ignore[union-attr]
        if self.words.plain_until(self.start, end) < end:
            return [self.word()]
        self.end = end
        return self.words.plain(self.start, end)

    def some(self) -> tuple[Item, ...]:
        """Statements, of which there must be one."""
        items = self.statements()
        if not items:
            raise NotSimple
        return items

    def expect(self, word: str, kind: str = "word") -> int:
        """Where the word at hand ends, which must be this one; on to the next token."""
        end = self.end
        if self.kind != kind or self.written() != word:
            raise NotSimple
        self.step()
        return end

    def _long_word(self) -> None:
        """On to a word that a substitution is part of."""
        text = self.text
        start = index = _START.match(text, self.end).end()  # type: ignore[union-attr]
        while index < len(text) and text[index] not in _BEHIND:
            pieces = _PIECES.match(text, index) or _RARE.match(text, index)
            if pieces is not None:
                index = pieces.end()
            elif text[index] == '"':
                index = self._double(index + 1)
            elif text[index] in "<>" and not text.startswith("(", index + 1):
                break
            else:
                index = self._dollar(index)
        if index == start or (text[index : index + 1] in ("<", ">") and text[start:index].isdigit()):
            raise NotSimple
        self.kind, self.start, self.end = "word", start, index
        self.plain = False

    def _double(self, index: int) -> int:
        """Where a string ends that has a substitution in it; it starts at ``index``."""
        while True:
            index = _STRING.match(self.text, index).end()  # type: ignore[union-attr]
            if self.text.startswith('"', index):
                return index + 1
            index = self._inside(index)

    def _inside(self, start: int) -> int:
        """Where what is worked out in a string or a here-document ends; it starts at ``start``."""
        rare = _RARE_INSIDE.match(self.text, start)
        if rare is not None:
            return rare.end()
        if self.text.startswith("`", start) and '"' in self.text[start : self.text.find("`", start + 1)]:
            raise NotSimple
        return self._dollar(start)

    def _dollar(self, start: int) -> int:
        """Where what is worked out at ``start`` ends: ``$(...)``, backquotes, ``<(...)`` or ``$((...))``."""
        text = self.text
        if text.startswith("$((", start):
            return self._arithmetic(start + 3)
        back = text.startswith("`", start)
        if self._document is not None or not (back or text.startswith(("$(", "<(", ">("), start)):
            raise NotSimple
        if back:
            close = text.find("`", start + 1)
            if close < 0 or _UNDONE.search(text, start, close + 1):
                raise NotSimple
            self.text = text[:close]
        file = None if back else _FILE.match(text, start)
        if file is not None:
            span = Span(start, file.end())
            return self._found(Substitution(Sequence((), span), span))
        outer, self.found = self.found, []
        self.end = start + (1 if back else 2)
        self.step()
        items = self.statements()
        if self.kind != ("" if back else ")") or not items or self._document is not None:
            raise NotSimple
        self.text = text
        span = Span(start, self.end + back)
        self.found = outer
        return self._found(Substitution(Sequence(items, span), span, text[start] in "<>"))

    def _found(self, substitution: Substitution) -> int:
        """Keep a substitution; where it ends."""
        self.substitutions[substitution.span.start] = substitution
        self.found = [*self.found, substitution]
        return substitution.span.end

    def _arithmetic(self, index: int) -> int:
        """Where ``$((...))`` ends whose inside starts at ``index``."""
        depth = 2
        while True:
            index = _SUM.match(self.text, index).end()  # type: ignore[union-attr]
            char = self.text[index : index + 1]
            if char == "$":
                index = self._inside(index)
                continue
            if char not in ("(", ")"):
                raise NotSimple
            depth += 1 if char == "(" else -1
            index += 1
            if depth == 1 and self.text.startswith(")", index):
                return index + 1

    def comparison(self) -> Span:
        """``((...))`` at hand; on to what is behind it."""
        start, index = self.start, self.start + 2
        while True:
            index = _COMPARISON.match(self.text, index).end()  # type: ignore[union-attr]
            if not self.text.startswith("$", index):
                break
            index = self._inside(index)
        if index == start + 2 or not self.text.startswith("))", index):
            raise NotSimple
        self.end = index + 2
        self.step()
        return Span(start, index + 2)

    def step_to_regex(self) -> None:
        """On to the next token, which stands behind ``=~``."""
        match = _REGEX.match(self.text, self.end)
        if match is None or not _balanced(match[1]):
            self.step()
        else:
            self.kind = "word"
            self.start, self.end = match.span(1)
            self.plain = False

    def redirect(self) -> Redirect:
        """The redirection at hand; on to what is behind it."""
        self.redirects = True
        start, operator = self.start, self.written()
        if operator[0].isdigit():
            operator = operator[1:]
        self.step()
        if self.kind != "word":
            raise NotSimple
        target = self.word()
        end = self.end
        before = len(self.found)
        body = self._body(operator) if operator in ("<<", "<<-") else None
        inner = tuple(self.found[before:]) if body is not None else ()
        self.end = end
        self.step()
        return Redirect(operator, target, Span(start, target.span.end), body, inner)

    def _body(self, operator: str) -> Span:
        """The text of a here-document whose delimiter is at hand."""
        text = self.text
        delimiter = _DELIMITER.fullmatch(text, self.start, self.end)
        line = text.find("\n", self.end)
        if delimiter is None or line < 0 or self._document is not None:
            raise NotSimple
        end = re.compile(rf"^\t*{delimiter[2]}$", re.MULTILINE).search(text, line + 1)
        if end is None or end.start() == line + 1 or text[end.start()] == "\t":
            raise NotSimple
        # Of the tabs that `<<-` takes away the grammar takes the first line's alone.
        if operator == "<<-" and text[line + 1].isspace():
            raise NotSimple
        index = line + 1 if not delimiter[1] else end.start()
        while index < end.start():
            index = _TEXT.match(text, index, end.start()).end()  # type: ignore[union-attr]
            if index < end.start():
                index = self._inside(index)
        if index != end.start():
            raise NotSimple
        self._document = line, end.end()
        return Span(line + 1, end.start())


def _balanced(expression: str) -> bool:
    """Whether each bracket that groups a regular expression is closed."""
    bare = _SET_ASIDE.sub("", expression)
    return bare.count("(") == bare.count(")")
