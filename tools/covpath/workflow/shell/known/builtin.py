"""The shell's own commands over known texts, and what is taken for granted about programs."""

from __future__ import annotations

import re
from collections.abc import Callable

from covpath.terms import Tri
from covpath.workflow.shell.known.conditions import plain_test
from covpath.workflow.shell.known.filters import FILTERS
from covpath.workflow.shell.known.process import Jump, Leave, Process
from covpath.workflow.shell.known.texts import HOLE, Unclear, known
from covpath.workflow.shell.known.words import split

Builtin = Callable[[list[str], Process], int]


def _echo(arguments: list[str], process: Process) -> int:
    newline, interpret = "\n", False
    while arguments and re.fullmatch("-[neE]+", arguments[0]):
        newline = "" if "n" in arguments[0] else newline
        interpret = "e" in arguments[0]
        arguments = arguments[1:]
    text = " ".join(arguments)
    process.write((text.replace("\\n", "\n").replace("\\t", "\t") if interpret else text) + newline)
    return 0


def _printf(arguments: list[str], process: Process) -> int:
    if arguments[:1] == ["-v"]:
        raise Unclear
    arguments = arguments[1:] if arguments[:1] == ["--"] else arguments
    pattern, rest = (arguments[0] if arguments else ""), arguments[1:]
    pattern = pattern.replace("\\n", "\n").replace("\\t", "\t")
    if set(re.findall(r"%[^%]?", pattern)) - {"%s", "%d"} or not known(pattern):
        process.write(HOLE)
        return 0
    count = len(re.findall("%[sd]", pattern))
    if not count:
        process.write(pattern)
        return 0
    rounds = [rest[start : start + count] for start in range(0, max(len(rest), 1), count)]
    for values in rounds:
        given = iter(values)
        process.write(re.sub("%[sd]", lambda _, given=given: next(given, ""), pattern))  # type: ignore[misc]
    return 0


def _exit(arguments: list[str], process: Process) -> int:
    raise Leave(_status(arguments, process))


def _return(arguments: list[str], process: Process) -> int:
    raise Jump("return", _status(arguments, process))


def _status(arguments: list[str], process: Process) -> int:
    if not arguments:
        return process.status
    if not known(arguments[0]):
        return 0 if process.shared.decide(Tri.UNKNOWN) else 1
    if not re.fullmatch(r"-?\d+", arguments[0]):
        return 2
    return int(arguments[0]) % 256


def _jump(kind: str) -> Builtin:
    def run(arguments: list[str], process: Process) -> int:
        levels = int(arguments[0]) if arguments and arguments[0].isdigit() else 1
        if not process.loops:
            raise Unclear
        raise Jump(kind, levels)

    return run


def _set(arguments: list[str], process: Process) -> int:
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            process.arguments = list(rest)
            break
        if argument[:1] not in {"-", "+"} or not known(argument):
            raise Unclear
        on = argument[0] == "-"
        for letter in argument[1:]:
            name = next(rest, "") if letter == "o" else {"e": "errexit", "n": "noexec"}.get(letter, "")
            if name == "errexit":
                process.errexit = on
            elif name == "pipefail":
                process.pipefail = on
            elif name in {"noexec", "posix"}:
                raise Unclear
    return 0


def _test(arguments: list[str], process: Process) -> int:
    return 0 if process.shared.decide(plain_test(arguments)) else 1


def _bracket(arguments: list[str], process: Process) -> int:
    if arguments[-1:] != ["]"]:
        return 2
    return _test(arguments[:-1], process)


def _read(arguments: list[str], process: Process) -> int:
    """``read``: one line of what is given, split into variables."""
    names = [argument for argument in arguments if not argument.startswith("-")]
    options = "".join(argument[1:] for argument in arguments if argument.startswith("-"))
    if set(options) - set("ra") or process.input is None:
        raise Unclear
    if not process.input:
        for name in names:
            process.variables[name] = ""
        return 1
    line, newline, process.input = process.input.partition("\n")
    fields = split(line, process.separators())
    if "a" in options and names:
        process.variables[names[0]] = fields
    else:
        for number, name in enumerate(names):
            last = number == len(names) - 1
            value = (
                " ".join(fields[number:])
                if last and number
                else line.strip()
                if last
                else "".join(fields[number : number + 1])
            )
            process.variables[name] = value
    return 0 if newline else 1


def _map_file(arguments: list[str], process: Process) -> int:
    names = [argument for argument in arguments if not argument.startswith("-")]
    if (
        process.input is None
        or not known(process.input)
        or any(argument.startswith("-") and argument != "-t" for argument in arguments)
    ):
        raise Unclear
    process.variables[names[-1] if names else "MAPFILE"] = process.input.splitlines()
    process.input = ""
    return 0


def _unset(arguments: list[str], process: Process) -> int:
    for argument in arguments:
        process.variables.pop(argument, None)
    return 0


def _shift(arguments: list[str], process: Process) -> int:
    count = int(arguments[0]) if arguments and arguments[0].isdigit() else 1
    if count > len(process.arguments):
        return 1
    process.arguments = process.arguments[count:]
    return 0


def _trap(arguments: list[str], process: Process) -> int:
    del process
    if {"EXIT", "0", "ERR"} & set(arguments[1:]):
        raise Unclear
    return 0


def _refused(arguments: list[str], process: Process) -> int:
    del arguments, process
    raise Unclear


def _nothing(arguments: list[str], process: Process) -> int:
    del arguments, process
    return 0


def _false(arguments: list[str], process: Process) -> int:
    del arguments, process
    return 1


BUILTINS: dict[str, Builtin] = {
    ":": _nothing,
    ".": _refused,
    "[": _bracket,
    "break": _jump("break"),
    "continue": _jump("continue"),
    "echo": _echo,
    "eval": _refused,
    "exec": _refused,
    "exit": _exit,
    "false": _false,
    "let": _refused,
    "mapfile": _map_file,
    "printf": _printf,
    "read": _read,
    "readarray": _map_file,
    "return": _return,
    "set": _set,
    "shift": _shift,
    "shopt": _nothing,
    "source": _refused,
    "test": _test,
    "trap": _trap,
    "true": _nothing,
    "unset": _unset,
    "wait": _nothing,
}

_CARRYING = """
    apt apt-get aws az basename brew cd chmod chown clear cp curl date df dirname docker du env find gcloud gh git
    gzip hostname id ln ls mkdir mktemp mv nproc popd ps pushd pwd rm rmdir scp seq sleep ssh sync tar touch uname
    unzip wget which whoami yes zip sed cut rev column fold nl paste tac tail realpath readlink printenv
"""
"""Programs that fetch, copy, show or tell: they do not decide on what they are told, and are taken to work."""

_CARRIERS = frozenset(_CARRYING.split())


def external(name: str, arguments: list[str], process: Process) -> int:
    """A program: a filter's answer, success for one that only carries, else what the rehearsal takes for granted."""
    run = FILTERS.get(name)
    if run is not None:
        wrote = run(arguments, process.input, process.shared.decide)
        process.write(wrote.output)
        if wrote.status is not None:
            return wrote.status
    else:
        process.write(HOLE)
        if name in _CARRIERS or not process.shared.deciding:
            return 0
    return 0 if process.shared.decide(Tri.UNKNOWN) else 1
