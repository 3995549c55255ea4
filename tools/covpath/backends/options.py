"""Reads and writes command-line options from a backend's table, in the dialect of its parser.

A table says for each option what it is about (a topic of the coverage request), or what is lost when
another backend takes over. Reading gives asks and natives; writing gives words again. Nothing here
knows a backend.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field

from covpath.backends.losses import DYNAMIC, MISSING_VALUE, REPEATED_OPTION, UNKNOWN_OPTION, Leaving
from covpath.backends.request import Ask, CoverageRequest, Native, Passed, Topic
from covpath.backends.words import Argument, behind, plain, written
from covpath.patterns import regex
from covpath.terms import Fact, Loss

_LONG_WITH_VALUE = regex(r"(--[A-Za-z0-9][\w.-]*)=")


class Arity(Fact):
    """How many words an option takes."""

    NONE = "none"
    ONE = "one"
    MANY = "many"
    """All words up to the next one that starts with a dash."""
    MAYBE = "maybe"
    """The next word, unless it starts with a dash; or attached with ``=``."""


class Option(Struct, frozen=True, kw_only=True):
    """One option of a backend; the first name is the one it is written with.

    Exactly one of ``topic`` and ``leaving`` is given, or neither where the backend reads it itself.
    ``joined``: several values become one, with this between them. ``single``: the tool refuses a second.
    """

    names: tuple[str, ...]
    arity: Arity = Arity.NONE
    topic: Topic | None = None
    leaving: Leaving | None = None
    joined: str | None = None
    single: bool = False


class Dialect(Struct, frozen=True, kw_only=True):
    """How a tool's own option parser behaves."""

    abbreviations: bool = False
    """A long option may be shortened as long as it stays unique (argparse, optparse)."""
    camel_case: bool = False
    """``--checkCoverage`` is ``--check-coverage`` (yargs)."""
    stops_at_positional: bool = False
    """Options end at the first word that is none; the rest belongs to another program."""
    passes_unknown: bool = False
    """Unknown options belong to somebody else and are handed on (pytest, ``cargo llvm-cov test``)."""
    passes_dynamic: bool = False
    """So are words that only a run can tell (pytest's arguments stay pytest's)."""


class Given(Struct, frozen=True, kw_only=True):
    """One option as given: ``flag`` as written, ``words`` all of it."""

    option: Option
    flag: str
    values: tuple[Argument, ...]
    words: tuple[Argument, ...]
    order: int
    attached: bool = False

    @property
    def what(self) -> str:
        """The option as written, for a loss."""
        return written(self.words)


class Reading(Struct, frozen=True, kw_only=True):
    """A command line read by a table: ``loose`` are the words no option took, ``rest`` what follows ``--``
    or the first positional word."""

    given: tuple[Given, ...] = ()
    loose: tuple[Passed, ...] = ()
    rest: tuple[Argument, ...] = ()
    losses: tuple[Loss, ...] = ()

    def of(self, name: str) -> tuple[Given, ...]:
        """Every use of the option called ``name``."""
        return tuple(given for given in self.given if name in given.option.names)

    def has(self, name: str) -> bool:
        """Whether the option called ``name`` is given."""
        return bool(self.of(name))

    def values(self, name: str) -> tuple[Argument, ...]:
        """Every value of the option called ``name``."""
        return tuple(value for given in self.of(name) for value in given.values)

    def asks(self) -> tuple[Ask, ...]:
        """What the options with a topic ask for."""
        return tuple(
            Ask(
                topic=given.option.topic,
                flag=given.flag,
                order=given.order,
                values=given.values,
                attached=given.attached,
            )
            for given in self.given
            if given.option.topic is not None
        )

    def natives(self) -> tuple[Native, ...]:
        """The options without a topic, with what is lost by leaving them."""
        return tuple(
            Native(words=given.words, order=given.order, leaving=given.option.leaving.loss(given.what))
            for given in self.given
            if given.option.leaving is not None
        )


