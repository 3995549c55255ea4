"""Which variables can decide how a script ends: only those are followed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from covpath.patterns import regex
from covpath.workflow.shell.syntax import Arithmetic, Script, Variable, Word

_DECIDING = frozenset({"exit", "return", "[", "test", "wait", "let", "break", "continue", "eval", "trap", "set"})
_TESTS = (("[[", "]]"), ("((", "))"), ("case ", " in"))
"""What stands around tests that are no commands; found by text, which may find too much and never too little."""
_NAME = regex(r"[A-Za-z_]\w*", re.ASCII)


def deciding_variables(script: Script) -> frozenset[str]:
    """The variables that tests, exits and their like read, and those whose values they are given.

    One that is missed is treated as unknown, so a miss costs certainty, never truth.
    """
    names: set[str] = set()
    assigned: list[tuple[str, frozenset[str]]] = []
    for command in script.commands:
        if command.name in _DECIDING:
            names.update(_in_words(command.words))
            if command.name in {"let", "trap", "eval"}:
                names.update(_NAME.findall(" ".join(word.raw for word in command.words)))
        elif command.words and command.words[0].text is None:
            names.update(_in_words(command.words[:1]))
        if command.assignments:
            given = [(one.name, one.value) for one in command.assignments if one.value is not None]
            assigned += [(name, frozenset(_in_words((value,)))) for name, value in given]
        for word in command.words[1:]:
            name, sign, _ = word.raw.partition("=")
            if sign:
                assigned.append((name, frozenset(_in_words((word,)))))
    for opening, closing in _TESTS:
        for piece in script.text.split(opening)[1:]:
            names.update(_NAME.findall(piece.partition(closing)[0]))
    while True:
        more = {used for name, uses in assigned if name in names for used in uses} - names
        if not more:
            return frozenset(names)
        names |= more


def _in_words(words: Iterable[Word]) -> Iterator[str]:
    for word in words:
        for part in word.parts:
            if type(part) is Variable:
                yield part.name
            elif type(part) is Arithmetic:
                yield from _NAME.findall(part.raw)
