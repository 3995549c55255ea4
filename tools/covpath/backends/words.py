"""Words of a command line: what was written, and what it says where that is certain.

A word that holds a variable, a substitution or an expression has no certain text; it is carried as it
was written. Paths are joined and split in the written form, so such words stay whole.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable

from msgspec import Struct

from covpath.patterns import regex

_EXPRESSION = r"\$\{\{.*?\}\}"
_WORD = regex(
    rf"(?:{_EXPRESSION}|'[^']*'|\"(?:{_EXPRESSION}|\\.|[^\"\\])*\"|\\.|[^\s'\"\\])+",
    re.DOTALL,
)
_DYNAMIC = regex(r"(?<!\\)(?:\$[\w{(@*#?!$-]|`)")
_SINGLE_QUOTED = regex(r"'[^']*'")
_QUOTED_WHOLE = regex(r"\"(?:\\.|[^\"\\])*\"|'[^']*'")
_PATTERN = regex(r"(?!-)[\w./@%+:,=*?\[\]!^-]*[*?\[][\w./@%+:,=*?\[\]!^-]*")


class Argument(Struct, frozen=True):
    """One word: ``raw`` as written for the shell, ``text`` what the program receives.

    ``text`` is None where only a run can tell (a variable, a substitution, an expression).
    """

    raw: str
    text: str | None

    def __str__(self) -> str:
        return self.raw if self.text is None else self.text

    @property
    def may_spread(self) -> bool:
        """Whether the shell may make several words, or none, of this one."""
        return self.text is None and not _QUOTED_WHOLE.fullmatch(self.raw)

    @property
    def may_hold_options(self) -> bool:
        """Whether one of the words that the shell may make of this one may be an option."""
        return self.may_spread and self.pattern is None

    @property
    def pattern(self) -> str | None:
        """The text; of a pattern for file names that the shell fills in where there are any, the pattern."""
        return self.text if self.text is not None or not _PATTERN.fullmatch(self.raw) else self.raw


def plain(text: str) -> Argument:
    """A word for a text that is known, quoted for the shell where it must be."""
    return Argument(shlex.quote(text), text)


def words(line: str, *, shell: bool = True) -> tuple[Argument, ...]:
    """The words of one simple line, such as an action's ``args`` input or a case in a test.

    Full scripts are read elsewhere. Without ``shell`` a ``$`` is only a character, but an expression
    still is one. Raises ValueError where a quote is not closed.
    """
    found = []
    position = 0
    for match in _WORD.finditer(line):
        if line[position : match.start()].strip():
            raise ValueError(f"a quote is not closed: {line!r}")
        position = match.end()
        found.append(_argument(match[0], shell=shell))
    if line[position:].strip():
        raise ValueError(f"a quote is not closed: {line!r}")
    return tuple(found)


def _argument(raw: str, *, shell: bool) -> Argument:
    if re.search(_EXPRESSION, raw, re.DOTALL):
        return Argument(raw, None)
    if shell:
        if _DYNAMIC.search(_SINGLE_QUOTED.sub("", raw)):
            return Argument(raw, None)
        return Argument(raw, shlex.split(raw)[0] if raw else "")
    return plain(shlex.split(raw)[0])


def texts(line: Iterable[Argument]) -> tuple[str, ...]:
    """Every word's text, or what was written where there is none."""
    return tuple(str(word) for word in line)


def written(line: Iterable[Argument]) -> str:
    """The words as they stand on a command line."""
    return " ".join(word.raw for word in line)


def behind(word: Argument, lead: str) -> Argument | None:
    """The part of ``word`` behind ``lead`` (``--flag=`` or ``-p``), or None if it does not start so.

    >>> behind(Argument('--cov="a b"', "--cov=a b"), "--cov=")
    Argument(raw='"a b"', text='a b')
    """
    if word.text is None:
        return Argument(word.raw[len(lead) :], None) if word.raw.startswith(lead) else None
    if not word.text.startswith(lead):
        return None
    rest = word.text[len(lead) :]
    raw = word.raw[len(lead) :] if word.raw.startswith(lead) else ""
    if raw.startswith(("'", '"')) and not _QUOTED_WHOLE.fullmatch(raw):
        raw = ""
    return Argument(raw, rest) if raw or not rest else plain(rest)


def in_directory(directory: Argument, name: str) -> Argument:
    """The path of ``name`` in ``directory``; ``.`` and an empty directory give the bare name.

    >>> in_directory(Argument("$OUT", None), "lcov.info").raw
    '$OUT/lcov.info'
    """
    if directory.text is None:
        return Argument(f"{directory.raw}/{name}", None)
    if directory.text in {"", "."}:
        return plain(name)
    text = directory.text.rstrip("/") + "/" + name
    raw = directory.raw.rstrip("/") + "/" + name
    return Argument(raw, text) if directory.raw == directory.text else plain(text)


def directory_of(path: Argument) -> Argument | None:
    """The directory a file is written into, or None for the current one.

    A path whose text is not certain and that is quoted is left to the shell: ``"$(dirname ...)"``.
    """
    if path.text is not None:
        parent = posixpath.dirname(path.text)
        return plain(parent) if parent not in ("", ".") else None
    if re.search(r"['\"\\]", path.raw):
        return Argument(f'"$(dirname {path.raw})"', None)
    parent = _outside_expressions_rpartition(path.raw)
    return Argument(parent, None if _DYNAMIC.search(parent) else parent) if parent else None


def _outside_expressions_rpartition(raw: str) -> str:
    """What stands before the last ``/`` that is not inside an expression."""
    cut = 0
    hidden = [match.span() for match in re.finditer(_EXPRESSION, raw, re.DOTALL)]
    for match in re.finditer("/", raw):
        if not any(start <= match.start() < end for start, end in hidden):
            cut = match.start()
    return raw[:cut]
