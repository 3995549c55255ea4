"""The commands a script is about, told by reading it as shell."""

from __future__ import annotations

from functools import lru_cache

from covpath.gate.scripts.command_names import DECIDING, FILTERS, TRIVIAL, prepare
from covpath.patterns import regex
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.spans import Around, Span
from covpath.workflow.shell.syntax import Command, Function, Script, Sequence, Test
from covpath.workflow.shell.wrappers import peeled_words

_LEAVES = regex(r"\bexit\s+(?!0\b)\S")
_THEN_LEAVES = regex(r"&&[^|]*\bexit\s+(?!0\b)\S")
_RETURNS = regex(r"\breturn\s+[1-9]")
_QUIET = regex(r"-[A-Za-z]*q[A-Za-z]*|--quiet|--silent")
_GREPS = ("grep", "egrep", "fgrep", "rg")


@lru_cache(maxsize=64)
def script_commands(text: str) -> tuple[Command, ...]:
    """The commands a script is about, in source order: all but those that only say, set or look.

    What runs only to make another command's words is part of that command. A script that does
    nothing but look is about what it looks with; about nothing where it decides by itself.
    """
    script = parse_script(text)
    inverted = _inverted(script)
    asked = [
        command
        for command in script.commands
        if _only_asked(command, text) or (inverted is not None and inverted.covers(command.span))
    ]
    asks = inverted is not None or not all(map(_only_looks, asked))
    commands = [command for command in script.commands if command.words and command not in asked]
    own = _functions(script.body)
    telling = [command for command in commands if not _only_looks(command) and command.name not in own]
    first = {command.name for command in telling if not _is_fallback(command)}
    telling = [one for one in telling if not _only_tells_of_failure(one) or one.name in first] or telling
    outer = [command for command in telling if not command.stands_in(*_INSIDE_WORDS)]
    if outer and not (asks and all(map(prepares, outer))):
        return tuple(outer)
    if asks or leaves_by_itself(script):
        return ()
    return tuple(telling or commands)


def only_tells(text: str) -> bool:
    """Whether a script only works out words or shows some: a failure of what it runs for that is nobody's check.

    What runs stands inside of what is said (``echo "v=$(cmd)" >> "$GITHUB_OUTPUT"``), its text is searched
    to choose between words (``if cmd | grep -q x; then v=1; fi``), or it looks and may fail (``grep x y || true``).
    """
    script = parse_script(text)
    running = [command for command in script.commands if command.words and _name(command) not in TRIVIAL]
    if not script.commands or leaves_by_itself(script):
        return False
    return all(
        _is_said(command, script)
        or _chooses_words(command, script)
        or (_name(command) in FILTERS and not _only_checks(command) and _may_fail(command))
        for command in running
    )


def _may_fail(command: Command) -> bool:
    """Whether the script itself has something stand in for a command's failure, or reads only what it writes."""
    return any(
        (one.around is Around.AND_OR and not one.position and one.name == "||")
        or (one.around is Around.PIPELINE and one.position < one.count - 1)
        for one in command.context
    )


_SAYING = frozenset(("echo", "printf", "cat", "tee", "export", "declare", "local", "readonly", "typeset"))


def _is_said(command: Command, script: Script) -> bool:
    """Whether a command makes words of one that says them, and so cannot fail it."""
    inside = next((one.span for one in command.context if one.around is Around.SUBSTITUTION), None)
    if inside is None:
        return False
    hosts = [one for one in script.commands if one.span.covers(inside) and not inside.covers(one.span)]
    host = min(hosts, key=lambda one: one.span.end - one.span.start, default=None)
    return host is not None and host.name in _SAYING


