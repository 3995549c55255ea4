"""Where a report is mentioned in text: shell lines, ``if`` conditions, ``hashFiles``, scanner arguments.

A mention is a span of characters; what to put there is said only where the text names the path itself.
A line that reads the old format's inside (``xmllint``, ``jq``, a pattern for the log) is named, not
rewritten.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from covpath.patterns import holds_one, regex
from covpath.terms import Fact


class Use(Fact):
    """How a text uses a report."""

    PATH = "path"
    """It names the file; another path can stand there."""
    NAME = "name"
    """It names the file without its folder, or with another one (a glob, another directory)."""
    CONTENT = "content"
    """It reads what is inside; a report of another format needs another reader."""
    LOG = "log"
    """It reads the tool's output."""
    SETTING = "setting"
    """It is a setting of a scanner that takes reports of one format."""


class Mention(Struct, frozen=True):
    """``start`` and ``end`` are positions in the text, ``text`` what stands there."""

    use: Use
    start: int
    end: int
    text: str


_READERS = regex(
    r"\b(?:xmllint|xmlstarlet|xpath|jq|yq|lcov|genhtml|lcov_cobertura|pycobertura|lcov-summary|lcov2badge"
    r"|gocover-cobertura|coverage-badge|genbadge|diff-cover|covdir2xml)\b"
    r"|ElementTree|minidom|\.parse\(|line-rate|json\.load"
)
_LOG_READERS = regex(
    r"%\s*coverage|coverage,\s*\\?d|lines covered|\bgrep\b[^\n|]*TOTAL|\bawk\b[^\n|]*(?:TOTAL|coverage)"
    r"|\.data\[0\]\.totals|\btotals\.lines\b|Uncovered Lines"
)
_OF_LOGS = ("coverage", "covered", "TOTAL", "totals")
"""One of these stands wherever ``_LOG_READERS`` finds something."""
_SETTING = "reportPath"
_SONAR = regex(
    r"(?:sonar|community)\.(?:rust|python|javascript|go)\.(?:lcov|cobertura|coverage)\.reportPaths?",
)
_EDGE = r"(?<![\w.-])"
_END = r"(?![\w-])(?!\.\w)"


def mentions(text: str, reports: Sequence[str]) -> tuple[Mention, ...]:
    """Every mention of the report paths ``reports`` in ``text``, in order and without overlaps.

    Paths are relative to the repository's root or to a step's directory; the caller gives the spellings
    that count (``./icn/coverage/cobertura.xml``, ``coverage/cobertura.xml``). A line is told to read the
    content where a known reader stands on it.
    """
    names = dict.fromkeys(posixpath.basename(report) for report in reports)
    # Plain words tell at once of most texts that they hold none.
    logs, settings = holds_one(text, _OF_LOGS), _SETTING in text
    if not logs and not settings and not holds_one(text, names):
        return ()
    found: list[Mention] = []
    for report in reports:
        for match in _spelled(report.removeprefix("./"), r"(?:\./)?", text):
            if not _taken(found, match.start(), match.end()) and not _continues_left(text, match.start()):
                found.append(_mention(text, Use.PATH, match))
    for name in names:
        for match in _spelled(name, r"(?:[\w./*?${}-]*[/*])?", text):
            if not _taken(found, match.start(), match.end()):
                found.append(_mention(text, Use.NAME, match))
    for use, pattern in ((Use.LOG, _LOG_READERS),) * logs + ((Use.SETTING, _SONAR),) * settings:
        found += [
            Mention(use, match.start(), match.end(), match[0])
            for match in pattern.finditer(text)
            if not _taken(found, match.start(), match.end())
        ]
    return tuple(sorted(found, key=lambda mention: mention.start))


def _spelled(name: str, lead: str, text: str) -> Iterator[re.Match[str]]:
    """Where ``name`` stands by itself or behind ``lead``. Most texts do not hold it, which is seen at once."""
    if name in text:
        yield from re.finditer(f"{_EDGE}{lead}{re.escape(name)}{_END}", text)


def _mention(text: str, use: Use, match: re.Match[str]) -> Mention:
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    line = text[start : end if end >= 0 else len(text)]
    reads = _READERS.search(line) is not None
    return Mention(Use.CONTENT if reads else use, match.start(), match.end(), match[0])


def _continues_left(text: str, start: int) -> bool:
    """Whether the path is only the end of a longer one."""
    return start > 0 and text[start - 1] in "/*"


def _taken(found: Sequence[Mention], start: int, end: int) -> bool:
    return any(mention.start < end and start < mention.end for mention in found)
