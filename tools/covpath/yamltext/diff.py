"""Unified diffs of a file's text before and after, as git takes them."""

from __future__ import annotations

import difflib
import re
from typing import TypeAlias

from covpath.yamltext.source import BOM, Source

LineRanges: TypeAlias = tuple[int, int, int, int]
"""Lines of the old text (from, to) and of the new text (from, to) that stand for each other."""

_CONTEXT = 3


def unified_diff(before: Source, after: Source, path: str, touched: list[LineRanges] | None = None) -> str:
    """A diff that ``git apply`` takes, byte-order mark and missing final newline included.

    ``touched`` are the only lines that may differ, where that is known. Empty where nothing does.
    """
    old, new = _lines(before), _lines(after)
    everything = [(0, len(old), 0, len(new))]
    differences = [
        each for ranges in (everything if touched is None else touched) for each in _differences(old, new, ranges)
    ]
    hunks = "".join(_hunk(old, new, group) for group in _groups(differences))
    tab = "\t" if " " in path else ""  # as git marks the end of a name with blanks
    return f"--- a/{path}{tab}\n+++ b/{path}{tab}\n{hunks}" if hunks else ""


def _lines(source: Source) -> list[str]:
    text = (BOM.decode() if source.bom else "") + source.text
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _differences(old: list[str], new: list[str], ranges: LineRanges) -> list[LineRanges]:
    """The stretches of lines that differ.

    The equal head and tail are set aside first, and no line counts as junk: difflib left to
    itself shows far more lines than changed.
    """
    start, end, new_start, new_end = ranges
    end, new_end = min(end, len(old)), min(new_end, len(new))
    while start < end and new_start < new_end and old[start] == new[new_start]:
        start, new_start = start + 1, new_start + 1
    while start < end and new_start < new_end and old[end - 1] == new[new_end - 1]:
        end, new_end = end - 1, new_end - 1
    matcher = difflib.SequenceMatcher(None, old[start:end], new[new_start:new_end], autojunk=False)
    return [
        (start + from_old, start + to_old, new_start + from_new, new_start + to_new)
        for tag, from_old, to_old, from_new, to_new in matcher.get_opcodes()
        if tag != "equal"
    ]


def _groups(differences: list[LineRanges]) -> list[list[LineRanges]]:
    """The differences that share a hunk: those whose context meets."""
    groups: list[list[LineRanges]] = []
    for each in differences:
        if groups and each[0] - groups[-1][-1][1] <= 2 * _CONTEXT:
            groups[-1].append(each)
        else:
            groups.append([each])
    return groups


def _hunk(old: list[str], new: list[str], group: list[LineRanges]) -> str:
    """One hunk: header, context, and the lines taken and given."""
    first, last = group[0], group[-1]
    start = max(first[0] - _CONTEXT, 0)
    end = min(last[1] + _CONTEXT, len(old))
    new_start = first[2] - (first[0] - start)
    new_end = last[3] + (end - last[1])
    shown = [f"@@ -{_range(start, end)} +{_range(new_start, new_end)} @@\n"]
    position = start
    for from_old, to_old, from_new, to_new in group:
        shown += (_shown(" ", line) for line in old[position:from_old])
        shown += (_shown("-", line) for line in old[from_old:to_old])
        shown += (_shown("+", line) for line in new[from_new:to_new])
        position = to_old
    return "".join([*shown, *(_shown(" ", line) for line in old[position:end])])


def _range(start: int, end: int) -> str:
    """A hunk's range as the format wants it: an empty one is named by the line before it."""
    length = end - start
    return str(start + 1) if length == 1 else f"{start + 1 if length else start},{length}"


def _shown(mark: str, line: str) -> str:
    return f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"
