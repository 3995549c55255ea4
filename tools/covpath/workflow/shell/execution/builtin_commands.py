"""The shell's own commands: those that change options, variables, traps or the flow of control."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from covpath.patterns import regex
from covpath.terms import Tri
from covpath.workflow.shell.execution.arithmetic import evaluate
from covpath.workflow.shell.execution.settle import either, split_status
from covpath.workflow.shell.execution.state import Flow, Fuzzy, Mask, Outcome, Setting, State, Unclear, Value, is_zero
from covpath.workflow.shell.execution.values import job_of, resolve, truth
from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import Expression, Literal, Pattern, Variable, Word

Words = tuple[Word, ...]


class Invocation(Struct, frozen=True, kw_only=True, gc=False):
    """A builtin with its words, where and when it runs; ``span`` is its place in the script."""

    words: Words
    state: State
    setting: Setting
    span: Span


Handler = Callable[[Invocation], Iterable[Outcome]]

_HARMLESS = regex(r"(?:^|/)(?:activate|\.cargo/env|nvm\.sh|\.bashrc|\.profile|\.bash_profile|setup\.bash)$")
"""Files that are sourced everywhere and set variables only."""


def answer(result: Tri, state: State, span: Span) -> Iterator[Outcome]:
    """The outcomes of a test."""
    if result is Tri.UNKNOWN:
        yield from (Outcome(Flow.NEXT, way) for way in either(state, span))
    else:
        yield Outcome(Flow.NEXT, state.with_status("0" if result is Tri.TRUE else "1"))


def done(state: State, status: Value = "0") -> tuple[Outcome]:
    """One outcome: the command ended with ``status``."""
    return (Outcome(Flow.NEXT, state.with_status(status)),)


def _exit(command: Invocation) -> Iterator[Outcome]:
    for leaving in _leaving(command.words, command.state):
        swallowed = (
            leaving.masked(Mask("exit-zero", command.span)) if leaving.failed and is_zero(leaving.status) else leaving
        )
        yield Outcome(Flow.EXIT, replace(swallowed, cause="explicit-exit"))


def _return(command: Invocation) -> Iterator[Outcome]:
    if not command.setting.in_function:
        # bash complains and goes on, dash leaves the script.
        raise Unclear("stray-jump", command.span)
    for leaving in _leaving(command.words, command.state):
        swallowed = (
            leaving.masked(Mask("return-zero", command.span)) if leaving.failed and is_zero(leaving.status) else leaving
        )
        yield Outcome(Flow.RETURN, swallowed)


def _leaving(words: Words, state: State) -> tuple[State, ...]:
    """The states with the status that ``exit`` or ``return`` passes on."""
    if len(words) == 1:
        # In a trap, a bare `exit` passes on the status from before the trap.
        return split_status(state if state.pending is None else state.with_status(state.pending))
    value = resolve(words[1], state)
    if isinstance(value, str):
        value = str(int(value) % 256) if re.fullmatch(r"-?\d+", value) else Fuzzy.ANY
    return split_status(state.with_status(value))


def _jump(command: Invocation) -> Iterator[Outcome]:
    if command.setting.loops == 0:
        raise Unclear("stray-jump", command.span)
    flow = Flow.BREAK if command.words[0].text == "break" else Flow.CONTINUE
    value = resolve(command.words[1], command.state) if len(command.words) > 1 else "1"
    if not isinstance(value, str) or not value.isdigit():
        raise Unclear("unknown-jump", command.span)
    yield Outcome(flow, command.state.with_status("0"), int(value))


def _set(command: Invocation) -> Iterable[Outcome]:
    state = command.state
    arguments = [word.text for word in command.words[1:]]
    index = 0
    while index < len(arguments):
        argument = arguments[index]
        if argument is None:
            state = replace(state, errexit=None, pipefail=None, option_span=command.span)
        elif argument == "--" or argument[:1] not in {"-", "+"}:
            break
        else:
            on = argument[0] == "-"
            for letter in argument[1:]:
                if letter == "o":
                    index += 1
                    name = arguments[index] if index < len(arguments) else ""
                    state = _option(state, name, on, command.span)
                else:
                    state = _option(
                        state, {"e": "errexit", "E": "errtrace", "n": "noexec"}.get(letter, ""), on, command.span
                    )
        index += 1
    return done(state)


def _option(state: State, name: str | None, on: bool, span: Span) -> State:
    match name:
        case "errexit":
            return replace(state, errexit=on, option_span=span)
        case "pipefail":
            return replace(state, pipefail=on)
        case "errtrace":
            return replace(state, errtrace=on)
        case "noexec" | "posix":
            raise Unclear("option", span)
        case None:
            return replace(state, errexit=None, pipefail=None, option_span=span)
        case _:
            return state


def _shopt(command: Invocation) -> Iterable[Outcome]:
    state = command.state
    arguments = [word.text or "" for word in command.words[1:]]
    on = any(argument in {"-s", "-so", "-os"} for argument in arguments)
    if "lastpipe" in arguments:
        raise Unclear("option", command.span)
    if "inherit_errexit" in arguments:
        state = replace(state, inherit_errexit=on)
    for name in ("errexit", "pipefail"):
        if name in arguments:
            state = _option(state, name, on, command.span)
    return done(state)


def _declare(command: Invocation) -> Iterable[Outcome]:
    """``export``, ``local`` and their like: their own status is 0 whatever a substitution in them does."""
    state = command.state
    if command.words[0].text == "local" and not command.setting.in_function:
        raise Unclear("stray-jump", command.span)
    for word in command.words[1:]:
        name, sign, _ = word.raw.partition("=")
        if sign and name.isidentifier():
            state = state.assign(name, _assigned(word, name, state))
    return done(state)


def _assigned(word: Word, name: str, state: State) -> Value:
    """The value behind ``name=`` in one word."""
    first, *rest = word.parts
    if not isinstance(first, Literal) or not first.text.startswith(f"{name}="):
        return Fuzzy.ANY
    value = replace(word, parts=(Literal(first.text[len(name) + 1 :]), *rest), text=None)
    return resolve(value, state)


def _unset(command: Invocation) -> Iterable[Outcome]:
    return done(command.state.forget(frozenset(word.text or "" for word in command.words[1:])))


def _read(command: Invocation) -> Iterable[Outcome]:
    """``read``, ``mapfile``, ``printf -v``, ``getopts``: variables get values nobody knows here."""
    state = command.state
    if command.words[0].text == "printf" and (len(command.words) < 2 or command.words[1].text != "-v"):
        return done(state)
    state = state.forget(frozenset(word.text or "" for word in command.words[1:]))
    if command.setting.question:
        return (Outcome(Flow.NEXT, way) for way in either(state, command.span))
    return done(state)


def _test(command: Invocation) -> Iterable[Outcome]:
    inner = command.words[1:-1] if command.words[0].text == "[" else command.words[1:]
    return answer(truth(inner, command.state, extended=False), command.state, command.span)


def _let(command: Invocation) -> Iterator[Outcome]:
    text = " ".join(word.text if word.text is not None else word.raw.strip('"') for word in command.words[1:])
    yield from arithmetic_command(text, command.state, command.span)


def arithmetic_command(text: str, state: State, span: Span) -> Iterator[Outcome]:
    """``(( text ))``: status 1 where the value is 0."""
    value, after = evaluate(text, state)
    if value is Fuzzy.ANY:
        yield from answer(Tri.UNKNOWN, after, span)
    else:
        yield from answer(Tri.of(value != "0"), after, span)


def _wait(command: Invocation) -> Iterable[Outcome]:
    operands = [word for word in command.words[1:] if not (word.text or "").startswith("-")]
    if not operands and len(command.words) == 1:
        return done(command.state)
    job = job_of(operands[-1], command.state) if operands else None
    if job is None:
        return done(command.state, Fuzzy.ANY)
    return done(command.state, job.status)


def _source(command: Invocation) -> Iterable[Outcome]:
    state = command.state
    path = command.words[1].literal if len(command.words) > 1 else None
    last = command.words[1].parts[-1] if len(command.words) > 1 and command.words[1].parts else None
    if path is None and isinstance(last, Literal):
        path = last.text
    if path is None or not _HARMLESS.search(path):
        state = replace(state, errexit=None, pipefail=None, option_span=command.span)
    return done(state.forget())


def _false(command: Invocation) -> Iterable[Outcome]:
    return done(command.state, "1")


def _true(command: Invocation) -> Iterable[Outcome]:
    return done(command.state)


HANDLERS: dict[str, Handler] = {
    ":": _true,
    "true": _true,
    "false": _false,
    "exit": _exit,
    "return": _return,
    "break": _jump,
    "continue": _jump,
    "set": _set,
    "shopt": _shopt,
    "export": _declare,
    "declare": _declare,
    "typeset": _declare,
    "local": _declare,
    "readonly": _declare,
    "unset": _unset,
    "read": _read,
    "mapfile": _read,
    "readarray": _read,
    "getopts": _read,
    "printf": _read,
    "test": _test,
    "[": _test,
    "let": _let,
    "wait": _wait,
    "source": _source,
    ".": _source,
}

DECLARATIONS = frozenset({"export", "declare", "typeset", "local", "readonly"})
BASH_ONLY = frozenset({"shopt", "declare", "typeset", "mapfile", "readarray", "let", "source"})
TESTS = frozenset({"grep", "egrep", "fgrep", "rg", "diff", "cmp", "which", "type", "hash", "pgrep", "id", "command"})
"""Programs whose status answers a question: in front of ``&&`` or ``||`` either answer is possible."""


def static_source(word: Word) -> str | None:
    """A word's value as shell text, its variables left to be expanded later (for ``trap`` and ``eval``)."""
    pieces: list[str] = []
    for part in word.parts:
        match part:
            case Literal(text) | Pattern(text):
                pieces.append(text)
            case Expression(raw):
                pieces.append(raw)
            case Variable(name, operation):
                pieces.append(f"${{{name}{operation}}}")
            case _:
                return None
    return "".join(pieces)