class Table:
    """The options of one backend."""

    def __init__(self, options: Iterable[Option], dialect: Dialect) -> None:
        self.options = tuple(options)
        self.dialect = dialect
        self._by_name = {name: option for option in self.options for name in option.names}
        self._by_topic = {option.topic: option for option in reversed(self.options) if option.topic is not None}

    @property
    def topics(self) -> frozenset[Topic]:
        """The topics this backend has an option for."""
        return frozenset(self._by_topic)

    def find(self, name: str) -> Option | None:
        """The option called ``name``, by the dialect's rules."""
        if self.dialect.camel_case and name.startswith("--"):
            name = re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "-" + match[1].lower(), name)
        if name in self._by_name or not (self.dialect.abbreviations and name.startswith("--")):
            return self._by_name.get(name)
        longer = {id(option): option for key, option in self._by_name.items() if key.startswith(name)}
        return next(iter(longer.values())) if len(longer) == 1 else None

    def read(self, arguments: Sequence[Argument]) -> Reading:
        """Read ``arguments``; what cannot be told for certain becomes a loss that stops."""
        return _Reader(self, arguments).read()

    def write(
        self, request: CoverageRequest, cannot: Mapping[Topic, Leaving]
    ) -> tuple[tuple[Passed, ...], tuple[Loss, ...]]:
        """The words for every ask and native of ``request``, and what is lost.

        ``cannot`` says what becomes of topics without an option; a topic in neither is a bug of ours.
        """
        pieces: list[Passed] = []
        losses: list[Loss] = []
        flags: set[Topic] = set()
        for ask in request.asks:
            option = self._by_topic.get(ask.topic)
            if option is not None:
                if option.arity is not Arity.NONE or ask.topic not in flags:
                    pieces.append(Passed(ask.order, spelled(option, ask)))
                flags.add(ask.topic)
            else:
                what = " ".join((ask.flag, *(value.raw for value in ask.values)))
                losses.append(cannot[ask.topic].loss(what))
        return tuple(pieces), tuple(losses)


def spelled(option: Option, ask: Ask) -> tuple[Argument, ...]:
    """``ask`` written with ``option``: with the flag as the user wrote it where it exists here too."""
    flag = ask.flag if ask.flag in option.names else option.names[0]
    if option.arity is Arity.NONE:
        return (plain(flag),)
    values = ask.values
    if option.joined is not None and len(values) > 1 and all(value.text is not None for value in values):
        values = (plain(option.joined.join(str(value) for value in values)),)
    if option.arity is Arity.MAYBE:
        return tuple(Argument(f"{flag}={value.raw}", None) for value in values) or (plain(flag),)
    if ask.attached and len(values) == 1:
        return (Argument(f"{flag}{'=' if flag.startswith('--') else ''}{values[0].raw}", None),)
    if option.arity is Arity.MANY:
        return (plain(flag), *values)
    return tuple(word for value in values for word in (plain(flag), value))


def ordered(pieces: Iterable[Passed]) -> tuple[Argument, ...]:
    """The words of all pieces in the order they stood; new ones last."""
    return tuple(word for piece in sorted(pieces, key=lambda piece: piece.order) for word in piece.words)


