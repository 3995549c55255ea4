"""What becomes of a script when one of its commands fails.

The script is run in imagination, under the options its shell starts with, with that command
failing and the others succeeding; tests whose answer is unknown are followed both ways.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from covpath.patterns import regex
from covpath.terms import Fact
from covpath.workflow.shell.dialect import Shell, ShellKind
from covpath.workflow.shell.execution.interpreter import Interpreter
from covpath.workflow.shell.execution.relevance import deciding_variables
from covpath.workflow.shell.execution.state import Mask, State, Unclear, is_zero
from covpath.workflow.shell.messages import message_of
from covpath.workflow.shell.nested import NestedScript
from covpath.workflow.shell.other_shells import is_one_command
from covpath.workflow.shell.spans import Around, Enclosure, Span
from covpath.workflow.shell.syntax import Command, Script, Variable


class ExitOutcome(Fact):
    """What the script's exit status is once the command has failed."""

    FAILS = "fails"
    """Not 0."""
    MASKED = "masked"
    """0: nobody is told."""
    UNKNOWN = "unknown"


class ExitEffect(Struct, frozen=True, kw_only=True):
    """The verdict on one command.

    ``code`` and ``message`` say why.  For MASKED, ``masks`` are the things that swallow the failure,
    in the order they act, and ``span`` is the first one's place: None where it is the shell's own
    options.  For UNKNOWN, ``span`` is what cannot be followed.
    """

    outcome: ExitOutcome
    code: str
    message: str
    span: Span | None = None
    masks: tuple[Mask, ...] = ()

    @property
    def is_masked(self) -> bool:
        """Whether nobody is told."""
        return self.outcome is ExitOutcome.MASKED


def failure_of(command: Command, script: Script, shell: Shell) -> ExitEffect:
    """The script's exit status when exactly ``command`` (one of ``script.commands``) exits non-zero.

    A command that runs several times is taken to fail at least once; a command repeated without
    change (a retry) is taken to fail every time.
    """
    if not shell.kind.reads_posix:
        return _in_other_shell(command, script, shell)
    if script.errors:
        return _effect(ExitOutcome.UNKNOWN, "unparsed", script.errors[0])
    if _stops_at_once(command, script, shell):
        return _effect(ExitOutcome.FAILS, "errexit", None)
    try:
        return judge(command, script, shell, ways_to_end(command, script, shell))
    except (Unclear, RecursionError) as unclear:
        code, span = (unclear.code, unclear.span) if isinstance(unclear, Unclear) else ("recursion", None)
        return _effect(ExitOutcome.UNKNOWN, code, span)


def failure_in_nested(command: Command, nested: NestedScript, outer: Script, shell: Shell) -> ExitEffect:
    """The outer script's exit status when a command inside ``bash -c '...'`` fails.

    Spans are the outer script's where the nested text stands there character by character, else None.
    """
    inside = failure_of(command, nested.script, nested.shell)
    if inside.outcome is ExitOutcome.FAILS:
        return failure_of(nested.command, outer, shell)
    masks = tuple(
        Mask(mask.code, nested.outer_span(mask.span) if mask.span is not None else None) for mask in inside.masks
    )
    span = nested.outer_span(inside.span) if inside.span is not None else None
    return replace(inside, span=span, masks=masks)


_MAY_CHANGE_THE_RULES = frozenset({"set", "shopt", "trap", "eval", "source", ".", "exit", "exec", "command", "builtin"})


_LETTING_THROUGH = frozenset({Around.IF_BRANCH, Around.LOOP_BODY, Around.CASE_ARM, Around.GROUP})
_LAST_COUNTS = frozenset({Around.PIPELINE, Around.AND_OR})


def _stops_at_once(command: Command, script: Script, shell: Shell) -> bool:
    """The commonest case, told without running anything: errexit is on and nothing around the command ignores it."""
    if not (shell.known and shell.errexit) or command.name in _MAY_CHANGE_THE_RULES:
        return False
    if not all(map(_lets_through, command.context)):
        return False
    in_loop = command.stands_in(Around.LOOP_BODY)  # then later commands may have run before it
    for other in script.commands:
        if other.span.start >= command.span.start and not in_loop:
            return True
        name = other.words[0].text if other.words else ""
        if (name is None or name in _MAY_CHANGE_THE_RULES) and not _only_stricter(other):
            return False
    return True


