"""Reports in XML: Cobertura and Clover. No entity of the file's own is ever expanded."""

from __future__ import annotations

import xml.parsers.expat as expat
from collections.abc import Callable

from covpath.bench.report_lines import FileLines, ParsedReport, Unreadable, count, line_number

Attributes = dict[str, str]


def parse_xml(data: bytes) -> ParsedReport:
    """A Cobertura or Clover report; Unreadable for anything else."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.EntityDeclHandler = _refuse_entities
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(data, True)
    except Unreadable:
        raise
    except (expat.ExpatError, ValueError, LookupError) as error:  # the last two: an encoding nobody knows
        raise Unreadable(f"is not well-formed XML: {error}") from None
    return reader.report()


def _refuse_entities(*_: object) -> None:
    """A report needs no entities; a file that declares some may be made to exhaust its reader."""
    raise Unreadable("declares entities, which no coverage report does")


class _Reader:
    """Collects lines from start tags; which tags count depends on the root's children."""

    def __init__(self) -> None:
        self.root: str | None = None
        self.clover = False
        self.files: list[FileLines] = []
        self.sources: list[str] = []
        self._source: list[str] | None = None
        self._name: str | None = None
        self._lines: dict[int, bool] = {}

    def start(self, tag: str, attributes: Attributes) -> None:
        if self.root is None:
            self.root = tag
            self.clover = "clover" in attributes or "generated" in attributes
            if tag != "coverage":
                raise Unreadable(f"its root is <{tag[:40]}>, not <coverage>")
        action = self._actions().get(tag)
        if action is not None:
            action(attributes)

    def _actions(self) -> dict[str, Callable[[Attributes], None]]:
        if self.clover:
            return {"file": self._open_file, "line": self._clover_line}
        return {"source": self._open_source, "class": self._open_file, "line": self._cobertura_line}

    def _open_source(self, _attributes: Attributes) -> None:
        self._source = []

    def _open_file(self, attributes: Attributes) -> None:
        name = attributes.get("filename") or attributes.get("path") or attributes.get("name")
        if not name:
            raise Unreadable("a file has no name")
        self._name, self._lines = name, {}

    def _cobertura_line(self, attributes: Attributes) -> None:
        self._line(attributes.get("number"), attributes.get("hits"))

    def _clover_line(self, attributes: Attributes) -> None:
        if attributes.get("type", "stmt") == "stmt":
            self._line(attributes.get("num"), attributes.get("count"))

    def _line(self, number: str | None, hits: str | None) -> None:
        if self._name is None:
            return
        line = line_number(number)
        self._lines[line] = self._lines.get(line, False) or count(hits) > 0

    def text(self, text: str) -> None:
        if self._source is not None:
            self._source.append(text)

    def end(self, tag: str) -> None:
        if tag == "source" and self._source is not None:
            self.sources.append("".join(self._source).strip())
            self._source = None
        elif tag in ("class", "file") and self._name is not None:
            self.files.append(FileLines.of(self._name, self._lines))
            self._name = None

    def report(self) -> ParsedReport:
        name = "clover" if self.clover else "cobertura"
        return ParsedReport(format=name, files=tuple(self.files), sources=tuple(filter(None, self.sources)))
