"""How a list of names is told in a line."""

from __future__ import annotations

from collections.abc import Sequence


def few(names: Sequence[str], most: int, link: str = "and") -> str:
    """The first ``most`` names and how many are left: ``a, b and 3 more``.

    ``link`` stands before the number.
    """
    shown = ", ".join(names[:most])
    return f"{shown} {link} {len(names) - most} more" if len(names) > most else shown
