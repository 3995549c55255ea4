"""One text file as bytes and as characters, and the way between offsets and places.

All offsets in ``yamltext`` are character (code point) offsets into ``Source.text``, which
has no byte-order mark; only ``encode`` makes bytes again.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from operator import add

from msgspec import Struct

from covpath.errors import InputError, Place
from covpath.patterns import regex

BOM = b"\xef\xbb\xbf"
MAX_CHARACTERS = 1_048_576
"""Length of a file that can be read; GitHub's own limit."""

# Characters that YAML readers disagree about: control characters, and the line breaks that
# PyYAML sees (and git and GitHub do not): NEL, LS, PS and a carriage return on its own.
_REFUSED = regex("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]|\r(?!\n)")
_ODD_BYTES = tuple(byte for byte in (*range(0x20), 0x7F) if byte not in b"\t\n")
"""The bytes of ASCII that not every reader reads alike."""
_LINE_BREAKS = {
    "\x85": "NEL (U+0085)",
    "\u2028": "LS (U+2028)",
    "\u2029": "PS (U+2029)",
    "\r": "a carriage return alone",
}


class Source(Struct, frozen=True, dict=True):
    """A file's text and where it came from.

    ``path`` is what messages show. Made by :func:`decode`; compare ``encode()`` for bytes.
    """

    path: str
    text: str
    bom: bool = False

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offsets at which lines begin; the first is 0."""
        # Each line is as long as its characters and its line break; the last has none.
        lengths = list(map(len, self.text.split("\n")))[:-1]
        return tuple(map(add, accumulate(lengths, initial=0), range(len(lengths) + 1)))

    def line_of(self, offset: int) -> int:
        """The 1-based line of an offset."""
        return bisect_right(self.line_starts, offset)

    def place(self, offset: int) -> Place:
        """File, line and column (1-based, in characters) of an offset."""
        line = self.line_of(offset)
        return Place(self.path, line, offset - self.line_starts[line - 1] + 1)

    def line_span(self, line: int) -> tuple[int, int]:
        """Offsets of the 1-based line, its line break included."""
        starts = self.line_starts
        return starts[line - 1], starts[line] if line < len(starts) else len(self.text)

    def line_text(self, line: int) -> str:
        """The 1-based line without its line break."""
        start, end = self.line_span(line)
        return self.text[start:end].rstrip("\r\n")

    def newline_at(self, offset: int) -> str:
        """The line break in use around an offset: that line's own, else the one before, else ``\\n``."""
        for line in range(self.line_of(offset), 0, -1):
            start, end = self.line_span(line)
            if self.text.endswith("\r\n", start, end):
                return "\r\n"
            if self.text.endswith("\n", start, end):
                return "\n"
        return "\n"

    def encode(self) -> bytes:
        """The file's bytes."""
        return (BOM if self.bom else b"") + self.text.encode("utf-8")

    def with_text(self, text: str) -> Source:
        """The same file with other text (the byte-order mark stays)."""
        return Source(self.path, text, self.bom)


def decode(path: str, data: bytes) -> Source:
    """Bytes to text, refusing with its place what YAML readers read differently.

    Raises InputError for what is not UTF-8, for control characters, and for the line breaks
    NEL, LS, PS and bare CR (``facts``: PyYAML and git disagree on where a line ends there).
    """
    if len(data) > 4 * MAX_CHARACTERS + len(BOM):
        raise InputError(
            f"is {len(data):,} bytes long; GitHub reads at most {MAX_CHARACTERS:,} characters.",
            place=Place(path, 1, 1),
            hint="Split the file.",
        )
    bom = data.startswith(BOM)
    body = data[3:] if bom else data
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(
            "is UTF-16, not UTF-8.", place=Place(path, 1, 1), hint="Save the file as UTF-8; GitHub reads nothing else."
        )
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        before = body[: error.start].decode("utf-8", "replace")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        raise InputError(
            f"is not UTF-8: byte 0x{body[error.start]:02x}.",
            place=Place(path, line, column),
            hint="Save the file as UTF-8.",
        ) from None
    source = Source(path, text, bom)
    refused = None if _is_plain(body, text) else _REFUSED.search(text)
    if refused is not None:
        char = refused[0]
        what = _LINE_BREAKS.get(char)
        raise InputError(
            f"holds the {'line break' if what else 'control character'} {what or f'U+{ord(char):04X}'}, "
            "which YAML readers read differently.",
            place=source.place(refused.start()),
            hint="Remove it, or write it as an escape in a double-quoted string.",
        )
    return source


def _is_plain(body: bytes, text: str) -> bool:
    """Whether nothing in a text can be refused, by what takes no step of ours for each character.

    Nearly every file is plain ASCII. Whatever may be refused cannot be printed either.
    """
    if body.isascii():
        return not any(map(body.__contains__, _ODD_BYTES))
    return text.replace("\n", "").isprintable()
