"""What a script makes of the failure of the last command it is about: all of it, or whether nobody is told."""

from __future__ import annotations

from covpath.gate.scripts.script_commands import prepares, script_commands
from covpath.workflow.shell.dialect import Shell
from covpath.workflow.shell.exit_status import ExitEffect, ExitOutcome, failure_in_nested, failure_of
from covpath.workflow.shell.nested import nested_script
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.spans import Around, Span
from covpath.workflow.shell.syntax import Command, Script, Variable

Failure = tuple[Command, ExitEffect]

_MOST_KNOWN = 2048
_KNOWN: dict[tuple[str, Shell], Failure | None] = {}
"""What was found of scripts; steps recur."""


def failure_of_the_last(text: str, shell: Shell) -> Failure | None:
    """What a script makes of the failure of the last command it is about; None where it is about none.

    A masked line that cleans up or copies beside a command that counts masks nothing that matters.
    """
    if (text, shell) not in _KNOWN:
        _remember(text, shell, _found(text, _Effects(parse_script(text), shell)))
    return _KNOWN[text, shell]


def hides_the_last(text: str, shell: Shell) -> bool:
    """Whether nobody is told of that failure: the same answer, given as soon as it cannot be yes any more."""
    if (text, shell) not in _KNOWN:
        found = _found(text, _HiddenOnly(parse_script(text), shell))
        if found is None or found[1] is _NOT_HIDDEN:
            return False
        _remember(text, shell, found)
    known = _KNOWN[text, shell]
    return known is not None and known[1].is_masked


def _remember(text: str, shell: Shell, found: Failure | None) -> None:
    if len(_KNOWN) >= _MOST_KNOWN:
        _KNOWN.clear()
    _KNOWN[text, shell] = found


class _Effects:
    """What becomes of a script when a command of it fails, each worked out once."""

    def __init__(self, script: Script, shell: Shell) -> None:
        self.script = script
        self.shell = shell
        self._known: dict[Span, ExitEffect] = {}

    def of(self, command: Command) -> ExitEffect:
        """What becomes of it when this command fails."""
        effect = self._known.get(command.span)
        if effect is None:
            effect = self._known[command.span] = self._worked_out(command)
        return effect

    def _worked_out(self, command: Command) -> ExitEffect:
        return failure_of(command, self.script, self.shell)


_NOT_HIDDEN = ExitEffect(outcome=ExitOutcome.UNKNOWN, code="not-hidden", message="")
"""Stands for all that is not MASKED, where nothing else is asked."""


class _HiddenOnly(_Effects):
    """The same where only a failure that nobody is told of is of interest."""

    def _worked_out(self, command: Command) -> ExitEffect:
        # Imported here: only an audit asks this.
        from covpath.workflow.shell.hidden import hidden_failure_of

        return hidden_failure_of(command, self.script, self.shell) or _NOT_HIDDEN


def _found(text: str, effects: _Effects) -> Failure | None:
    script = effects.script
    about = [command for command in script_commands(text) if not _must_fail(command, script)]
    if not about:
        return None
    command = next((one for one in reversed(about) if not prepares(one)), about[-1])
    kept = _whose_status_is_given_out(about, effects)
    if kept is not None:
        return kept
    nested = nested_script(command)
    inner = script_commands(nested.script.text) if nested is not None else ()
    if nested is None or not inner:
        return command, effects.of(command)
    return command, failure_in_nested(inner[-1], nested, script, effects.shell)


def _must_fail(command: Command, script: Script) -> bool:
    """``! grep -r forbidden src`` at a script's end: its success is the failure that the script lets out."""
    ends = bool(script.body.items) and script.body.items[-1].node.span.covers(command.span)
    around = {one.around for one in command.context}
    return ends and Around.NEGATION in around and around <= {Around.NEGATION, Around.PIPELINE}


def _whose_status_is_given_out(about: list[Command], effects: _Effects) -> Failure | None:
    """In a script that keeps a status and ends with ``exit $status``: the command it was kept for.

    What runs between the two, without errexit, only clears up.
    """
    end = effects.script.commands[-1]
    if len(about) < 2 or end.name != "exit" or end.context or len(end.words) < 2:
        return None
    if not any(isinstance(part, Variable) for part in end.words[1].parts):
        return None
    # A failure that errexit was off for is one that nobody is told of.
    if effects.of(about[-1]).code != "errexit-off":
        return None
    for command in reversed(about[:-1]):
        effect = failure_of(command, effects.script, effects.shell)
        if effect.outcome is ExitOutcome.FAILS:
            return command, effect
    return None
