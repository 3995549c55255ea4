"""Programs that only turn text into text, or answer a question about it: ``grep``, ``tr``, ``jq`` and their like."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from covpath.terms import Tri
from covpath.workflow.shell.known.jq import run_jq
from covpath.workflow.shell.known.texts import HOLE, Decide, Unclear, found, known, regex


class Wrote(NamedTuple):
    """What a program wrote, and its exit status (None: not known)."""

    output: str
    status: int | None = 0


Filter = Callable[[list[str], "str | None", Decide], Wrote]
"""Arguments, what it reads (None: not known), and how to decide what is not known."""

UNKNOWN_TEXT = Wrote(HOLE)


def _cat(arguments: list[str], given: str | None, decide: Decide) -> Wrote:
    del decide
    return UNKNOWN_TEXT if given is None or any(one != "-" for one in arguments) else Wrote(given)


def _tee(arguments: list[str], given: str | None, decide: Decide) -> Wrote:
    del arguments, decide
    return UNKNOWN_TEXT if given is None else Wrote(given)


def _tr(arguments: list[str], given: str | None, decide: Decide) -> Wrote:
    del decide
    delete = arguments[:1] == ["-d"]
    sets = [_characters(one) for one in arguments[1 if delete else 0 :]]
    if given is None or len(sets) != (1 if delete else 2) or not all(sets):
        return UNKNOWN_TEXT
    first = sets[0] or ""
    if delete:
        return Wrote(given.translate(dict.fromkeys(map(ord, first))))
    second = (sets[1] or "").ljust(len(first), (sets[1] or " ")[-1])
    return Wrote(given.translate({ord(one): other for one, other in zip(first, second, strict=False)}))


def _characters(text: str) -> str | None:
    """A set of ``tr``; None for what is not followed."""
    if text.startswith("-") or not known(text):
        return None
    text = text.replace("\\n", "\n").replace("\\t", "\t").replace("[:space:]", " \t\n\r")
    text = text.replace("[:upper:]", "A-Z").replace("[:lower:]", "a-z")
    spread = re.sub(r"(.)-(.)", lambda one: "".join(map(chr, range(ord(one[1]), ord(one[2]) + 1))), text)
    return None if "\\" in spread or "[:" in spread else spread


def _sort(arguments: list[str], given: str | None, decide: Decide) -> Wrote:
    del decide
    if given is None or not known(given) or not set(arguments) <= {"-u"}:
        return UNKNOWN_TEXT
    lines = sorted(given.splitlines())
    return Wrote(_lines(list(dict.fromkeys(lines)) if arguments else lines))


def _uniq(arguments: list[str], given: str | None, decide: Decide) -> Wrote:
    del decide
    if given is None or not known(given) or arguments:
        return UNKNOWN_TEXT
    lines = given.splitlines()
    return Wrote(_lines([line for number, line in enumerate(lines) if not number or line != lines[number - 1]]))


def _wc(arguments: list[str], given: str | None, decide: Decide) -> Wrote:
    del decide
    if given is None or not known(given) or arguments not in (["-l"], ["-w"]):
        return UNKNOWN_TEXT
    return Wrote(f"{given.count(chr(10)) if arguments == ['-l'] else len(given.split())}\n")


def _head(arguments: list[str], given: str | None, decide: Decide) -> Wrote:
    del decide
    if given is None or not known(given) or arguments not in (["-1"], ["-n1"], ["-n", "1"]):
        return UNKNOWN_TEXT
    return Wrote(_lines(given.splitlines()[:1]))


def _lines(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _grep(arguments: list[str], given: str | None, decide: Decide) -> Wrote:
    letters, rest = _options(arguments)
    if not rest or len(rest) > 1 or not letters <= set("qvEFiwxcoPs") or given is None:
        return Wrote(HOLE, None)
    pattern = re.escape(rest[0]) if "F" in letters else rest[0]
    if "w" in letters:
        pattern = rf"\b(?:{pattern})\b"
    if "x" in letters:
        pattern = rf"^(?:{pattern})$"
    basic = not letters & set("EFP") and "w" not in letters and "x" not in letters
    if not basic and not letters & set("EFP"):
        raise Unclear
    expression = regex(pattern, basic=basic, flags=re.IGNORECASE if "i" in letters else 0)
    wanted = "v" not in letters
    matching = [line for line in given.splitlines() if decide(_matches(expression, line, wanted))]
    status = 0 if matching else 1
    if "q" in letters:
        return Wrote("", status)
    if "c" in letters:
        return Wrote(f"{len(matching)}\n", status)
    return Wrote(HOLE if "o" in letters and matching else _lines(matching), status)


def _matches(expression: re.Pattern[str], line: str, wanted: bool) -> Tri:
    answer = found(expression, line)
    return answer if wanted else answer.negate()


def _options(arguments: list[str]) -> tuple[set[str], list[str]]:
    """The letters of a program's options, and its operands; ``-e PATTERN`` counts as an operand."""
    letters: set[str] = set()
    rest: list[str] = []
    names = {"--quiet": "q", "--silent": "q", "--invert-match": "v", "--count": "c", "--ignore-case": "i",
             "--fixed-strings": "F", "--extended-regexp": "E"}  # fmt: skip
    for number, argument in enumerate(arguments):
        if argument == "--":
            return letters, [*rest, *arguments[number + 1 :]]
        if argument.startswith("-") and len(argument) > 1 and known(argument):
            letters.update(names.get(argument, argument.strip("-")).replace("e", ""))
        else:
            rest.append(argument)
    return letters, rest


def _jq(arguments: list[str], given: str | None, decide: Decide) -> Wrote:
    if given is None and not {"-n", "--null-input"} & set(arguments):
        return Wrote(HOLE, None)
    output, status = run_jq(arguments, given or "", decide)
    return Wrote(output, status)


FILTERS: dict[str, Filter] = {
    "cat": _cat,
    "tee": _tee,
    "tr": _tr,
    "sort": _sort,
    "uniq": _uniq,
    "wc": _wc,
    "head": _head,
    "grep": _grep,
    "egrep": lambda arguments, given, decide: _grep(["-E", *arguments], given, decide),
    "fgrep": lambda arguments, given, decide: _grep(["-F", *arguments], given, decide),
    "jq": _jq,
}
