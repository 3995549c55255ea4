"""Simple commands in an imagined run: their substitutions, then the command under test, a builtin, or a program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from covpath.workflow.shell.execution.builtin_commands import (
    BASH_ONLY,
    DECLARATIONS,
    HANDLERS,
    TESTS,
    Invocation,
    Words,
    done,
    static_source,
)
from covpath.workflow.shell.execution.machine import Machine
from covpath.workflow.shell.execution.settle import distinct, either
from covpath.workflow.shell.execution.state import (
    Flow,
    Fuzzy,
    Job,
    Mask,
    Outcome,
    Setting,
    State,
    Unclear,
    Value,
    is_zero,
)
from covpath.workflow.shell.execution.values import job_of, resolve
from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import Command, Expression, Part, Redirect, Substitution, Variable
from covpath.workflow.shell.wrappers import peel

_DEEPEST_CALL = 24
_TRANSPARENT = frozenset({"command", "builtin", "time", "exec"})
"""Wrappers behind which builtins are still the shell's own."""


def run_command(machine: Machine, command: Command, state: State, setting: Setting) -> list[Outcome]:
    """All ways to run one simple command, errexit included."""
    if machine.posix:
        _refuse_bashisms(command)
    ends: list[Outcome] = []
    for expanded, substituted in _expand(machine, command, state, setting):
        if machine.is_target(command):
            failed = replace(expanded, failed=True).with_status(Fuzzy.FAILED)
            _settle(machine, _leaving_for_good(command, [Outcome(Flow.NEXT, failed)]), setting, ends)
            if machine.persistent:
                continue
        _settle(machine, _perform(machine, command, expanded, substituted, setting), setting, ends)
    return ends


def _settle(machine: Machine, outcomes: Iterable[Outcome], setting: Setting, ends: list[Outcome]) -> None:
    """Add to ``ends`` what follows once the command's status is known."""
    for outcome in outcomes:
        if outcome.flow is not Flow.NEXT or is_zero(outcome.state.status):
            ends.append(outcome)
        else:
            ends += machine.settle(outcome.state, setting)


def _refuse_bashisms(command: Command) -> None:
    pipefail = command.name == "set" and "pipefail" in command.argv
    if pipefail or command.name in BASH_ONLY or any(assignment.array is not None for assignment in command.assignments):
        raise Unclear("bash-only", command.span)
    words = [*command.words, *(a.value for a in command.assignments if a.value is not None)]
    if any(_is_bash_variable(part) for word in words for part in word.parts):
        raise Unclear("bash-only", command.span)
    if any(redirect.operator in {"&>", "&>>", "<<<"} for redirect in command.redirects):
        raise Unclear("bash-only", command.span)
    if any(part.process for word in command.words for part in word.substitutions):
        raise Unclear("bash-only", command.span)


def _is_bash_variable(part: Part) -> bool:
    """``${x[0]}``, ``${x/a/b}``, ``${x^^}``, ``${!x}``, ``${x:1:2}``: not in every sh."""
    if not isinstance(part, Variable):
        return False
    operation = part.operation
    return operation[:1] in {"[", "/", "^", ",", "!"} or (operation[:1] == ":" and operation[1:2] not in "-=?+")


def _substitutions(command: Command) -> tuple[Substitution, ...]:
    # What is the same on every run is made by no substitution.
    found = [inner for word in command.words if word.text is None for inner in word.substitutions]
    for assignment in command.assignments:
        if assignment.value is not None and assignment.value.text is None:
            found += assignment.value.substitutions
    return (*found, *redirect_substitutions(command.redirects)) if command.redirects else tuple(found)


def redirect_substitutions(redirects: tuple[Redirect, ...]) -> tuple[Substitution, ...]:
    """The substitutions that redirections run."""
    targets = [redirect.target for redirect in redirects if redirect.target is not None]
    found = [inner for target in targets for inner in target.substitutions]
    return (*found, *(inner for redirect in redirects for inner in redirect.substitutions))


def _expand(machine: Machine, command: Command, state: State, setting: Setting) -> Iterable[tuple[State, Value | None]]:
    """The states after the command's substitutions, each with the status of the last one (None: none ran)."""
    inner = _substitutions(command)
    if not inner:
        return [(state, None)]
    keeps_status = not command.words
    code = "declaration" if command.name in DECLARATIONS else "substitution"
    span = command.span if code == "declaration" else None
    return substitute(machine, inner, state, setting, code=code, span=span, keep_last=keeps_status)


def substitute(
    machine: Machine,
    substitutions: tuple[Substitution, ...],
    state: State,
    setting: Setting,
    *,
    code: str = "substitution",
    span: Span | None = None,
    keep_last: bool = False,
) -> list[tuple[State, Value | None]]:
    """Run substitutions in order; a failure in one is swallowed unless it is the last of a bare assignment."""
    states: list[tuple[State, Value | None]] = [(state, None)]
    for position, substitution in enumerate(substitutions, 1):
        following: list[tuple[State, Value | None]] = []
        kept = keep_last and position == len(substitutions) and not substitution.process
        for before, _ in states:
            child = _in_substitution(machine, before, substitution, setting)
            for end in machine.child(substitution.body, child, replace(setting, ignored=_inherited(machine, setting))):
                after = before.after_child(end, before.status)
                after = replace(after, pipestatus=before.pipestatus)
                if end.status is Fuzzy.FAILED and not kept:
                    after = after.masked(Mask(code, machine.here(span or substitution.span)))
                following.append((after, end.status))
        states = distinct(following)
    return states


