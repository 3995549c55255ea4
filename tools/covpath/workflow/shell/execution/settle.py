"""What a shell does right after a status: errexit, the ERR trap, and what swallows the failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from msgspec.structs import replace

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
from covpath.workflow.shell.spans import Span

_FEW_STATES = 4
_MANY_STATES = 32
_MOST_STATES = 128
"""More simultaneous situations than this are not followed."""

Way = TypeVar("Way")
RunTrap = Callable[[int, State, Setting], Iterable[Outcome]]


def settle(state: State, setting: Setting, run_error_trap: RunTrap) -> Iterator[Outcome]:
    """The ways on after a command (not a part of a condition as a whole) has ended."""
    for certain in split_status(state):
        if is_zero(certain.status):
            yield Outcome(Flow.NEXT, certain)
        elif setting.ignored is not None:
            yield Outcome(Flow.NEXT, _goes_on(certain, setting.ignored))
        else:
            yield from _unignored(certain, setting, run_error_trap)


def _unignored(state: State, setting: Setting, run_error_trap: RunTrap) -> Iterator[Outcome]:
    states = [state]
    if state.error_trap >= 0:
        states = []
        # The trap itself does not run the trap again.
        bare = replace(state, error_trap=-1)
        for outcome in run_error_trap(state.error_trap, bare, setting):
            if outcome.flow is Flow.NEXT:
                after = replace(outcome.state, error_trap=state.error_trap)
                states.append(replace(after, status=state.status, pipestatus=state.pipestatus))
            else:
                yield outcome
    for current in states:
        if current.errexit is not False:
            doubtful = current.doubted("options", current.option_span) if current.errexit is None else current
            yield Outcome(Flow.EXIT, replace(doubtful, cause="errexit"))
        if current.errexit is not True:
            doubtful = current.doubted("options", current.option_span) if current.errexit is None else current
            yield Outcome(Flow.NEXT, _goes_on(doubtful, Mask("errexit-off", current.option_span)))


def _goes_on(state: State, mask: Mask) -> State:
    return replace(state, unheeded=mask) if state.status is Fuzzy.FAILED else state


def split_status(state: State) -> tuple[State, ...]:
    """The state with its status known to be zero or not: two states where it may be either."""
    if state.status is not Fuzzy.ANY:
        return (state,)
    doubtful = state.doubted("unknown-status", None)
    return replace(doubtful, status="0"), replace(doubtful, status=Fuzzy.NONZERO)


def either(state: State, span: Span, code: str = "condition-unknown") -> tuple[State, State]:
    """After a command that may have succeeded or not."""
    doubtful = state.doubted(code, span)
    return doubtful.with_status("0"), doubtful.with_status("1")


def distinct(found: list[Way]) -> list[Way]:
    """The same without repetitions; a single one, as most are, is not worth its hash."""
    return found if len(found) < 2 else list(dict.fromkeys(found))


def bounded(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The outcomes without repetitions; where they are many, those that differ in variables only become one.

    Before the failure that is done soon: what a variable held then seldom decides.
    """
    found = outcomes if isinstance(outcomes, list) else list(outcomes)
    if len(found) < 2:
        return found
    unique = distinct(found)
    if len(unique) > _FEW_STATES:
        unique = _join(unique, everything=len(unique) > _MANY_STATES)
    if len(unique) > _MOST_STATES:
        raise Unclear("too-many-ways")
    return unique


def _join(outcomes: list[Outcome], *, everything: bool) -> list[Outcome]:
    """One outcome for those alike up to variables, knowing only what they agree on."""
    common: dict[Outcome, set[tuple[str, Value | Job]]] = {}
    kept: list[Outcome] = []
    for outcome in outcomes:
        if outcome.state.failed and not everything:
            kept.append(outcome)
            continue
        bare = Outcome(outcome.flow, outcome.state.without_variables(), outcome.levels)
        known = set(outcome.state.variables)
        common[bare] = known & common[bare] if bare in common else known
    for bare, known in common.items():
        variables = tuple(sorted(known, key=lambda pair: pair[0]))
        kept.append(replace(bare, state=replace(bare.state, variables=variables)) if variables else bare)
    return kept
