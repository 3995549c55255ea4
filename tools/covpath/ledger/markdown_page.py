"""A hand-written registry in Markdown to titles and labelled texts. Knows Markdown, not what the labels mean.

Two forms are known: a heading with a list (or lines) of ``**Label**: text`` below it, and a
table with one row for each entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from textwrap import dedent

from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec import Struct, field

_LABEL = re.compile(
    r"(?:\*\*(?P<stars>[^*\n]{1,60}?)(?::\s*\*\*|\*\*\s*(?::|—|–|-(?=\s)))"
    r"|__(?P<lines>[^_\n]{1,60}?)(?::\s*__|__\s*(?::|—|–|-(?=\s)))"
    r"|(?P<plain>[A-Z][\w /-]{1,40}):(?=\s|$))\s*"
)
_MARKER = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]+|$)")
_ASIDES = frozenset({"caution", "example", "hint", "important", "note", "notes", "tip", "warning"})
_ENTRY_HEADERS = frozenset(
    {
        "check",
        "deadline",
        "decision",
        "due",
        "expires",
        "expiry",
        "job",
        "owner",
        "reason",
        "review",
        "status",
        "target",
    }
    | {"test", "until", "why", "workflow"}
)
_TITLE_HEADERS = frozenset({"check", "job", "name", "test"})
_PAIR_HEADERS = frozenset({"field", "key", "property", "attribute", ""})


class Field(Struct, frozen=True, kw_only=True):
    """A labelled text; ``label`` is empty for text without one, ``bold`` where it was written so."""

    label: str
    text: str
    line: int
    bold: bool = False


class Section(Struct, frozen=True, kw_only=True):
    """One entry of the page: its title, the headings above it, and what it says."""

    title: str
    above: tuple[str, ...]
    fields: tuple[Field, ...]
    line: int


class Page(Struct, frozen=True, kw_only=True):
    """The entries, and the words that belong to none of them, without the marks of headings."""

    sections: tuple[Section, ...]
    preamble: str


class _Part(Struct, kw_only=True):
    """A heading (level 0: the page) with the blocks up to the next heading, and the parts below it."""

    level: int
    title: str
    line: int
    body: list[list[Token]] = field(default_factory=list)
    below: list[_Part] = field(default_factory=list)


def read_page(text: str) -> Page:
    """The entries of a Markdown page; anything is a page, perhaps one without entries."""
    # Markdown's line ends only: the parser counts lines by them.
    reader = _Reader(re.split(r"\r\n?|\n", text))
    reader.read(_outline(MarkdownIt("commonmark").enable("table").parse(text)), ())
    return Page(sections=tuple(reader.sections), preamble="\n".join(reader.preamble).strip())


def _outline(tokens: Sequence[Token]) -> _Part:
    """The page as parts within parts."""
    root = _Part(level=0, title="", line=1)
    way = [root]
    for block in _top_level(tokens):
        if block[0].type != "heading_open":
            way[-1].body.append(block)
            continue
        part = _Part(level=int(block[0].tag[1:]), title=block[1].content, line=_start(block[0]) + 1)
        while way[-1].level >= part.level:
            way.pop()
        way[-1].below.append(part)
        way.append(part)
    return root


def _top_level(tokens: Sequence[Token]) -> list[list[Token]]:
    """The page's blocks, each the tokens from its opening to its closing one; HTML (comments) is not shown."""
    blocks: list[list[Token]] = []
    for token in tokens:
        if token.level == 0 and token.nesting >= 0:
            blocks.append([token])
        else:
            blocks[-1].append(token)
    return [block for block in blocks if block[0].type != "html_block"]


class _Reader(Struct):
    """Gathers the entries in the page's order."""

    lines: list[str]
    sections: list[Section] = field(default_factory=list)
    preamble: list[str] = field(default_factory=list)

    def read(self, part: _Part, above: tuple[str, ...]) -> None:
        path = (*above, part.title) if part.level else ()
        if self.is_entry(part):
            self.sections.append(
                Section(title=part.title, above=above, fields=tuple(self.all_fields(part)), line=part.line)
            )
            return
        if part.title:
            self.preamble += [part.title, ""]
        for block in part.body:
            if _is_list_of_entries(block):
                self.sections += _rows_as_sections(block, path)
            else:
                self.preamble += [*self.lines[_start(block[0]) : _end(block[0])], ""]
        for below in part.below:
            self.read(below, path)

    def is_entry(self, part: _Part) -> bool:
        """Whether a part is one entry, its sub-headings included.

        A part whose own parts look like entries is what holds them: always for the page's
        title, else from two of them on.
        """
        if not self.is_labelled(part) or any(_is_list_of_entries(block) for block in part.body):
            return False
        inner = sum(self.is_labelled(below) or any(map(self.is_labelled, below.below)) for below in part.below)
        return inner < (1 if part.level == 1 else 2)

    def is_labelled(self, part: _Part) -> bool:
        labels = [said for block in part.body for said in _fields(block, self.lines) if said.label]
        telling = [said for said in labels if said.label.lower() not in _ASIDES]
        return part.level > 0 and (len(telling) >= 2 or any(said.bold for said in telling))

    def all_fields(self, part: _Part) -> Iterator[Field]:
        for block in part.body:
            yield from _fields(block, self.lines)
        for below in part.below:
            blocks = [block for inner in _flattened(below) for block in inner.body]
            if blocks:
                text = "\n".join(self.lines[below.line : _end(blocks[-1][0])]).strip("\n")
                yield Field(label=below.title, text=text, line=below.line, bold=True)


