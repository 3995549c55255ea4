"""make's options, on its command line and in ``MAKEFLAGS``.

Source: GNU Make's manual ("Options/Recursion", "Summary of Options"); what is not in it was tried with GNU Make 4.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from covpath.patterns import regex
from covpath.terms import Tri

_LONG = {
    "always-make": "B", "assume-new": "W", "assume-old": "o", "check-symlink-times": "L", "debug": "d",
    "directory": "C", "dry-run": "n", "environment-overrides": "e", "eval": "E", "file": "f", "help": "h",
    "ignore-errors": "i", "include-dir": "I", "jobs": "j", "just-print": "n", "keep-going": "k", "load-average": "l",
    "makefile": "f", "max-load": "l", "new-file": "W", "no-builtin-rules": "r", "no-builtin-variables": "R",
    "no-keep-going": "S", "no-print-directory": "", "no-silent": "", "old-file": "o", "output-sync": "O",
    "print-data-base": "p", "print-directory": "w", "question": "q", "quiet": "s", "recon": "n", "silent": "s",
    "stop": "S", "touch": "t", "trace": "", "version": "v", "warn-undefined-variables": "", "what-if": "W",
}  # fmt: skip
_VALUED = "CEIWfo"
_MAY_HAVE_VALUE = "Ojl"
_IDLE = frozenset("nqtvh")
"""Options with which no recipe is run."""
_HOLE = "\0"
_VARYING = regex(r"\$\{\{.*?\}\}|\$\([^()]*\)|\$\{[^{}]*\}|\$\w+|`[^`]*`", re.DOTALL)
_FUNCTION = regex(r"\$[({](?:if|or|and|filter|filter-out|findstring|subst|patsubst|strip|foreach)\s")


class Option(Struct, frozen=True):
    """One option by its letter (empty: an operand), with its value and how it was written."""

    letter: str
    value: str | None
    written: str


def read_options(words: Sequence[str | None], raw: Sequence[str]) -> Iterator[Option]:
    """Options and operands in order; a word that varies is an operand without a value, unless its front tells."""
    index = 0
    while index < len(words):
        word = words[index]
        written = raw[index]
        following = words[index + 1] if index + 1 < len(words) else None
        text = word if word is not None else written
        index += 1
        if text == "--":
            yield from (Option("", one, shown) for one, shown in zip(words[index:], raw[index:], strict=True))
            return
        if not text.startswith("-") or text == "-" or (word is None and text[:2] not in ("-j", "-l", "-C", "-f", "-I")):
            yield Option("", word, written)
        elif text.startswith("--"):
            letter, value = _long(text)
            if value is None and letter and letter in _VALUED:
                value, index = following, index + 1
            yield Option(letter, value, written)
        else:
            yield from _cluster(text, written, following, known=word is not None)
            index += _takes_next(text, following)


def _long(text: str) -> tuple[str, str | None]:
    """A long option's letter; make takes any beginning that no other option has."""
    name, sign, value = text[2:].partition("=")
    letters = {letter for known, letter in _LONG.items() if known.startswith(name)}
    letter = _LONG.get(name, letters.pop() if len(letters) == 1 else "-")
    return letter or "-", value if sign else None


def _cluster(text: str, written: str, following: str | None, *, known: bool) -> Iterator[Option]:
    for position, letter in enumerate(text[1:], 2):
        rest = text[position:]
        if letter in _VALUED:
            yield Option(letter, (rest if known else None) if rest else following, written)
            return
        yield Option(letter, None, written)
        if letter in _MAY_HAVE_VALUE:
            return


def _takes_next(text: str, following: str | None) -> bool:
    """Whether the last option of a cluster takes the word behind it."""
    for position, letter in enumerate(text[1:], 2):
        if letter in _VALUED or letter in _MAY_HAVE_VALUE:
            number = letter in "jl" and (following or "").replace(".", "", 1).isdigit()
            return position == len(text) and (letter in _VALUED or number)
    return False


class Flags(Struct, frozen=True, kw_only=True):
    """What a ``MAKEFLAGS`` says: whether failures are ignored, and whether no recipe is run."""

    ignores: Tri = Tri.FALSE
    idle: bool = False


def flags_in(text: str | None) -> Flags:
    """What a value of ``MAKEFLAGS`` (or ``GNUMAKEFLAGS``) says; None is a value that is not known."""
    if text is None:
        return Flags(ignores=Tri.UNKNOWN)
    if _FUNCTION.search(text):
        # What a function of make's comes to is one of the words in it, as far as it matters here.
        inner = flags_in(" ".join(re.split(r"[\s,(){}$]+", _FUNCTION.sub(" ", text))))
        return Flags(ignores=Tri.FALSE if inner.ignores is Tri.FALSE else Tri.UNKNOWN)
    words = _VARYING.sub(_HOLE, text).split()
    if words and words[0][0] != "-" and "=" not in words[0]:
        words[0] = f"-{words[0]}"
    found = list(read_options(words, words))
    letters = [one.letter for one in found]
    if "i" in letters:
        return Flags(ignores=Tri.TRUE, idle=not _IDLE.isdisjoint(letters))
    unknown = _HOLE in letters or any(not one.letter and one.written.startswith(_HOLE) for one in found)
    return Flags(ignores=Tri.UNKNOWN if unknown else Tri.FALSE, idle=not _IDLE.isdisjoint(letters))


def runs_nothing(option: Option) -> bool:
    """Whether make runs no recipe with an option: it prints, asks or touches instead."""
    return option.letter in _IDLE
