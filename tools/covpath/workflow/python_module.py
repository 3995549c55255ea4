"""Where the module stands in a Python command line: ``python -m pytest``, ``python -X dev -Im tox``."""

from __future__ import annotations

from collections.abc import Sequence

_VALUED = frozenset({"-X", "-W"})
"""Options of the interpreter whose value is a word of its own."""
_ALONE = frozenset("bBdEhiIOPqRsStuvVx")
"""Options that can stand in one word with the ``m`` that ends it (``python --help``)."""


def module_at(words: Sequence[str | None], start: int = 1) -> int | None:
    """Which word names the module that the interpreter runs; None where it runs a script, or it cannot be told.

    ``start``: the first word behind the interpreter.
    """
    index = start
    while index + 1 < len(words):
        word = words[index]
        if word is not None and not word.startswith("-"):
            return None
        # What is not known in front of a `-m` (`python $FLAGS -m pytest`) holds options.
        if word is not None and is_module_option(word):
            return index + 1
        index += 2 if word in _VALUED else 1
    return None


def is_module_option(word: str) -> bool:
    """``-m``, alone or behind options without a value: ``-Im``."""
    return word[:1] == "-" and word[-1:] == "m" and _ALONE.issuperset(word[1:-1])
