"""Words: from the characters as written to parts and, where static, a value.

Quote removal follows POSIX (Shell Command Language, 2.2 Quoting) and bash's ``$'...'``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

from msgspec.structs import replace

from covpath.patterns import regex
from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import Arithmetic, Expression, Literal, Part, Pattern, Substitution, Variable, Word

_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]|[@*#?$!_-]")
_BRACED = regex(r"([#!]?)([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])")
_PLAIN, _SINGLE, _DOUBLE = 1, 2, 3
"""The groups of _EASY."""
_NAMED = regex(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")
_EASY = regex(
    r"([A-Za-z0-9_@%+=:,./^-]+)|'([^']*)'"
    r"|\"((?:[^\"$`\\]++|\$[A-Za-z_]|\$\{[A-Za-z_][A-Za-z0-9_]*\})*)\""
    r"|\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})"
)
_QUOTED_RUN = regex(r"[^\"\\$`]+")
_RUNS = {"": regex(r"[^ \t\n'\"\\$`<>]+"), '"': regex(r"[^\"\\$`<>]+"), "'": regex(r"[^']+")}
"""What goes on in a word without any change: outside quotes, and in each kind of them."""
_BLANKS = regex(r"(?:[ \t\n]++|\\\n)*")
_BRACES = regex(r"\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}")
_ANSI_SIMPLE = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip


class WordReader:
    """Cuts words of one script into parts.

    ``text`` is the whole script; ``substitutions`` maps the offset of each ``$(``, backquote or ``<(``
    to what was parsed there; ``expressions`` are the spans of GitHub expressions.
    """

    def __init__(
        self,
        text: str,
        expressions: tuple[Span, ...] = (),
        substitutions: Mapping[int, Substitution] | None = None,
    ) -> None:
        self.text = text
        self._expressions = expressions
        self._expression_starts = [span.start for span in expressions]
        self._substitutions = substitutions if substitutions is not None else {}

    def read(self, start: int, end: int) -> Word:
        """The word whose characters are ``text[start:end]``."""
        raw = self.text[start:end]
        parts: list[Part] = []
        index = _easy(parts, self.text, start, self.plain_until(start, end))
        if index < end:
            _Cutter(self, start, end, index, parts).cut()
        return Word(raw, Span(start, end), tuple(parts), _value(parts))

    def read_plain(self, start: int, end: int) -> Word:
        """The same where all of them are plain ones."""
        if self._expressions and self.plain_until(start, end) < end:
            return self.read(start, end)
        raw = self.text[start:end]
        return Word(raw, Span(start, end), (Literal(raw),), raw)

    def plain(self, start: int, end: int) -> list[Word]:
        """The words of ``text[start:end]``, each of plain characters and behind one blank."""
        words: list[Word] = []
        for raw in self.text[start:end].split(" "):
            stop = start + len(raw)
            words.append(Word(raw, Span(start, stop), (Literal(raw),), raw))
            start = stop + 1
        return words

    def split(self, start: int, end: int) -> tuple[Word, ...]:
        """The words between two offsets, separated by blanks, newlines and line continuations."""
        words: list[Word] = []
        index = start
        while index < end:
            index = _BLANKS.match(self.text, index, end).end()  # type: ignore[union-attr]
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

    def plain_until(self, offset: int, end: int) -> int:
        """Up to where no GitHub expression is: where the first from ``offset`` on begins, or ``end``."""
        if not self._expressions:
            return end
        if self.expression_at(offset) is not None:
            return offset
        position = bisect_right(self._expression_starts, offset)
        return min(end, self._expression_starts[position]) if position < len(self._expressions) else end

    def substitution_at(self, offset: int) -> Substitution | None:
        """The command or process substitution that starts at ``offset``."""
        return self._substitutions.get(offset)

    def _word_end(self, index: int, end: int) -> int:
        quote = ""
        while index < end:
            run = _RUNS[quote].match(self.text, index, self.plain_until(index, end))
            if run is not None:
                index = run.end()
                continue
            inner = self.substitution_at(index) if quote != "'" else None
            over = self.expression_at(index) or (inner.span if inner is not None else None)
            if over is not None:
                index = over.end
                continue
            char = self.text[index]
            if not quote and char in " \t\n":
                break
            index += 2 if char == "\\" and quote != "'" else 1
            if char == quote:
                quote = ""
            elif not quote and char in "'\"":
                quote = char
        return min(index, end)


def _value(parts: list[Part]) -> str | None:
    """What literal parts come to; None where there are others."""
    value = ""
    for part in parts:
        if type(part) is not Literal:
            return None
        value += part.text
    return value


def _easy(parts: list[Part], text: str, index: int, limit: int) -> int:
    """Add runs of plain characters, variables, and quoted texts with nothing but variables in them.

    Returns where something else begins.
    """
    while index < limit and (match := _EASY.match(text, index, limit)) is not None:
        index = match.end()
        kind = match.lastindex
        found = match[kind or 0]
        if kind in (_PLAIN, _SINGLE) or (kind == _DOUBLE and "$" not in found):
            _add(parts, Literal(found, kind != _PLAIN))
        elif kind != _DOUBLE:
            parts.append(Variable(found))
        else:
            before, *pieces = _NAMED.split(found)
            _add(parts, Literal(before, True))
            for bare, braced, behind in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
                parts.append(Variable(bare or braced, "", True))
                if behind:
                    parts.append(Literal(behind, True))
    return index


def _add(parts: list[Part], part: Part) -> None:
    """Add a part; texts of one kind become one."""
    last = parts[-1] if parts else None
    if type(last) is Literal and type(part) is Literal and last.quoted == part.quoted:
        parts[-1] = Literal(last.text + part.text, part.quoted)
    else:
        parts.append(part)


class _Cutter:
    """One pass over the rest of one word, which has more than easy parts."""

    def __init__(self, reader: WordReader, start: int, end: int, index: int, parts: list[Part]) -> None:
        self._reader = reader
        self._text = reader.text
        self._index = index
        self._start = start
        self._end = end
        self._parts = parts
        self._last_bracket = self._text.rfind("]", start, end)

    def cut(self) -> None:
        while self._index < self._end:
            self._unquoted()
            limit = self._reader.plain_until(self._index, self._end)
            self._index = _easy(self._parts, self._text, self._index, limit)

    def _opaque(self, *, quoted: bool) -> bool:
        """Expressions and everything that starts with a dollar or a backquote."""
        expression = self._reader.expression_at(self._index)
        if expression is not None:
            stop = min(expression.end, self._end)
            _add(self._parts, Expression(self._text[self._index : stop]))
            self._index = stop
            return True
        inner = self._reader.substitution_at(self._index)
        if inner is not None:
            _add(self._parts, replace(inner, quoted=True) if quoted else inner)
            self._index = inner.span.end
            return True
        return self._text[self._index] == "$" and self._dollar(quoted=quoted)

    def _dollar(self, *, quoted: bool) -> bool:
        text, index = self._text, self._index
        if text.startswith("$((", index):
            stop = min(_closing(text, index + 1, self._end, "()"), self._end)
            _add(self._parts, Arithmetic(text[index + 3 : stop - 2]))
            self._index = stop
            return True
        if text.startswith("${", index):
            stop = _closing(text, index + 1, self._end, "{}")
            inside = text[index + 2 : stop - 1]
            match = _BRACED.match(inside)
            name = match[2] if match else ""
            operation = (match[1] + inside[match.end() :]) if match else inside
            _add(self._parts, Variable(name, operation, quoted))
            self._index = stop
            return True
        match = _NAME.match(text, index + 1, self._end)
        if match is None:
            return False
        _add(self._parts, Variable(match[0], "", quoted))
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
                _add(self._parts, Literal(text[index + 1 : index + 2], quoted=True))
            self._index += 2
        else:
            self._plain(char)

    def _plain(self, char: str) -> None:
        if self._may_match_files(char):
            _add(self._parts, Pattern(char))
            self._index += 1
            return
        braces = _BRACES.match(self._text, self._index, self._end) if char == "{" else None
        if braces is not None:
            _add(self._parts, Pattern(braces[0]))
            self._index = braces.end()
            return
        _add(self._parts, Literal(char))
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
        _add(self._parts, Literal("", quoted=True))
        while index < stop:
            expression = self._reader.expression_at(index)
            if expression is None:
                following = self._reader.plain_until(index, stop)
                _add(self._parts, Literal(self._text[index:following], quoted=True))
                index = following
            else:
                _add(self._parts, Expression(self._text[index : min(expression.end, stop)]))
                index = expression.end

    def _double(self, index: int) -> None:
        _add(self._parts, Literal("", quoted=True))
        self._index = index
        while self._index < self._end and self._text[self._index] != '"':
            if self._opaque(quoted=True):
                continue
            run = _QUOTED_RUN.match(self._text, self._index, self._reader.plain_until(self._index, self._end))
            if run is not None:
                _add(self._parts, Literal(run[0], quoted=True))
                self._index = run.end()
                continue
            char = self._text[self._index]
            following = self._text[self._index + 1 : self._index + 2]
            if char == "\\" and following and following in '$`"\\\n':
                if following != "\n":
                    _add(self._parts, Literal(following, quoted=True))
                self._index += 2
            else:
                _add(self._parts, Literal(char, quoted=True))
                self._index += 1
        self._index += 1

    def _ansi(self, index: int) -> None:
        _add(self._parts, Literal("", quoted=True))
        text = self._text
        while index < self._end and text[index] != "'":
            if text[index] != "\\":
                _add(self._parts, Literal(text[index], quoted=True))
                index += 1
            elif text[index + 1 : index + 2] in _ANSI_SIMPLE:
                _add(self._parts, Literal(_ANSI_SIMPLE[text[index + 1]], quoted=True))
                index += 2
            else:
                # Numeric escapes are too rare to decode: the word is then simply not static.
                _add(self._parts, Variable("", text[index : index + 2], quoted=True))
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
