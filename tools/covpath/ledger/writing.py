"""The exceptions file on the disk: read, edited and replaced under one lock.

The lock and the journal are ``outside.transaction``'s (in ``.git``, so nothing lies about):
of several writers each sees what the one before has written, and whatever kills one leaves
a whole file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from msgspec.structs import replace

from covpath.ledger.editing import Edited
from covpath.outside.files import read_bytes, shown
from covpath.outside.transaction import Transaction
from covpath.yamltext.edit import Edit, Patch
from covpath.yamltext.source import Source, decode

Change: TypeAlias = Callable[[Source], Edited]
"""What is done to the file: one of ``editing``'s functions with its arguments bound."""


def change(root: Path, path: Path, edit: Change, *, begin: Source | None = None) -> Edited:
    """Make one change of the exceptions file at ``path`` in the repository at ``root``.

    ``begin`` is what to start from where there is no file yet; the patch is then against
    nothing. Raises what ``edit`` and the transaction raise, and InputError where there is no
    file to change; nothing is written then.
    """
    with Transaction(root) as writing:
        before = _present(root, path, begin)
        edited = _edited(root, path, before, edit, begin)
        confirm(edited)
        writing.replace(path, before=before, after=edited.source.encode())
    return edited


def preview(root: Path, path: Path, edit: Change, *, begin: Source | None = None) -> Edited:
    """What ``change`` would do, without a lock and without writing."""
    return _edited(root, path, _present(root, path, begin), edit, begin)


def confirm(edited: Edited) -> None:
    """The second proof, by another reader of YAML; raises ProofFailed. For whatever writes an edited file."""
    from covpath.ledger.second_reading import confirm as read_again

    read_again(edited.before, edited.source, edited.changes, edited.gone)


def _present(root: Path, path: Path, begin: Source | None) -> bytes | None:
    """The file's bytes; None where there is none and ``begin`` takes its place."""
    return None if begin is not None and not path.exists() else read_bytes(path, within=root)


def _edited(root: Path, path: Path, before: bytes | None, edit: Change, begin: Source | None) -> Edited:
    if before is not None:
        return edit(decode(shown(path, root), before))
    assert begin is not None
    edited = edit(begin)
    whole = Edit(0, 0, edited.source.text, "begin the file")
    return replace(edited, patch=Patch(Source(begin.path, ""), (whole,)), begun=begin)