def _flattened(part: _Part) -> Iterator[_Part]:
    yield part
    for below in part.below:
        yield from _flattened(below)


def _is_list_of_entries(block: list[Token]) -> bool:
    """Whether a block is a table with an entry in each row: at least two of its columns are an entry's."""
    if block[0].type != "table_open":
        return False
    header = {_bare(cell).lower() for cell in _rows(block)[0]}
    return len(header & _ENTRY_HEADERS) >= 2


def _fields(block: list[Token], lines: list[str]) -> Iterator[Field]:
    kind = block[0].type
    if kind in ("bullet_list_open", "ordered_list_open"):
        for item in block:
            if item.type == "list_item_open" and item.level == 1:
                yield _item(lines[_start(item) : _end(item)], _start(item) + 1)
    elif kind == "table_open":
        yield from _table(block)
    elif kind == "paragraph_open":
        yield from _paragraph(lines[_start(block[0]) : _end(block[0])], _start(block[0]) + 1)
    else:
        text = "\n".join(lines[_start(block[0]) : _end(block[0])]).strip("\n")
        yield Field(label="", text=text, line=_start(block[0]) + 1)


def _table(block: list[Token]) -> Iterator[Field]:
    """A table that is part of an entry: its rows are fields where it has a column for their names, else text."""
    header, *rows = _rows(block)
    line = _start(block[0]) + 1
    if len(header) == 2 and _bare(header[0]).lower() in _PAIR_HEADERS:
        for label, text in rows:
            yield Field(label=_bare(label), text=text, line=line, bold=True)
    else:
        yield Field(label="", text="\n".join(" | ".join(row) for row in (header, *rows)), line=line)


def _item(lines: list[str], number: int) -> Field:
    """A list item without its marker and indentation."""
    marker = _MARKER.match(lines[0])
    first = lines[0][marker.end() :] if marker else lines[0]
    return _field(first, lines[1:], number)


def _paragraph(lines: list[str], number: int) -> Iterator[Field]:
    """A paragraph, in which each line that begins with a label begins a field.

    A label that is not bold does so only where it is a word of an entry: sentences may begin
    with a word and a colon.
    """
    starts = [0, *(index for index in range(1, len(lines)) if _begins_field(lines[index]))]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield _field(lines[start].strip(), lines[start + 1 : end], number + start)


def _begins_field(line: str) -> bool:
    label = _LABEL.match(line.strip())
    return label is not None and (label["plain"] is None or label["plain"].lower() in _ENTRY_HEADERS)


def _field(first: str, rest: list[str], number: int) -> Field:
    label = _LABEL.match(first)
    head = first[label.end() :] if label else first
    body = dedent("\n".join(line.rstrip() for line in rest))
    text = f"{head.rstrip()}\n{body}".strip("\n").rstrip()
    name = (label["stars"] or label["lines"] or label["plain"]) if label else ""
    return Field(label=_bare(name), text=text, line=number, bold=label is not None and not label["plain"])


def _rows_as_sections(table: list[Token], path: tuple[str, ...]) -> Iterator[Section]:
    """One entry for each row; its first cell is its title."""
    header, *rows = _rows(table)
    places = [_start(token) + 1 for token in table if token.type == "tr_open"][1:]
    for row, line in zip(rows, places, strict=True):
        cells = [(_bare(label), cell) for label, cell in zip(header, row, strict=True) if cell]
        if cells and cells[0] == (_bare(header[0]), row[0]) and cells[0][0].lower() in _TITLE_HEADERS:
            del cells[0]  # the title says it
        if cells:
            fields = tuple(Field(label=label, text=cell, line=line) for label, cell in cells)
            yield Section(title=row[0], above=path, fields=fields, line=line)


def _rows(table: list[Token]) -> list[list[str]]:
    rows: list[list[str]] = []
    for token in table:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(token.content.strip())
    return rows


def _bare(label: str) -> str:
    return label.strip().strip("*_`:").strip()


def _start(token: Token) -> int:
    return token.map[0] if token.map else 0


def _end(token: Token) -> int:
    return token.map[1] if token.map else 0