def _inherited(machine: Machine, setting: Setting) -> Mask | None:
    """Whether errexit stays ignored in a substitution: bash says so, dash does not."""
    return None if machine.posix else setting.ignored


def _in_substitution(machine: Machine, state: State, substitution: Substitution, setting: Setting) -> State:
    span = machine.here(substitution.span)
    if machine.posix:
        # Inside a condition the implementations of sh differ.
        return replace(state, errexit=None, option_span=span) if setting.ignored is not None else state
    if state.inherit_errexit or substitution.process:
        return state
    return replace(state, errexit=False, option_span=span)


def _perform(
    machine: Machine, command: Command, state: State, substituted: Value | None, setting: Setting
) -> Iterable[Outcome]:
    if not command.words:
        return done(_assign(command, state), substituted if substituted is not None else "0")
    return _leaving_for_good(command, _dispatch(machine, command, state, setting))


def _leaving_for_good(command: Command, outcomes: Iterable[Outcome]) -> Iterable[Outcome]:
    """``exec program`` never comes back, and runs no trap."""
    if len(command.words) < 2 or command.words[0].text != "exec":
        return outcomes
    return [
        Outcome(Flow.EXIT, replace(outcome.state, exit_trap=-1, cause="last-status"))
        if outcome.flow is Flow.NEXT
        else outcome
        for outcome in outcomes
    ]


def _assign(command: Command, state: State) -> State:
    for assignment in command.assignments:
        value: Value | Job = Fuzzy.ANY
        if assignment.array is None and not assignment.append:
            job = job_of(assignment.value, state) if assignment.value is not None else None
            value = job if job is not None else resolve(assignment.value, state)
        state = state.assign(assignment.name.partition("[")[0], value)
    return state


def _dispatch(machine: Machine, command: Command, state: State, setting: Setting) -> Iterable[Outcome]:
    peeled = peel(command)
    words = peeled.words
    span = machine.here(command.span)
    name = _name_of(words, state)
    own = _TRANSPARENT.issuperset(peeled.wrappers)
    if own and name is not None:
        if not peeled.wrappers or peeled.wrappers == ("time",):
            index = state.function(name)
            if index is not None:
                return _call(machine, index, state, setting, span)
        if name == "trap":
            return _trap(machine, words, state, span)
        if name == "eval":
            return _eval(machine, words, state, setting, span)
        handler = HANDLERS.get(name)
        if handler is not None:
            return handler(Invocation(words=words, state=state, setting=setting, span=span))
    if isinstance(words[0].parts[0] if words[0].parts else None, Expression):
        # GitHub pastes any text here, `set +e` included.
        state = replace(state, errexit=None, pipefail=None, option_span=span)
    asks = setting.question == 2 or (setting.question == 1 and (machine.eager or name in TESTS))
    if asks and name != "echo":
        return (Outcome(Flow.NEXT, way) for way in either(state, span))
    return done(state)


def _name_of(words: Words, state: State) -> str | None:
    name = words[0].text
    if name is not None or len(words) > 1:
        return name
    value = resolve(words[0], state)
    return value if isinstance(value, str) else None


def _call(machine: Machine, index: int, state: State, setting: Setting, span: Span) -> Iterator[Outcome]:
    if setting.depth > _DEEPEST_CALL:
        raise Unclear("recursion", span)
    inner = replace(setting, depth=setting.depth + 1, in_function=True, loops=0)
    # Without errtrace a function starts without the ERR trap; one that it sets stays.
    start = state if state.errtrace else replace(state, error_trap=-1)
    for outcome in machine.call(index, start, inner):
        flow, after = outcome.flow, outcome.state
        if after.error_trap < 0:
            after = replace(after, error_trap=state.error_trap)
        yield Outcome(Flow.NEXT if flow is Flow.RETURN else flow, after, outcome.levels)


def _trap(machine: Machine, words: Words, state: State, span: Span) -> Iterable[Outcome]:
    arguments = [word for word in words[1:] if word.text != "--"]
    if len(arguments) < 2:
        return done(state)
    action, *signals = arguments
    source = None if action.text == "-" else static_source(action)
    for signal in signals:
        name = (signal.text or "").upper().removeprefix("SIG")
        if name in {"DEBUG", "RETURN", ""} or (name == "ERR" and machine.posix):
            raise Unclear("trap", span)
        if name not in {"EXIT", "0", "ERR"}:
            continue
        if source is None and action.text != "-":
            raise Unclear("trap", span)
        index = machine.remember_text(source, span) if source else -1
        state = replace(state, error_trap=index) if name == "ERR" else replace(state, exit_trap=index)
    return done(state)


def _eval(machine: Machine, words: Words, state: State, setting: Setting, span: Span) -> Iterable[Outcome]:
    sources = [static_source(word) for word in words[1:]]
    if any(source is None for source in sources) or any("$" in (source or "") for source in sources):
        return done(replace(state, errexit=None, pipefail=None, option_span=span).forget())
    index = machine.remember_text(" ".join(source or "" for source in sources), span)
    return machine.run_text(index, state, setting)
