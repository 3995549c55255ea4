"""An edit is a range of characters and what stands there instead; a patch is several of them.

Nothing here knows YAML: this is the only way text changes, and the way back.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from covpath.errors import Refusal
from covpath.yamltext.diff import LineRanges, unified_diff
from covpath.yamltext.nodes import Plain, Route
from covpath.yamltext.source import Source


class ChangeKind(Enum):
    """What happens to the data at a route."""

    SET = "set"
    ADDED = "added"
    REMOVED = "removed"


class Change(Struct, frozen=True):
    """One declared difference of the data.

    Several changes apply in turn, each to the data the one before has left, so an item
    inserted moves the indexes of those behind it for the changes that follow.
    """

    route: Route
    kind: ChangeKind
    value: Plain = None


class Edit(Struct, frozen=True):
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


class Patch(Struct, frozen=True):
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
        return unified_diff(self.source, self.apply(), path or self.source.path, self._touched())

    def _touched(self) -> list[LineRanges]:
        """The lines that edits touch, before and after; edits that share a line stand together."""
        after = self.apply()
        touched: list[LineRanges] = []
        shift = 0
        for edit in self.in_order():
            start, end = edit.start + shift, edit.start + shift + len(edit.new)
            shift += len(edit.new) - (edit.end - edit.start)
            old = self.source.line_of(edit.start) - 1, self.source.line_of(edit.end)
            new = after.line_of(start) - 1, after.line_of(end)
            if touched and old[0] < touched[-1][1]:
                touched[-1] = (touched[-1][0], old[1], touched[-1][2], new[1])
            else:
                touched.append((*old, *new))
        return touched


def _name(edit: Edit) -> str:
    return f"{edit.why or 'edit'!r} ({edit.start} to {edit.end})"
