"""An imagined run of a script in which one command fails: every construct, with errexit's exceptions.

Rules: bash manual, "The Set Builtin" (-e), "Pipelines", "Lists", "Command Execution Environment",
and POSIX for ``sh``; held against the real shells by the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from covpath.terms import Tri
from covpath.workflow.shell.execution.builtin_commands import answer, arithmetic_command
from covpath.workflow.shell.execution.lists import run_and_or, run_pipeline
from covpath.workflow.shell.execution.loops import run_loop
from covpath.workflow.shell.execution.settle import bounded, distinct, settle, split_status
from covpath.workflow.shell.execution.simple import redirect_substitutions, run_command, substitute
from covpath.workflow.shell.execution.state import (
    Flow,
    Fuzzy,
    Job,
    Mask,
    Outcome,
    Setting,
    State,
    Unclear,
    is_zero,
)
from covpath.workflow.shell.execution.values import matches, resolve, truth
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import (
    AndOr,
    Case,
    Command,
    Function,
    Group,
    If,
    Item,
    Loop,
    Node,
    Pipeline,
    Redirected,
    Sequence,
    Subshell,
    Test,
    Unparsed,
)

_MOST_STEPS = 20_000
"""Longer imagined runs are given up; people's scripts need a few hundred steps."""


class Interpreter:
    """One imagined shell process and its children."""

    def __init__(self, target: Span, *, posix: bool, persistent: bool, eager: bool) -> None:
        self.posix = posix
        self.persistent = persistent
        self.eager = eager
        self._target = target
        # Functions and texts remember inside which text (None: the script itself) they were met.
        self._functions: list[tuple[Function, Span | None]] = []
        self._texts: list[tuple[Sequence, Span]] = []
        self._inside: Span | None = None
        self._steps = 0
        self._known: dict[tuple[int, Span | None, State, Setting], tuple[list[Outcome], int]] = {}
        """The ways to run what has run in a loop or a function, and how many steps they took."""

    def run_script(self, body: Sequence, state: State) -> list[State]:
        """All states in which the script can end, its EXIT trap included."""
        outcomes: list[Outcome] = []
        states = [state]
        for item in body.items:
            here = [outcome for before in states for outcome in self._item(item, before.overwritten(), Setting())]
            # Behind the command under test, the ways that did not run it are of no interest.
            beyond = item.node.span.covers(self._target) and not isinstance(item.node, Function)
            kept = bounded(outcome for outcome in here if outcome.state.failed or not beyond)
            outcomes += [outcome for outcome in kept if outcome.flow is not Flow.NEXT]
            states = [outcome.state for outcome in kept if outcome.flow is Flow.NEXT]
        outcomes += [Outcome(Flow.NEXT, end) for end in states]
        return [end for outcome in outcomes for end in self._finish(outcome.state)]

    def run(self, node: Node, state: State, setting: Setting) -> list[Outcome]:
        """All ways to run ``node``."""
        if not (setting.loops or setting.depth):
            self._count(1)
            return bounded(self._ways(node, state, setting))
        # The ways through a loop soon meet again, and so do the calls of a function.
        key = (id(node), self._inside, state, setting)
        known = self._known.get(key)
        if known is not None:
            self._count(known[1])
            return known[0]
        before = self._steps
        self._count(1)
        outcomes = bounded(self._ways(node, state, setting))
        self._known[key] = outcomes, self._steps - before
        return outcomes

    def _count(self, steps: int) -> None:
        self._steps += steps
        if self._steps > _MOST_STEPS:
            raise Unclear("too-many-ways")

    def _ways(self, node: Node, state: State, setting: Setting) -> Iterable[Outcome]:
        return _WAYS[type(node)](self, node, state, setting)

    # --- what the other parts ask for --------------------------------------------------------------

    def child(self, node: Node, state: State, setting: Setting, *, forked: bool = False) -> list[State]:
        """All states a child process running ``node`` can end in.

        ``forked``: a part of a pipeline or a background command, where bash runs an EXIT trap only
        at some ends.
        """
        error_trap = state.error_trap if state.errtrace else -1
        start = replace(state, exit_trap=-1, error_trap=error_trap, pending=None)
        outcomes = self.run(node, start, setting)
        if forked and any(outcome.state.exit_trap >= 0 for outcome in outcomes):
            raise Unclear("trap", self.here(node.span))
        ends = [end for outcome in outcomes for end in self._finish(outcome.state)]
        return distinct([certain for end in ends for certain in split_status(end)])

    def settle(self, state: State, setting: Setting) -> Iterable[Outcome]:
        """What follows once a command's status is known."""
        return settle(state, setting, self.run_text)

    def is_target(self, command: Command) -> bool:
        """Whether this is the command under test."""
        return self._inside is None and command.span == self._target

    def here(self, span: Span) -> Span:
        """The span in the script, also for text that the script hands to ``trap`` or ``eval``."""
        return span if self._inside is None else self._inside

    def define(self, function: Function) -> int:
        """Remember a function; returns its index."""
        entry = (function, self._inside)
        for index, known in enumerate(self._functions):
            if known[0] is function:
                return index
        self._functions.append(entry)
        return len(self._functions) - 1

    def call(self, index: int, state: State, setting: Setting) -> list[Outcome]:
        """Run a remembered function's body."""
        function, inside = self._functions[index]
        outer, self._inside = self._inside, inside
        try:
            return self.run(function.body, state, setting)
        finally:
            self._inside = outer

    def remember_text(self, text: str, span: Span) -> int:
        """Remember text that ``trap`` or ``eval`` (at ``span``) will run; returns its index."""
        script = parse_script(text)
        if script.errors:
            raise Unclear("unparsed", span)
        for index, (body, known) in enumerate(self._texts):
            if body is script.body and known == span:
                return index
        self._texts.append((script.body, span))
        return len(self._texts) - 1

    def run_text(self, index: int, state: State, setting: Setting) -> list[Outcome]:
        """Run remembered text in this shell."""
        body, span = self._texts[index]
        outer, self._inside = self._inside, span
        try:
            return self.run(body, state, setting)
        finally:
            self._inside = outer

    def _finish(self, state: State) -> list[State]:
        """The states after the EXIT trap: it changes the status only by leaving on its own."""
        if state.exit_trap < 0:
            return [state]
        before = replace(state, exit_trap=-1, pending=state.status)
        ends: list[State] = []
        for outcome in self.run_text(state.exit_trap, before, Setting()):
            after = outcome.state
            if outcome.flow is not Flow.EXIT:
                after = after.with_status(state.status)
            elif after.failed and is_zero(after.status):
                span = self._texts[state.exit_trap][1]
                after = replace(after, masks=state.masks).masked(Mask("exit-trap", span))
            ends.append(after)
        return ends

    # --- constructs --------------------------------------------------------------------------------

    def _sequence(self, sequence: Sequence, state: State, setting: Setting) -> Iterator[Outcome]:
        states = [state]
        # Only the last statement answers a question put to the whole.
        unasked = replace(setting, question=0) if setting.question else setting
        for position, item in enumerate(sequence.items, 1):
            inner = setting if position == len(sequence.items) else unasked
            following: list[State] = []
            for earlier in states:
                before = earlier if position == 1 else earlier.overwritten()
                for outcome in self._item(item, before, inner):
                    if outcome.flow is Flow.NEXT:
                        following.append(outcome.state)
                    else:
                        yield outcome
            states = distinct(following)
        yield from (Outcome(Flow.NEXT, after) for after in states)

    def _item(self, item: Item, state: State, setting: Setting) -> Iterable[Outcome]:
        if item.background is None:
            return self.run(item.node, state, setting)
        if isinstance(item.node, Pipeline) and item.node.negation is not None:
            raise Unclear("background-negation", item.node.span)
        outcomes = []
        for end in self.child(item.node, state, replace(setting, question=0), forked=True):
            after = replace(state.after_child(end, "0"), last_job=Job(end.status), pipestatus=())
            if end.status is Fuzzy.FAILED:
                after = after.masked(Mask("background", self.here(item.background)))
            outcomes.append(Outcome(Flow.NEXT, after))
        return outcomes

    def _define(self, node: Function, state: State, _setting: Setting) -> list[Outcome]:
        return [Outcome(Flow.NEXT, replace(state.define(node.name, self.define(node)), status="0"))]

    def _group(self, node: Group, state: State, setting: Setting) -> Iterator[Outcome]:
        return self._sequence(node.body, state, setting)

    def _unparsed(self, node: Unparsed, _state: State, _setting: Setting) -> list[Outcome]:
        raise Unclear("unparsed", node.span)

    def _if(self, node: If, state: State, setting: Setting) -> Iterator[Outcome]:
        states = [state]
        for branch in node.branches:
            condition = setting.ignoring(Mask("condition", self.here(branch.head)), 2)
            following: list[State] = []
            for before in states:
                for outcome in self.run(branch.condition, before, condition):
                    if outcome.flow is not Flow.NEXT:
                        yield outcome
                    elif is_zero(outcome.state.status):
                        yield from self.run(branch.body, outcome.state, setting)
                    else:
                        following.append(outcome.state.overwritten())
            states = distinct(following)
        for before in states:
            if node.otherwise is not None:
                yield from self.run(node.otherwise, before, setting)
            else:
                yield Outcome(Flow.NEXT, replace(before, status="0"))

    def _loop(self, node: Loop, state: State, setting: Setting) -> Iterator[Outcome]:
        inner = tuple(part for word in node.words or () for part in word.substitutions)
        for before, _ in substitute(self, inner, state, setting):
            yield from run_loop(self, node, before, replace(setting, question=0))

    def _case(self, node: Case, state: State, setting: Setting) -> Iterator[Outcome]:
        for before, _ in substitute(self, node.subject.substitutions, state, setting):
            subject = resolve(node.subject, before)
            way = before
            for arm in node.arms:
                if arm.terminator not in {"", ";;"}:
                    raise Unclear("fall-through", node.span)
                matched = matches(subject, arm.patterns)
                if matched is Tri.FALSE:
                    continue
                if matched is Tri.UNKNOWN:
                    way = way.doubted("condition-unknown", self.here(node.subject.span))
                yield from self.run(arm.body, replace(way, status="0") if not arm.body.items else way, setting)
                if matched is Tri.TRUE:
                    break
            else:
                yield Outcome(Flow.NEXT, replace(way, status="0"))

    def _subshell(self, node: Subshell, state: State, setting: Setting) -> Iterator[Outcome]:
        for end in self.child(node.body, state, setting):
            yield from self.settle(state.after_child(end, end.status), setting)

    def _test(self, node: Test, state: State, setting: Setting) -> Iterator[Outcome]:
        if self.posix:
            raise Unclear("bash-only", node.span)
        span = self.here(node.span)
        for before, _ in substitute(self, node.substitutions, state, setting):
            if node.words is None:
                outcomes = arithmetic_command(node.raw[2:-2], before, span)
            else:
                outcomes = answer(truth(node.words, before, extended=True), before, span)
            for outcome in outcomes:
                yield from self.settle(outcome.state, setting)

    def _redirected(self, node: Redirected, state: State, setting: Setting) -> Iterator[Outcome]:
        for before, _ in substitute(self, redirect_substitutions(node.redirects), state, setting):
            yield from self.run(node.body, before, setting)


_WAYS: dict[type, Callable[[Interpreter, Any, State, Setting], Iterable[Outcome]]] = {
    Command: run_command,
    Sequence: Interpreter._sequence,
    AndOr: run_and_or,
    Pipeline: run_pipeline,
    If: Interpreter._if,
    Loop: Interpreter._loop,
    Case: Interpreter._case,
    Group: Interpreter._group,
    Subshell: Interpreter._subshell,
    Function: Interpreter._define,
    Test: Interpreter._test,
    Redirected: Interpreter._redirected,
    Unparsed: Interpreter._unparsed,
}
"""By the kind of node: asking a record whether it is of another kind is slow."""