class _Reader(Struct):
    table: Table
    arguments: Sequence[Argument]
    position: int = 0
    given: list[Given] = field(default_factory=list)
    loose: list[Passed] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)

    def read(self) -> Reading:
        rest: tuple[Argument, ...] = ()
        while self.position < len(self.arguments):
            word = self.arguments[self.position]
            if word.text == "--":
                rest = tuple(self.arguments[self.position + 1 :])
                break
            if not word.raw.lstrip("'\"").startswith("-") and not (word.text or "").startswith("-"):
                if self.table.dialect.stops_at_positional:
                    rest = tuple(self.arguments[self.position :])
                    break
                self._positional(word)
            elif word.text is None:
                self._dynamic(word)
            elif word.text.startswith("--"):
                self._long(word, word.text)
            elif len(word.text) > 1:
                self._short(word, word.text)
            else:
                self._positional(word)
        return Reading(given=tuple(self.given), loose=tuple(self.loose), rest=rest, losses=tuple(self.losses))

    def _positional(self, word: Argument) -> None:
        if word.may_hold_options and not self.table.dialect.passes_dynamic:
            self.losses.append(DYNAMIC.loss(word.raw))
        self._pass(word)

    def _pass(self, word: Argument) -> None:
        self.loose.append(Passed(self.position, (word,)))
        self.position += 1

    def _dynamic(self, word: Argument) -> None:
        """A word that starts with a dash and holds something only a run can tell."""
        match = _LONG_WITH_VALUE.match(word.raw)
        if match and self.table.find(match[1]):
            self._long(word, match[0])
            return
        option = self.table.find(word.raw[:2])
        if option and option.arity is not Arity.NONE and not word.raw.startswith("--"):
            self.position += self._add(option, word.raw[:2], behind(word, word.raw[:2]))
            return
        self._unknown(word, DYNAMIC)

    def _long(self, word: Argument, text: str) -> None:
        name, equals, _ = text.partition("=")
        option = self.table.find(name)
        if option is None:
            self._unknown(word, UNKNOWN_OPTION)
        else:
            self.position += self._add(option, name, behind(word, f"{name}=") if equals else None)

    def _short(self, word: Argument, text: str) -> None:
        """A word of one-letter options; the first that takes a value takes what is left."""
        found = []
        for index in range(1, len(text)):
            option = self.table.find(f"-{text[index]}")
            if option is None:
                self._unknown(word, UNKNOWN_OPTION)
                return
            found.append((option, index))
            if option.arity is not Arity.NONE:
                break
        taken = 1
        for option, index in found:
            left = text[index + 1 :].removeprefix("=") if option.arity is not Arity.NONE else ""
            taken = self._add(option, f"-{text[index]}", plain(left) if left else None, cluster=len(found) > 1)
        self.position += taken

    def _unknown(self, word: Argument, why: Leaving) -> None:
        passes = self.table.dialect.passes_dynamic if why is DYNAMIC else self.table.dialect.passes_unknown
        if not passes:
            self.losses.append(why.loss(word.raw))
        self._pass(word)

    def _add(self, option: Option, flag: str, attached: Argument | None, *, cluster: bool = False) -> int:
        """Note an option; the number of words it took."""
        start = self.position
        values: tuple[Argument, ...] = ()
        if attached is not None:
            values = (attached,)
        elif option.arity is not Arity.NONE:
            values = self._following(option, start + 1)
        if option.arity is Arity.ONE and not values:
            self.losses.append(MISSING_VALUE.loss(flag))
        if option.single and any(given.option is option for given in self.given):
            self.losses.append(REPEATED_OPTION.loss(flag))
        if option.arity is Arity.NONE and attached is not None:
            self.losses.append(UNKNOWN_OPTION.loss(self.arguments[start].raw))
        taken = 1 + (0 if attached is not None else len(values))
        words = (plain(flag), *values) if cluster else tuple(self.arguments[start : start + taken])
        self.given.append(
            Given(
                option=option,
                flag=flag,
                values=values,
                words=words,
                order=start,
                attached=attached is not None,
            )
        )
        return taken

    def _following(self, option: Option, start: int) -> tuple[Argument, ...]:
        if option.arity is Arity.ONE:
            return tuple(self.arguments[start : start + 1])
        values: list[Argument] = []
        for word in self.arguments[start:]:
            if (word.text or word.raw).startswith("-") or (values and option.arity is Arity.MAYBE):
                break
            if word.may_hold_options and (values or option.arity is Arity.MAYBE):
                self.losses.append(DYNAMIC.loss(word.raw))
            values.append(word)
        return tuple(values)
