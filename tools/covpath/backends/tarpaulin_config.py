"""``tarpaulin.toml``: each table is one run, said again as the command line that would ask for the same.

The keys are the names its program reads, which are not those of its own sample file; a key it does not
know is ignored without a word, and a file it cannot read is replaced by the command line alone. Both were
seen by running it (0.37).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence

from msgspec import Struct

from covpath.backends.losses import drop, warn
from covpath.backends.options import Arity, Option
from covpath.backends.tarpaulin_options import TABLE
from covpath.backends.words import Argument, plain, texts
from covpath.terms import Loss

REPORT_TABLE = "report"
"""The table that only says how to report."""

_FLAGS = {
    "all": "--workspace",
    "Z": "-Z",
    "avoid_cfg_tarpaulin": "--avoid-cfg-tarpaulin",
    "fail_immediately": "--fail-immediately",
}
_SILENT = frozenset({"name", "config", "profraw_folder"})
_NOT_KEYS = frozenset({"doc", "lib", "bins", "examples", "tests", "benches", "all-targets", "ignore-tests"})
"""Flags of the command line that the file has no key for: it has ``run-types``."""
_UNDERSCORED = frozenset({"avoid-cfg-tarpaulin", "fail-immediately"})
_TIME = re.compile(r"(\d+)\s*([a-z]*)")
_UNITS = {"": 1, "s": 1, "sec": 1, "secs": 1, "seconds": 1, "m": 60, "min": 60, "mins": 60, "h": 3600, "hr": 3600}

_UNKNOWN = drop("config-key", "cargo-tarpaulin does not know this key and never acted on it")
_UNREADABLE = warn(
    "config-file",
    "cargo-tarpaulin cannot read this file: it only warns and takes the command line alone, as the new command does",
)
_INLINED = warn("config-file", "these settings now stand on the command line; the file has no effect any more")


class ConfigTable(Struct, frozen=True, kw_only=True):
    """One table: its name and the options it stands for."""

    name: str
    arguments: tuple[Argument, ...]


class Configuration(Struct, frozen=True, kw_only=True):
    """The file's tables in order, and what is lost or was never in effect."""

    tables: tuple[ConfigTable, ...]
    losses: tuple[Loss, ...]


class _BadValue(Exception):
    """A value of another type than the program wants."""


def read(text: str) -> Configuration:
    """The tables of a ``tarpaulin.toml``."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return Configuration(tables=(), losses=(_UNREADABLE.loss("tarpaulin.toml"),))
    tables: list[ConfigTable] = []
    losses: list[Loss] = []
    for name, value in data.items():
        if not isinstance(value, dict):
            return Configuration(tables=(), losses=(_UNREADABLE.loss(f"{name} = ..."),))
        try:
            arguments, ignored = _arguments(value)
        except _BadValue as error:
            return Configuration(tables=(), losses=(_UNREADABLE.loss(f"[{name}] {error}"),))
        tables.append(ConfigTable(name=name, arguments=arguments))
        losses += [_UNKNOWN.loss(f"[{name}] {key}") for key in ignored]
    if tables:
        losses.append(_INLINED.loss("tarpaulin.toml"))
    return Configuration(tables=tuple(tables), losses=tuple(losses))


def _arguments(table: Mapping[str, object]) -> tuple[tuple[Argument, ...], tuple[str, ...]]:
    words: list[str] = []
    rest: list[str] = []
    ignored: list[str] = []
    for key, value in table.items():
        option = _option(key)
        if key == "args":
            rest = _strings(key, value)
        elif option is not None:
            words += _words(key, option, value)
        elif key not in _SILENT:
            ignored.append(key)
    together = [*words, *(["--", *rest] if rest else [])]
    return tuple(plain(word) for word in together), tuple(ignored)


def _option(key: str) -> Option | None:
    if key in _NOT_KEYS or key in _UNDERSCORED or ("_" in key and key not in _FLAGS):
        return None
    return TABLE.find(_FLAGS.get(key, f"--{key}"))


def _words(key: str, option: Option, value: object) -> list[str]:
    flag = next((name for name in option.names if name.startswith("--")), option.names[0])
    if option.arity is Arity.NONE:
        if not isinstance(value, bool):
            raise _BadValue(key)
        return [flag] if value else []
    if key == "timeout":
        return [flag, str(_seconds(key, value))]
    if key == "features" or (option.arity is Arity.ONE and key != "run-types"):
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise _BadValue(key)
        return [flag, str(value)]
    strings = _strings(key, value)
    if key == "run-types":
        return [word for string in strings for word in (flag, string)]
    return [flag, *strings] if strings else []


def _strings(key: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _BadValue(key)
    return [str(item) for item in value]


def _seconds(key: str, value: object) -> int:
    parts = _TIME.findall(value) if isinstance(value, str) else []
    if not parts or any(unit not in _UNITS for _, unit in parts):
        raise _BadValue(key)
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def merged(table: ConfigTable, command_line: Sequence[Argument]) -> tuple[Argument, ...]:
    """A table's options together with the command line's, as cargo-tarpaulin puts them together.

    The command line wins for directories, the target and the engine; the file wins for the profile and the
    number of jobs; of two thresholds the lower one holds.
    """
    ours, our_rest = _cut(table.arguments)
    theirs, their_rest = _cut(command_line)
    file_reading, line_reading = TABLE.read(ours), TABLE.read(theirs)
    kept: list[Argument] = []
    for given in file_reading.given:
        again = [other for other in line_reading.given if other.option is given.option]
        if given.option.single and again and not _file_wins(given.flag, given.values, again[0].values):
            continue
        kept += given.words
    gone = {
        index
        for given in line_reading.given
        for mine in file_reading.given
        if mine.option is given.option and given.option.single and _file_wins(given.flag, mine.values, given.values)
        for index in range(given.order, given.order + len(given.words))
    }
    line = [word for index, word in enumerate(theirs) if index not in gone]
    rest = [*our_rest, *(word for word in their_rest if str(word) not in texts(our_rest))]
    return (*kept, *line, *([plain("--"), *rest] if rest else []))


def _cut(arguments: Sequence[Argument]) -> tuple[tuple[Argument, ...], tuple[Argument, ...]]:
    for index, word in enumerate(arguments):
        if word.text == "--":
            return tuple(arguments[:index]), tuple(arguments[index + 1 :])
    return tuple(arguments), ()


def _file_wins(flag: str, of_file: Sequence[Argument], of_line: Sequence[Argument]) -> bool:
    if flag == "--fail-under":
        try:
            return float(str(of_file[0])) <= float(str(of_line[0]))
        except (ValueError, IndexError):
            return False
    return flag in {"--profile", "--jobs", "-j"}
