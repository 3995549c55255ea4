"""Whether a script hides the failure of one of its commands, known as soon as one way tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from covpath.patterns import regex
from covpath.workflow.shell.dialect import Shell
from covpath.workflow.shell.execution.interpreter import Interpreter
from covpath.workflow.shell.execution.state import Flow, Outcome, Setting, State, Unclear, is_zero
from covpath.workflow.shell.exit_status import ExitEffect, failure_of, judge, ways_to_end
from covpath.workflow.shell.spans import Around, Enclosure
from covpath.workflow.shell.syntax import Command, Loop, Node, Redirected, Script, Sequence


def hidden_failure_of(command: Command, script: Script, shell: Shell) -> ExitEffect | None:
    """What ``failure_of`` tells where nobody is told of the failure; None where somebody is, or that is unknown."""
    if not shell.kind.reads_posix or script.errors or _is_heard_at_once(command, script, shell):
        return None
    try:
        ends = ways_to_end(command, script, shell, machine=_Listening)
        if not all(is_zero(end.status) for end in ends):
            return None
        effect = judge(command, script, shell, ends)
    except (_Heard, Unclear):
        return None
    except RecursionError:
        effect = failure_of(command, script, shell)  # it needs less of the stack
    return effect if effect.is_masked else None


class _Heard(Exception):
    """One way to end tells of the failure: whatever the others do, it is not hidden for sure."""


_PROBES = 2


class _Listening(Interpreter):
    """Gives up as soon as the script itself (no child process) ends with the failure, and no trap can change that.

    What stands behind a loop is tried with the first ways out of it: all the others take long to find.
    """

    _children = 0
    _probed = True

    def run_script(self, body: Sequence, state: State) -> list[State]:
        self._behind = {
            id(_unwrapped(item.node)): Sequence(body.items[number:], body.span)
            for number, item in enumerate(body.items, 1)
            if item.background is None and isinstance(_unwrapped(item.node), Loop)
        }
        self._probed = not self._behind
        return super().run_script(body, state)

    def run(self, node: Node, state: State, setting: Setting) -> list[Outcome]:
        outcomes = super().run(node, state, setting)
        if not self._children and any(map(_tells, outcomes)):
            raise _Heard
        return outcomes

    def _ways(self, node: Node, state: State, setting: Setting) -> Iterable[Outcome]:
        ways = super()._ways(node, state, setting)
        if self._probed or self._children or id(node) not in self._behind:
            return ways
        return self._probing(ways, self._behind[id(node)])

    def _probing(self, ways: Iterable[Outcome], rest: Sequence) -> Iterator[Outcome]:
        left = _PROBES
        for outcome in ways:
            if left and outcome.flow is Flow.NEXT and outcome.state.failed:
                left -= 1
                self._probe(rest, outcome.state)
            yield outcome

    def _probe(self, rest: Sequence, state: State) -> None:
        """Raises where a way on from here tells of the failure; what cannot be followed says nothing."""
        steps, self._probed = self._steps, True
        try:
            if any(end.failed and not is_zero(end.status) for end in super().run_script(rest, state)):
                raise _Heard
        except (Unclear, RecursionError):
            pass
        finally:
            self._steps, self._probed = steps, False

    def child(self, node: Node, state: State, setting: Setting, *, forked: bool = False) -> list[State]:
        self._children += 1
        try:
            return super().child(node, state, setting, forked=forked)
        finally:
            self._children -= 1


def _unwrapped(node: Node) -> Node:
    """A compound command without its redirections."""
    return node.body if isinstance(node, Redirected) else node


def _tells(outcome: Outcome) -> bool:
    state = outcome.state
    return outcome.flow is Flow.EXIT and state.failed and state.exit_trap < 0 and not is_zero(state.status)


_LETTING_THROUGH = frozenset(
    (Around.IF_BRANCH, Around.LOOP_BODY, Around.CASE_ARM, Around.GROUP, Around.SUBSHELL)
)  # fmt: skip
_CHANGES = frozenset(("set", "shopt", "trap", "eval"))
"""What can keep a failure from ending the script: sourced files may, but need not."""
_STRICTER = regex(r"-[A-Za-z]+|\+[aBbCEhmuvx]+|pipefail|errexit|nounset|xtrace|verbose|errtrace|noclobber")


def _is_heard_at_once(command: Command, script: Script, shell: Shell) -> bool:
    """Whether errexit is surely on where a command runs, and nothing around the command ignores its failure."""
    if not (shell.known and shell.errexit) or not all(_lets_through(one, shell) for one in command.context):
        return False
    in_loop = command.stands_in(Around.LOOP_BODY)  # then later commands may have run before it
    for other in script.commands:
        if other.span.start >= command.span.start and not in_loop:
            return True
        if not _CHANGES.isdisjoint([word.text for word in other.words]) and not _only_stricter(other):
            return False
    return True


def _lets_through(around: Enclosure, shell: Shell) -> bool:
    if around.around is Around.PIPELINE and shell.pipefail:
        return True
    if around.around in (Around.PIPELINE, Around.AND_OR):
        return around.position == around.count - 1
    return around.around in _LETTING_THROUGH


def _only_stricter(command: Command) -> bool:
    """``set -euo pipefail``, ``set +x`` and their like."""
    return command.name == "set" and all(_STRICTER.fullmatch(one or "") for one in command.argv[1:])
