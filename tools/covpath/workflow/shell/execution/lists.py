"""Lists and pipelines in an imagined run: who decides, and what swallows a failure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from covpath.workflow.shell.execution.machine import Machine
from covpath.workflow.shell.execution.settle import bounded, distinct
from covpath.workflow.shell.execution.state import Flow, Fuzzy, Mask, Outcome, Setting, State, Value, is_zero
from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import AndOr, Operand, Pipeline


def run_and_or(machine: Machine, node: AndOr, state: State, setting: Setting) -> Iterator[Outcome]:
    """All ways to run an and-or list: each operand runs where the status so far asks for it."""
    outcomes = machine.run(node.first, state, _left_of(machine, node.rest, setting))
    for position, operand in enumerate(node.rest, 1):
        inner = setting if position == len(node.rest) else _left_of(machine, node.rest[position:], setting)
        following: list[Outcome] = []
        for outcome in outcomes:
            if outcome.flow is not Flow.NEXT:
                yield outcome
            elif is_zero(outcome.state.status) is (operand.operator == "&&"):
                before = _replaced(machine, outcome.state, operand)
                following += machine.run(operand.node, before, inner)
            else:
                following.append(outcome)
        outcomes = bounded(following)
    yield from outcomes


def _replaced(machine: Machine, state: State, operand: Operand) -> State:
    """Before an operand that runs because the failure chose it."""
    if state.status is not Fuzzy.FAILED:
        return state
    span = Span(operand.operator_span.start, operand.node.span.end)
    return state.masked(Mask("or-list", machine.here(span)))


def _left_of(machine: Machine, rest: tuple[Operand, ...], setting: Setting) -> Setting:
    """Where an operand stands that others follow: errexit ignores it, and an ``||`` swallows its failure."""
    end = rest[-1].node.span.end
    swallowing = next((operand for operand in rest if operand.operator == "||"), None)
    if swallowing is not None:
        span = Span(swallowing.operator_span.start, swallowing.node.span.end)
        return setting.ignoring(Mask("or-list", machine.here(span)), 1)
    if setting.ignored is not None:
        return setting.ignoring(setting.ignored, 1)
    return setting.ignoring(Mask("and-list", machine.here(Span(rest[0].operator_span.start, end))), 1)


def run_pipeline(machine: Machine, node: Pipeline, state: State, setting: Setting) -> Iterator[Outcome]:
    """All ways to run a pipeline, or a single command behind ``!``."""
    inner = setting
    if node.negation is not None:
        inner = setting.ignoring(Mask("negation", machine.here(node.negation)), max(1, setting.question))
    if len(node.elements) == 1:
        outcomes: Iterable[Outcome] = machine.run(node.elements[0], state, inner)
    else:
        outcomes = [Outcome(Flow.NEXT, after) for after in _elements(machine, node, state, inner)]
    for outcome in outcomes:
        if outcome.flow is not Flow.NEXT:
            yield outcome
        elif node.negation is not None:
            yield Outcome(Flow.NEXT, _negate(machine, outcome.state, node.negation))
        elif len(node.elements) == 1:
            yield outcome
        else:
            yield from machine.settle(outcome.state, setting)


def _negate(machine: Machine, state: State, negation: Span) -> State:
    if is_zero(state.status):
        return replace(state, status="1")
    swallowed = state.masked(Mask("negation", machine.here(negation))) if state.status is Fuzzy.FAILED else state
    return replace(swallowed, status="0")


def _elements(machine: Machine, node: Pipeline, state: State, setting: Setting) -> Iterator[State]:
    """The states after a pipeline of several elements, all of them children."""
    partial: list[tuple[State, tuple[Value, ...]]] = [(state, ())]
    for element in node.elements:
        following: list[tuple[State, tuple[Value, ...]]] = []
        for before, statuses in partial:
            for end in machine.child(element, before, setting, forked=True):
                after = replace(before.after_child(end, before.status), pipestatus=before.pipestatus)
                following.append((after, (*statuses, end.status)))
        partial = distinct(following)
    for after, statuses in partial:
        options = (True, False) if after.pipefail is None else (after.pipefail,)
        for pipefail in options:
            way = after.doubted("options", after.option_span) if len(options) > 1 else after
            yield _piped(machine, node, way, statuses, pipefail=pipefail)


def _piped(machine: Machine, node: Pipeline, state: State, statuses: tuple[Value, ...], *, pipefail: bool) -> State:
    failures = [status for status in statuses if not is_zero(status)]
    status = failures[-1] if pipefail and failures else statuses[-1]
    if Fuzzy.FAILED in statuses and status is not Fuzzy.FAILED:
        failing = node.elements[statuses.index(Fuzzy.FAILED)]
        state = state.masked(Mask("pipeline", machine.here(Span(failing.span.end, node.span.end))))
    return replace(state, status=status, pipestatus=statuses)
