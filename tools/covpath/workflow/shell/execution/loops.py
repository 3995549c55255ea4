"""Loops: run until nothing new can happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from covpath.workflow.shell.execution.machine import Machine
from covpath.workflow.shell.execution.state import Flow, Fuzzy, Mask, Outcome, Setting, State, Unclear, Value, is_zero
from covpath.workflow.shell.syntax import Loop

_EXACT_ROUNDS = 6
"""So many rounds are followed with exact values; after that counters are forgotten."""
_MOST_ROUNDS = 24

_JUMPS = (Flow.BREAK, Flow.CONTINUE)

Round = tuple[State, Value]
"""A state before a round, and the loop's status should it end here."""

_Enter = Callable[[State, Value], tuple[list[Outcome], list[State]]]
"""From the state before a round and the loop's status so far: the ways it ends here, and the ways in."""


def run_loop(machine: Machine, loop: Loop, state: State, setting: Setting) -> Iterator[Outcome]:
    """All ways a loop can end; none where it never ends."""
    runner = _Runner(machine, loop, setting)
    if loop.condition is not None:
        yield from runner.conditional(state)
    elif loop.words is not None and loop.keyword == "for" and all(word.text is not None for word in loop.words):
        yield from runner.counted(state)
    else:
        yield from runner.open_ended(state)


class _Runner:
    def __init__(self, machine: Machine, loop: Loop, setting: Setting) -> None:
        self._machine = machine
        self._loop = loop
        self._setting = replace(setting, loops=setting.loops + 1)
        self._head = machine.here(loop.head)

    def _body(self, state: State) -> tuple[list[Outcome], list[Round]]:
        """One round: how it leaves the loop, and the states it goes on from."""
        leaving: list[Outcome] = []
        going: list[Round] = []
        for outcome in self._machine.run(self._loop.body, state, self._setting):
            flow, after, levels = outcome.flow, outcome.state, outcome.levels
            if flow is Flow.NEXT or (flow is Flow.CONTINUE and levels <= 1):
                going.append((after, after.status))
            elif flow in _JUMPS and levels > 1:
                leaving.append(Outcome(flow, after, levels - 1))
            else:
                leaving.append(Outcome(Flow.NEXT if flow is Flow.BREAK else flow, after))
        return leaving, going

    def counted(self, state: State) -> Iterator[Outcome]:
        rounds: list[Round] = [(state, "0")]
        for word in self._loop.words or ():
            following: dict[Round, None] = {}
            for before, _ in rounds:
                value = word.text if word.text is not None else Fuzzy.ANY
                leaving, going = self._body(self._with_variable(before, value))
                yield from leaving
                following.update(dict.fromkeys(going))
            rounds = list(following)
        for after, status in rounds:
            yield Outcome(Flow.NEXT, replace(after, status=status))

    def _with_variable(self, state: State, value: Value) -> State:
        return state if self._loop.variable is None else state.assign(self._loop.variable, value)

    def open_ended(self, state: State) -> Iterator[Outcome]:
        """A loop over something unknown may end before any round."""

        def enter(before: State, status: Value) -> tuple[list[Outcome], list[State]]:
            ended = replace(before.doubted("loop", self._head), status=status)
            return [Outcome(Flow.NEXT, ended)], [self._with_variable(before.doubted("loop", self._head), Fuzzy.ANY)]

        yield from self._until_nothing_new(state, enter)

    def conditional(self, state: State) -> Iterator[Outcome]:
        condition = self._loop.condition
        assert condition is not None
        setting = self._setting.ignoring(Mask("condition", self._head), 2)
        wanted = self._loop.keyword == "while"

        def enter(before: State, status: Value) -> tuple[list[Outcome], list[State]]:
            ended: list[Outcome] = []
            entering: list[State] = []
            for outcome in self._machine.run(condition, before, setting):
                after = outcome.state
                if outcome.flow in _JUMPS:
                    raise Unclear("loop", self._head)
                if outcome.flow is not Flow.NEXT:
                    ended.append(outcome)
                elif is_zero(after.status) is wanted:
                    entering.append(after.overwritten())
                else:
                    ended.append(Outcome(Flow.NEXT, replace(after.overwritten(), status=status)))
            return ended, entering

        yield from self._until_nothing_new(state, enter)

    def _until_nothing_new(self, state: State, enter: _Enter) -> Iterator[Outcome]:
        seen: set[Round] = set()
        rounds: list[Round] = [(state, "0")]
        for number in range(_MOST_ROUNDS):
            following: dict[Round, None] = {}
            for before, status in rounds:
                ended, entering = enter(before, status)
                yield from ended
                for inside in entering:
                    leaving, going = self._body(inside)
                    yield from leaving
                    following.update(dict.fromkeys(going))
            if number >= _EXACT_ROUNDS:
                following = dict.fromkeys((after.forget(_changed(state, after)), status) for after, status in following)
            rounds = [entry for entry in following if entry not in seen]
            seen.update(rounds)
            if not rounds:
                return
        raise Unclear("loop", self._head)


def _changed(before: State, after: State) -> frozenset[str]:
    """The variables with another value than before the loop."""
    return frozenset(name for name, _ in set(after.variables) ^ set(before.variables))
