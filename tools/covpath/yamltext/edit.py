"""An edit is a range of characters and what stands there instead; a patch is several of them.

Nothing here knows YAML: this is the only way text changes, and the way back.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from covpath.errors import Refusal
from covpath.yamltext.nodes import Plain, Route
from covpath.yamltext.source import BOM, Source


class ChangeKind(Enum):
    """What happens to the data at a route."""

    SET = "set"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One declared difference of the data.

    Several changes apply in turn, each to the data the one before has left, so an item
    inserted moves the indexes of those behind it for the changes that follow.
    """

    route: Route
    kind: ChangeKind
    value: Plain = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters ``start`` to ``end`` by ``new``.

    ``why`` is a few words for people. ``changes`` is what the edit does to the data, ``gone``
    the comments that are lost with the text it removes (each as written, from its ``#``).
    """

    start: int
    end: int
    new: str
    why: str = ""
    changes: tuple[Change, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Patch:
    """Edits of one source. Edits may touch but not overlap; insertions at one place keep their order."""

    source: Source
    edits: tuple[Edit, ...]

    def in_order(self) -> tuple[Edit, ...]:
        """The edits from the file's start to its end.

        Raises Refusal that names both where two overlap or one lies outside the text.
        """
        ordered = sorted(self.edits, key=lambda edit: (edit.start, edit.end))
        previous: Edit | None = None
        for edit in ordered:
            if not 0 <= edit.start <= edit.end <= len(self.source.text):
                raise Refusal(f"the edit {_name(edit)} lies outside the text.", place=self.source.place(0))
            if previous is not None and edit.start < previous.end:
                raise Refusal(
                    f"two edits overlap: {_name(previous)} and {_name(edit)}.",
                    place=self.source.place(edit.start),
                    hint="Apply one, then ask for the other.",
                )
            previous = edit
        return tuple(ordered)

    def apply(self) -> Source:
        """The source with all edits made."""
        text = self.source.text
        for edit in reversed(self.in_order()):
            text = text[: edit.start] + edit.new + text[edit.end :]
        return self.source.with_text(text)

    def reverse(self) -> Patch:
        """The patch of the changed source that restores the bytes of this one."""
        undo: list[Edit] = []
        shift = 0
        for edit in self.in_order():
            start = edit.start + shift
            undo.append(
                Edit(start, start + len(edit.new), self.source.text[edit.start : edit.end], f"undo: {edit.why}")
            )
            shift += len(edit.new) - (edit.end - edit.start)
        return Patch(self.apply(), tuple(undo))

    def diff(self, path: str | None = None) -> str:
        """The patch as a unified diff; empty where nothing changes. ``path`` defaults to the source's."""
        return unified_diff(self.source, self.apply(), path or self.source.path)


def _name(edit: Edit) -> str:
    return f"{edit.why or 'edit'!r} ({edit.start} to {edit.end})"


def unified_diff(before: Source, after: Source, path: str) -> str:
    """A diff that ``git apply`` takes, byte-order mark and missing final newline included."""
    old, new = _lines(before), _lines(after)
    hunks = "".join(_hunk(old, new, group) for group in _groups(_differences(old, new)))
    tab = "\t" if " " in path else ""  # as git marks the end of a name with blanks
    return f"--- a/{path}{tab}\n+++ b/{path}{tab}\n{hunks}" if hunks else ""


_CONTEXT = 3
_Ranges: TypeAlias = tuple[int, int, int, int]
"""Lines of the old text (from, to) and of the new text (from, to) that stand for each other."""


def _lines(source: Source) -> list[str]:
    text = (BOM.decode() if source.bom else "") + source.text
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _differences(old: list[str], new: list[str]) -> list[_Ranges]:
    """The stretches of lines that differ.

    The equal head and tail are set aside first, and no line counts as junk: difflib left to
    itself shows far more lines than changed.
    """
    shortest = min(len(old), len(new))
    head = next((i for i in range(shortest) if old[i] != new[i]), shortest)
    tail = next((i for i in range(shortest - head) if old[-1 - i] != new[-1 - i]), shortest - head)
    matcher = difflib.SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail], autojunk=False)
    return [
        (head + from_old, head + to_old, head + from_new, head + to_new)
        for tag, from_old, to_old, from_new, to_new in matcher.get_opcodes()
        if tag != "equal"
    ]


def _groups(differences: list[_Ranges]) -> list[list[_Ranges]]:
    """The differences that share a hunk: those whose context meets."""
    groups: list[list[_Ranges]] = []
    for each in differences:
        if groups and each[0] - groups[-1][-1][1] <= 2 * _CONTEXT:
            groups[-1].append(each)
        else:
            groups.append([each])
    return groups


def _hunk(old: list[str], new: list[str], group: list[_Ranges]) -> str:
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
