"""A command that takes another's place, written as the old one was: the same lines, indentation and blanks.

    cargo tarpaulin \\           cargo llvm-cov \\
      --workspace \\      gives    --workspace \\
      --out Xml                    --cobertura \\
                                   --output-path cobertura.xml
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from msgspec import Struct

from covpath.patterns import regex
from covpath.workflow.shell.parse import parse_script

_WORDS = regex(r"\s*\S+")


class _Old(Struct, frozen=True, kw_only=True):
    """The old command: its words, the blanks before each, and the number of the line each stands on."""

    words: tuple[str, ...]
    gaps: tuple[str, ...]
    lines: tuple[int, ...]

    @property
    def one_each(self) -> bool:
        """Whether its lines behind the first begin one option each, at most."""
        end = self.words.index("--") if "--" in self.words else len(self.words)
        begun = [self.lines[index] for index in range(end) if self.words[index].startswith("-")]
        begun = [line for line in begun if line]
        return len(begun) == len(set(begun))

    @property
    def begins_with_options(self) -> bool:
        """Whether options stand on its first line."""
        return any(not line and word.startswith("-") for line, word in zip(self.lines, self.words, strict=True))

    def start_of(self, line: int) -> str:
        """The blanks that begin a line: its own, or those of the nearest line behind the first."""
        starts = dict(reversed([*zip(self.lines, self.gaps, strict=True)]))
        return starts[min((other for other in starts if other), key=lambda other: abs(other - line))]


def laid_out(old: str, words: Sequence[str]) -> str:
    """The command of ``words`` in the layout of the command ``old``, whose place it takes.

    Words that stay keep what stands between them. Where the old lines held an option each, so do the new.
    """
    read = _read(old)
    if read is None:
        return " ".join(words)
    written = ""
    position = -1  # of the old word last met
    line = -1.0
    for word, kept, wanted in _placed(read, words):
        if not written:
            gap = ""
        elif kept is not None and kept == position + 1 and wanted == line:
            gap = read.gaps[kept]
        elif wanted == line:
            gap = " "
        else:
            gap = read.start_of(int(wanted))
        written += gap + word
        position = kept if kept is not None else -2
        line = wanted
    return written


def word_by_word(old: str, new: str) -> list[tuple[int, int, str]]:
    """What turns ``old`` into ``new``, from the last to the first: spans of ``old`` and their new text.

    Where a script is folded into one line, words that stay keep the line they were written on by that.
    """
    before, after = [*_WORDS.finditer(old)], [*_WORDS.finditer(new)]
    found = []
    matcher = SequenceMatcher(a=[one[0] for one in before], b=[one[0] for one in after], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        start = before[a].start() if a < b else before[a - 1].end() if a else 0
        end = before[b - 1].end() if a < b else start
        text = new[after[c].start() : after[d - 1].end()] if c < d else ""
        blanks = len(text) - len(text.lstrip())
        if a < b and text:  # the blanks before the first word stay
            start += len(before[a][0]) - len(before[a][0].lstrip())
            text = text[blanks:]
        found.append((start, end, text))
    return found[::-1]


def _read(old: str) -> _Old | None:
    """The old command taken apart; None where more than blanks stands between its words."""
    commands = parse_script(old).commands
    if len(commands) != 1 or not commands[0].words:
        return None
    spans = [word.span for word in commands[0].words]
    gaps = [old[: spans[0].start], *(old[a.end : b.start] for a, b in pairwise(spans))]
    if old[spans[-1].end :].strip() or any(gap.replace("\\\n", "").strip() for gap in gaps):
        return None
    lines: list[int] = []
    for gap in gaps:
        lines.append((lines[-1] if lines else 0) + ("\\\n" in gap))
    return _Old(words=tuple(old[one.start : one.end] for one in spans), gaps=tuple(gaps), lines=tuple(lines))


def _placed(old: _Old, words: Sequence[str]) -> Iterator[tuple[str, int | None, float]]:
    """Each new word, the old word it is, and its line; a line between two old ones is no whole number."""
    line: float = 0
    for tag, a, b, c, d in SequenceMatcher(a=old.words, b=list(words), autojunk=False).get_opcodes():
        if tag == "equal":
            for index in range(a, b):
                line = max(line, old.lines[index])
                yield words[c + index - a], index, line
            continue
        free = sorted({old.lines[index] for index in range(a, b) if old.words[index].startswith("-")})
        for index in range(c, d):
            if words[index].startswith("-") and not _is_module(words, index):
                line = _next_line(old, line, free)
            yield words[index], None, line


def _is_module(words: Sequence[str], index: int) -> bool:
    """Whether this is the ``-m`` that names the program itself."""
    return words[index] == "-m" and index > 0 and "python" in words[index - 1]


def _next_line(old: _Old, line: float, free: list[int]) -> float:
    """The line of an option that is new: that of an option which goes, else one of its own where all have that."""
    while free and free[0] < line:
        free.pop(0)
    if free:
        return free.pop(0)
    if not old.one_each or not any(old.lines) or (line == 0 and old.begins_with_options):
        return line
    return line + 1 / 1024
