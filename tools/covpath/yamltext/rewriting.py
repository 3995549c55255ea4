"""Several edits in a row, each made on what the one before left, together one proven patch."""

from __future__ import annotations

from msgspec import Struct, field

from covpath.yamltext.edit import Change, Edit, Patch
from covpath.yamltext.proof import prove
from covpath.yamltext.reading import Document


class _Kept(Struct, frozen=True):
    """A stretch of the first text that is still there."""

    start: int
    end: int


class _New(Struct, frozen=True):
    """Text that an edit brought."""

    text: str
    why: str


class Rewriting:
    """A document being changed edit by edit; ``document`` is always the present state.

    >>> rewriting = Rewriting(document)
    >>> rewriting.make(set_key(rewriting.document, ("jobs", "a"), "continue-on-error", True))
    >>> patch = rewriting.patch()
    """

    def __init__(self, document: Document) -> None:
        self.before = document
        self.document = document
        self.changes: tuple[Change, ...] = ()
        """What has been declared to change, in turn."""
        self.gone: tuple[str, ...] = ()
        """The comments lost with removed text."""
        self._pieces: list[_Kept | _New] = [_Kept(0, len(document.source.text))]

    def make(self, edit: Edit | None) -> bool:
        """Make an edit of the present ``document``; False where there is nothing to do.

        Raises ProofFailed, and leaves everything as it was, where the edit does something
        else than it says.
        """
        if edit is None:
            return False
        after = prove(Patch(self.document.source, (edit,)), edit.changes, gone=edit.gone, before=self.document)
        self._splice(edit)
        self.document = after
        self.changes += edit.changes
        self.gone += edit.gone
        return True

    def patch(self) -> Patch:
        """All edits as one patch of the first text, proved as a whole."""
        patch = Patch(self.before.source, tuple(self._edits()))
        prove(patch, self.changes, gone=self.gone, before=self.before)
        return patch

    def _splice(self, edit: Edit) -> None:
        left, rest = _split(self._pieces, edit.start)
        _, right = _split(rest, edit.end - edit.start)
        self._pieces = [*left, _New(edit.new, edit.why), *right]

    def _edits(self) -> list[Edit]:
        """The differences between the first text and the present one, piece by piece."""
        text = self.before.source.text
        edits: list[Edit] = []
        position = 0
        new = _Gap()
        for piece in (*self._pieces, _Kept(len(text), len(text))):
            if isinstance(piece, _New):
                new.add(piece)
                continue
            if piece.start == piece.end and piece.start < len(text):
                continue
            if new.pieces or piece.start > position:
                edit = new.edit(text, position, piece.start)
                edits += [edit] if edit else []
            new, position = _Gap(), piece.end
        return edits


class _Gap(Struct):
    """What stands between two kept stretches."""

    pieces: list[_New] = field(default_factory=list)

    def add(self, piece: _New) -> None:
        self.pieces.append(piece)

    def edit(self, text: str, start: int, end: int) -> Edit | None:
        new = "".join(piece.text for piece in self.pieces)
        if new == text[start:end]:
            return None
        why = "; ".join(dict.fromkeys(piece.why for piece in self.pieces if piece.why))
        return Edit(start, end, new, why)


def _split(pieces: list[_Kept | _New], at: int) -> tuple[list[_Kept | _New], list[_Kept | _New]]:
    """The pieces before and behind an offset of the text they make."""
    left: list[_Kept | _New] = []
    for number, piece in enumerate(pieces):
        length = piece.end - piece.start if isinstance(piece, _Kept) else len(piece.text)
        if at < length:
            if isinstance(piece, _Kept):
                cut: tuple[_Kept | _New, _Kept | _New] = (
                    _Kept(piece.start, piece.start + at),
                    _Kept(piece.start + at, piece.end),
                )
            else:
                cut = _New(piece.text[:at], piece.why), _New(piece.text[at:], piece.why)
            kept = [cut[0]] if at else []
            return [*left, *kept], [cut[1], *pieces[number + 1 :]]
        left.append(piece)
        at -= length
    return left, []