_STRICTER = regex(r"-[euxo]+|pipefail|errexit|nounset|xtrace")


def _only_stricter(command: Command) -> bool:
    """``set -euo pipefail`` and its like, at the top level."""
    options = command.argv[1:]
    return command.name == "set" and not command.context and all(_STRICTER.fullmatch(one or "") for one in options)


def _lets_through(around: Enclosure) -> bool:
    if around.around in _LAST_COUNTS:
        return around.position == around.count - 1
    return around.around in _LETTING_THROUGH


def judge(command: Command, script: Script, shell: Shell, ends: list[State]) -> ExitEffect:
    """The verdict on a command, from the states in which the script can end where it fails every time.

    Raises Unclear, as ``ways_to_end`` does.
    """
    always = _verdict(ends)
    if not command.stands_in(Around.LOOP_BODY, Around.LOOP_CONDITION, Around.FUNCTION):
        return always
    sometimes = _verdict(ways_to_end(command, script, shell, persistent=False))
    if always.outcome is sometimes.outcome:
        return always
    varies = any(isinstance(part, Variable) for word in command.words for part in word.parts)
    if not varies and always.code != "not-reached":
        return always
    code = "never-ends" if always.code == "not-reached" else "depends-on-round"
    return _effect(ExitOutcome.UNKNOWN, code, command.span)


def ways_to_end(
    command: Command,
    script: Script,
    shell: Shell,
    *,
    persistent: bool = True,
    machine: type[Interpreter] = Interpreter,
) -> list[State]:
    """The states in which the script can end after the command has failed.

    ``persistent``: it fails every time it runs, not only at least once. Raises Unclear, and what ``machine`` does.
    """
    start = State(
        followed=deciding_variables(script),
        errexit=shell.errexit if shell.known else None,
        pipefail=shell.pipefail if shell.known else None,
    )
    for eager in (False, True):
        one = machine(command.span, posix=shell.kind is ShellKind.SH, persistent=persistent, eager=eager)
        ends = [end for end in one.run_script(script.body, start) if end.failed]
        if ends:
            return ends
    return []


def _verdict(ends: list[State]) -> ExitEffect:
    if not ends:
        return _effect(ExitOutcome.UNKNOWN, "not-reached", None)
    passing = [end for end in ends if is_zero(end.status)]
    if not passing:
        return _effect(ExitOutcome.FAILS, ends[0].cause, None)
    if len(passing) == len(ends):
        masks = min((end.masks for end in passing if end.masks), key=len, default=())
        first = masks[0] if masks else Mask("overwritten", None)
        return ExitEffect(
            outcome=ExitOutcome.MASKED, code=first.code, message=message_of(first.code), span=first.span, masks=masks
        )
    doubt = next((end.doubt for end in ends if end.doubt is not None), Mask("undecided", None))
    return _effect(ExitOutcome.UNKNOWN, doubt.code, doubt.span)


def _effect(outcome: ExitOutcome, code: str, span: Span | None) -> ExitEffect:
    return ExitEffect(outcome=outcome, code=code, message=message_of(code), span=span)


def _in_other_shell(command: Command, script: Script, shell: Shell) -> ExitEffect:
    """PowerShell and cmd pass on the exit code of the last program run (ScriptHandlerHelpers.cs).

    A command line at the very end is that program; what an earlier one does is not followed. Neither is what
    stands in brackets, but it leaves the line one command.
    """
    last_wins = shell.kind in {ShellKind.PWSH, ShellKind.CMD}
    rest = script.text[command.span.end :].strip()
    if last_wins and not rest and not command.context:
        return _effect(ExitOutcome.FAILS, "last-status", None)
    inside = command.stands_in(Around.SUBSTITUTION, Around.PROCESS_SUBSTITUTION)
    if shell.kind is ShellKind.PWSH and not inside and is_one_command(script.text):
        return _effect(ExitOutcome.FAILS, "last-status", None)
    return _effect(ExitOutcome.UNKNOWN, "other-shell", None)
