"""Words: from the characters as written to parts and, where static, a value.

Quote removal follows POSIX (Shell Command Language, 2.2 Quoting) and bash's ``$'...'``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping

from msgspec.structs import replace

from covpath.patterns import regex
from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import Arithmetic, Expression, Literal, Part, Pattern, Substitution, Variable, Word

_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]|[@*#?$!_-]")
_BRACED = regex(r"([#!]?)([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])")
_SAFE = regex(r"[A-Za-z0-9_@%+=:,./^-]+")
_NAMED = regex(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")
_EASY = regex(
    r"(?P<plain>[A-Za-z0-9_@%+=:,./^-]+)|'(?P<single>[^']*)'"
    r"|\"(?P<double>(?:[^\"$`\\]++|\$[A-Za-z_]|\$\{[A-Za-z_][A-Za-z0-9_]*\})*)\""
    r"|\$(?:(?P<bare>[A-Za-z_][A-Za-z0-9_]*)|\{(?P<braced>[A-Za-z_][A-Za-z0-9_]*)\})"
)
_QUOTED_RUN = regex(r"[^\"\\$`]+")
_BRACES = regex(r"\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}")
_ANSI_SIMPLE = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip


class WordReader:
    """Cuts words of one script into parts.

    ``substitutions`` maps the offset of each ``$(``, backquote or ``<(`` to what was parsed there;
    ``expressions`` are the spans of GitHub expressions.
    """

    def __init__(
        self,
        text: str,
        expressions: tuple[Span, ...] = (),
        substitutions: Mapping[int, Substitution] | None = None,
    ) -> None:
        self._text = text
        self._expressions = expressions
        self._expression_starts = [span.start for span in expressions]
        self._substitutions = substitutions if substitutions is not None else {}

    def read(self, start: int, end: int) -> Word:
        """The word whose characters are ``text[start:end]``."""
        raw = self._text[start:end]
        if _SAFE.fullmatch(raw) and (not self._expressions or self.next_expression(start) >= end):
            return Word(raw, Span(start, end), (Literal(raw),), raw)
        parts = _Cutter(self, start, end).cut()
        return Word(raw, Span(start, end), parts, _value(parts))

    def split(self, start: int, end: int) -> tuple[Word, ...]:
        """The words between two offsets, separated by blanks, newlines and line continuations."""
        words: list[Word] = []
        index = start
        while index < end:
            index = self._skip_blank(index, end)
            stop = self._word_end(index, end)
            if stop > index:
                words.append(self.read(index, stop))
            index = max(stop, index + 1)
        return tuple(words)

    def expression_at(self, offset: int) -> Span | None:
        """The GitHub expression that covers ``offset``."""
        if not self._expressions:
            return None
        position = bisect_right(self._expression_starts, offset) - 1
        if position >= 0 and offset < self._expressions[position].end:
            return self._expressions[position]
        return None

    def next_expression(self, offset: int) -> int:
        """The first offset from ``offset`` on that is inside an expression; the text's length if none is."""
        if not self._expressions:
            return len(self._text)
        if self.expression_at(offset) is not None:
            return offset
        position = bisect_right(self._expression_starts, offset)
        return self._expression_starts[position] if position < len(self._expressions) else len(self._text)

    def substitution_at(self, offset: int) -> Substitution | None:
        """The command or process substitution that starts at ``offset``."""
        return self._substitutions.get(offset)

    @property
    def text(self) -> str:
        """The whole script."""
        return self._text

    def _skip_blank(self, index: int, end: int) -> int:
        while index < end:
            if self._text[index] in " \t\n":
                index += 1
            elif self._text.startswith("\\\n", index):
                index += 2
            else:
                break
        return index

    def _word_end(self, index: int, end: int) -> int:
        quote = ""
        while index < end:
            expression = self.expression_at(index)
            inner = self.substitution_at(index) if quote != "'" else None
            if expression is not None:
                index = expression.end
                continue
            if inner is not None:
                index = inner.span.end
                continue
            char = self._text[index]
            if char == "\\" and quote != "'":
                index += 2
                continue
            if quote:
                quote = "" if char == quote else quote
            elif char in "'\"":
                quote = char
            elif char in " \t\n":
                break
            index += 1
        return min(index, end)


def _value(parts: tuple[Part, ...]) -> str | None:
    """What literal parts come to; None where there are others."""
    value = ""
    for part in parts:
        if not isinstance(part, Literal):
            return None
        value += part.text
    return value


class _Cutter:
    """One pass over one word."""

    def __init__(self, reader: WordReader, start: int, end: int) -> None:
        self._reader = reader
        self._text = reader.text
        self._index = start
        self._start = start
        self._end = end
        self._parts: list[Part] = []
        self._last_bracket = self._text.rfind("]", start, end)

    def cut(self) -> tuple[Part, ...]:
        limit = min(self._end, self._reader.next_expression(self._start))
        while self._index < self._end:
            easy = _EASY.match(self._text, self._index, limit)
            if easy is not None:
                self._index = easy.end()
                self._easy(easy)
                continue
            self._unquoted()
            if limit < self._index:
                limit = min(self._end, self._reader.next_expression(self._index))
        return tuple(self._parts)

    def _easy(self, match: re.Match[str]) -> None:
        """A run of plain characters, a variable, or a quoted text with nothing but variables in it."""
        kind = match.lastgroup
        text = match[kind or 0]
        if kind == "plain":
            self._add(Literal(text))
        elif kind == "single" or (kind == "double" and "$" not in text):
            self._add(Literal(text, quoted=True))
        elif kind != "double":
            self._parts.append(Variable(text))
        else:
            before, *pieces = _NAMED.split(text)
            self._add(Literal(before, quoted=True))
            for bare, braced, behind in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
                self._parts.append(Variable(bare or braced, quoted=True))
                if behind:
                    self._parts.append(Literal(behind, quoted=True))

    def _add(self, part: Part) -> None:
        last = self._parts[-1] if self._parts else None
        if isinstance(part, Literal) and isinstance(last, Literal) and last.quoted == part.quoted:
            self._parts[-1] = Literal(last.text + part.text, part.quoted)
        else:
            self._parts.append(part)

    def _opaque(self, *, quoted: bool) -> bool:
        """Expressions and everything that starts with a dollar or a backquote."""
        expression = self._reader.expression_at(self._index)
        if expression is not None:
            stop = min(expression.end, self._end)
            self._add(Expression(self._text[self._index : stop]))
            self._index = stop
            return True
        inner = self._reader.substitution_at(self._index)
        if inner is not None:
            self._add(replace(inner, quoted=True) if quoted else inner)
            self._index = inner.span.end
            return True
        return self._text[self._index] == "$" and self._dollar(quoted=quoted)

    def _dollar(self, *, quoted: bool) -> bool:
        text, index = self._text, self._index
        if text.startswith("$((", index):
            stop = min(_closing(text, index + 1, self._end, "()"), self._end)
            self._add(Arithmetic(text[index + 3 : stop - 2]))
            self._index = stop
            return True
        if text.startswith("${", index):
            stop = _closing(text, index + 1, self._end, "{}")
            inside = text[index + 2 : stop - 1]
            match = _BRACED.match(inside)
            name = match[2] if match else ""
            operation = (match[1] + inside[match.end() :]) if match else inside
            self._add(Variable(name, operation, quoted))
            self._index = stop
            return True
        match = _NAME.match(text, index + 1, self._end)
        if match is None:
            return False
        self._add(Variable(match[0], "", quoted))
        self._index = match.end()
        return True

    def _unquoted(self) -> None:
        if self._opaque(quoted=False):
            return
        text, index = self._text, self._index
        char = text[index]
        if char == "'":
            self._single(index + 1)
        elif char == '"':
            self._double(index + 1)
        elif text.startswith("$'", index):
            self._ansi(index + 2)
        elif text.startswith('$"', index):
            self._double(index + 2)
        elif char == "\\":
            if not text.startswith("\\\n", index):
                self._add(Literal(text[index + 1 : index + 2], quoted=True))
            self._index += 2
        else:
            self._plain(char)

    def _plain(self, char: str) -> None:
        run = _SAFE.match(self._text, self._index, min(self._end, self._reader.next_expression(self._index)))
        if run is not None:
            self._add(Literal(run[0]))
            self._index = run.end()
            return
        if self._may_match_files(char):
            self._add(Pattern(char))
            self._index += 1
            return
        braces = _BRACES.match(self._text, self._index, self._end) if char == "{" else None
        if braces is not None:
            self._add(Pattern(braces[0]))
            self._index = braces.end()
            return
        self._add(Literal(char))
        self._index += 1

    def _may_match_files(self, char: str) -> bool:
        if char == "[":
            return self._last_bracket > self._index
        if char == "~":
            return self._index == self._start or self._text[self._index - 1] in "=:"
        return char in "*?"

    def _single(self, index: int) -> None:
        stop = self._text.find("'", index, self._end)
        stop = self._end if stop == -1 else stop
        self._quoted_text(index, stop)
        self._index = stop + 1

    def _quoted_text(self, index: int, stop: int) -> None:
        """The inside of single quotes: only GitHub expressions are special there."""
        self._add(Literal("", quoted=True))
        while index < stop:
            expression = self._reader.expression_at(index)
            if expression is None:
                following = min(self._reader.next_expression(index), stop)
                self._add(Literal(self._text[index:following], quoted=True))
                index = following
            else:
                self._add(Expression(self._text[index : min(expression.end, stop)]))
                index = expression.end

    def _double(self, index: int) -> None:
        self._add(Literal("", quoted=True))
        self._index = index
        while self._index < self._end and self._text[self._index] != '"':
            if self._opaque(quoted=True):
                continue
            run = _QUOTED_RUN.match(self._text, self._index, min(self._end, self._reader.next_expression(self._index)))
            if run is not None:
                self._add(Literal(run[0], quoted=True))
                self._index = run.end()
                continue
            char = self._text[self._index]
            following = self._text[self._index + 1 : self._index + 2]
            if char == "\\" and following and following in '$`"\\\n':
                if following != "\n":
                    self._add(Literal(following, quoted=True))
                self._index += 2
            else:
                self._add(Literal(char, quoted=True))
                self._index += 1
        self._index += 1

    def _ansi(self, index: int) -> None:
        self._add(Literal("", quoted=True))
        text = self._text
        while index < self._end and text[index] != "'":
            if text[index] != "\\":
                self._add(Literal(text[index], quoted=True))
                index += 1
            elif text[index + 1 : index + 2] in _ANSI_SIMPLE:
                self._add(Literal(_ANSI_SIMPLE[text[index + 1]], quoted=True))
                index += 2
            else:
                # Numeric escapes are too rare to decode: the word is then simply not static.
                self._add(Variable("", text[index : index + 2], quoted=True))
                index += 2
        self._index = index + 1


def _closing(text: str, index: int, end: int, pair: str) -> int:
    """The offset behind what closes the bracket at ``index``; ``end`` where nothing does."""
    depth = 0
    while index < end:
        if text[index] == "\\":
            index += 1
        elif text[index] == pair[0]:
            depth += 1
        elif text[index] == pair[1]:
            depth -= 1
            if depth == 0:
                return index + 1
        index += 1
    return end