def _chooses_words(command: Command, script: Script) -> bool:
    """Whether a command only answers a condition between branches that only say or set.

    It is piped into a quiet search there, or makes the words of a test (``[[ -n "$(cmd)" ]]``).
    """
    asked = next((one.span for one in command.context if one.around is Around.IF_CONDITION), None)
    if asked is None:
        return False
    within = [one for one in script.commands if asked.covers(one.span)]
    condition = [one for one in within if any(outer.around is Around.IF_CONDITION for outer in one.context)]
    branches = [one for one in within if one not in condition and one.words]
    answers = command.stands_in(Around.SUBSTITUTION) or any(map(_searches_quietly, condition))
    return answers and all(_name(one) in _CHOOSING for one in branches)


_CHOOSING = frozenset(("echo", "printf", "export", ":", "true", "break", "continue"))


def _only_looks(command: Command) -> bool:
    name = _name(command)
    return name in TRIVIAL or (bool(command.context) and name in FILTERS and not _only_checks(command))


def _only_checks(command: Command) -> bool:
    """``... | grep -q text``: it shows nothing, so it is there to fail."""
    return _ends_a_line(command) and _searches_quietly(command)


def _ends_a_line(command: Command) -> bool:
    return all(one.around is Around.PIPELINE for one in command.context)


def _searches_quietly(command: Command) -> bool:
    return _name(command) in _GREPS and any(map(_QUIET.fullmatch, _words(command)[1:]))


def _functions(body: Sequence) -> frozenset[str]:
    """The functions a script defines: calling one runs the commands in it."""
    return frozenset(item.node.name for item in body.items if isinstance(item.node, Function))


def _only_asked(command: Command, text: str) -> bool:
    """``if cmd; then exit 1; fi``, ``cmd && exit 1``: the script decides on the answer by itself."""
    return any(
        (one.around is Around.IF_CONDITION and _LEAVES.search(text[one.span.start : one.span.end]))
        or (
            one.around is Around.AND_OR
            and (one.position, one.name) == (0, "&&")
            and _THEN_LEAVES.search(text[one.span.start : one.span.end])
        )
        for one in command.context
    )


def _is_fallback(command: Command) -> bool:
    return any(one.around is Around.AND_OR and one.position and one.name == "||" for one in command.context)


def _only_tells_of_failure(command: Command) -> bool:
    """``cmd || gh pr comment``: what runs in place of a failure, unless it tries the same again."""
    return _is_fallback(command) and prepares(command)


def leaves_by_itself(script: Script) -> bool:
    """Whether a script ends itself with a failure, or with a test."""
    text = script.text
    if ("exit" in text and _LEAVES.search(text)) or ("return" in text and _RETURNS.search(text)):
        return True
    last = script.body.items[-1].node if script.body.items else None
    if isinstance(last, Test):
        return True
    end = _end(script)
    return end is not None and (end.name in DECIDING or end.stands_in(Around.NEGATION))


def _end(script: Script) -> Command | None:
    """The command that sets a script's status, if the last one does; what makes words of it stands behind it."""
    own = (command for command in reversed(script.commands) if not command.stands_in(*_INSIDE_WORDS))
    end = next(own, None)
    return end if end is not None and all(one.around in _OPEN for one in end.context) else None


def _inverted(script: Script) -> Span | None:
    """``! (cmd)`` at a script's end: the script decides on the answer by itself."""
    end = _end(script)
    return end.context[0].span if end is not None and end.stands_in(Around.NEGATION) else None


_OPEN = frozenset({Around.AND_OR, Around.NEGATION, Around.PIPELINE, Around.SUBSHELL, Around.GROUP})
"""What a script's last command can stand in and still set its status."""
_INSIDE_WORDS = (Around.SUBSTITUTION, Around.PROCESS_SUBSTITUTION)


def _words(command: Command) -> tuple[str, ...]:
    return tuple([word.text or "" for word in peeled_words(command)])


def _name(command: Command) -> str:
    words = peeled_words(command)
    return (words[0].text or "").rsplit("/", 1)[-1] if words else ""


def prepares(command: Command) -> bool:
    """Whether a command installs, fetches, cleans up or starts something rather than checking the code."""
    return prepare(_words(command)) or command.stands_in(Around.BACKGROUND)
