"""jq over a JSON text of which parts may not be known: its output and its exit status."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from msgspec import Struct

from covpath.workflow.shell.known.jq_evaluate import Runner
from covpath.workflow.shell.known.jq_syntax import parse_jq
from covpath.workflow.shell.known.jq_values import JqError, Json, Names, quoted_holes, read_json, show
from covpath.workflow.shell.known.texts import Decide, Unclear, known

_NO_OUTPUT = 4


class _Options(Struct):
    raw: bool = False
    by_output: bool = False
    compact: bool = False
    null_input: bool = False
    slurp: bool = False
    joined: bool = False


_LETTERS = {"r": "raw", "e": "by_output", "c": "compact", "n": "null_input", "s": "slurp", "j": "joined"}
_LONG = {"--raw-output": "raw", "--exit-status": "by_output", "--compact-output": "compact",
         "--null-input": "null_input", "--slurp": "slurp", "--join-output": "joined"}  # fmt: skip


def run_jq(arguments: list[str], given: str, decide: Decide) -> tuple[str, int]:
    """What ``jq ARGUMENTS`` writes when it reads ``given``, and its exit status.

    Raises Unclear for what this subset does not follow.
    """
    options, program, names = _arguments(arguments)
    runner = Runner(decide)
    written: list[str] = []
    last: Json = None
    status = 0
    try:
        for value in _inputs(given, options):
            for last in runner.outputs(parse_jq(program), value, names):
                written.append(_written(last, options))
    except JqError as error:
        status = error.status
    if status == 0 and options.by_output:
        status = _NO_OUTPUT if not written else 0 if runner.true(last) else 1
    return "".join(written), status


def _arguments(arguments: list[str]) -> tuple[_Options, str, Names]:
    options = _Options()
    names: dict[str, Json] = {}
    program: str | None = None
    rest = iter(arguments)
    for argument in rest:
        if argument in {"--arg", "--argjson"}:
            name, value = next(rest, ""), next(rest, "")
            names[f"${name}"] = value if argument == "--arg" else read_json(value)
        elif argument in _LONG:
            setattr(options, _LONG[argument], True)
        elif re.fullmatch("-[a-zA-Z]+", argument):
            for letter in argument[1:]:
                if letter not in {*_LETTERS, "M", "S"}:
                    raise Unclear
                if letter in _LETTERS:
                    setattr(options, _LETTERS[letter], True)
        elif program is None and known(argument):
            program = argument
        else:
            raise Unclear
    return options, "." if program is None else program, names


def _inputs(given: str, options: _Options) -> Iterator[Json]:
    if options.null_input:
        yield None
        return
    values: list[Json] = []
    decoder, text = json.JSONDecoder(parse_int=float), quoted_holes(given).strip()
    while text:
        try:
            value, end = decoder.raw_decode(text)
        except (ValueError, RecursionError):
            # A part that is not known, outside of a text, may be anything.
            raise (Unclear() if not known(given) else JqError(2)) from None
        values.append(value)
        text = text[end:].lstrip()
    yield from [values] if options.slurp else values


def _written(value: Json, options: _Options) -> str:
    raw = (options.raw or options.joined) and isinstance(value, str)
    return f"{value if raw else show(value, compact=options.compact)}{'' if options.joined else chr(10)}"
