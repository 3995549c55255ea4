"""A script's commands as far as they can be told from its text, without reading it as shell.

Most scripts are simple, and most questions about them (does it only install? does its last
command stand alone?) need no more. Whatever is not simple is left to the shell reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from covpath.patterns import regex


class TextCommand(Struct, frozen=True):
    """A command's words, quotes left as ``Q``. ``alone``: a statement of its own at the top level.

    ``heard``: under errexit its failure surely ends the script, also from inside of a branch or a loop.
    """

    words: tuple[str, ...]
    alone: bool
    heard: bool

    @property
    def name(self) -> str:
        """The program, without its folder."""
        return self.words[0].rsplit("/", 1)[-1]


class ScriptText(Struct, frozen=True):
    """The commands of a script in order, without those inside of words.

    ``steady``: nothing in it changes the rules the shell starts with, but to make them stricter.
    ``sources``: the same but for files that it sources, of which nobody knows. ``leaves``: it ends itself
    with a failure somewhere. ``noted``: comments stand behind commands.
    """

    commands: tuple[TextCommand, ...]
    steady: bool
    sources: bool
    leaves: bool
    noted: bool = False


_HIDDEN = regex(r"\$\{\{.*?\}\}|\$\{#?\w+(?:\[[@*\w]+\])?\}|\\\n")
_COMMENT = regex(r"^[ \t]*#.*$", re.MULTILINE)
_NOTE = regex(r"(?<=[^\s#])[ \t]+#[^\n'\"]*$", re.MULTILINE)
"""A comment behind a command: without quotes in it, its absence changes nothing even within quotes."""
_DOCUMENT = regex(r"<<-?[ \t]*(['\"]?)(\w+)\1(.*)\n(?:.*\n)*?[ \t]*\2[ \t]*(?=\n|\Z)")
_QUOTED = regex(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_INNER = regex(r"[$<>]\([^()]*\)")
_SEPARATOR = regex(r"(\n|;;|;|&&|\|\||\|&?|(?<![<>&])&(?![&>\d]))")
_ASSIGNMENT = regex(r"\w+(?:\[\w*\])?\+?=")
_TEST = regex(r"\[\[\s.*?\s\]\]", re.DOTALL)
_PATTERN = regex(r"^[ \t]*\(?[^()\n;&\s][^()\n;&]*\)", re.MULTILINE)
_FUNCTION = regex(r"(?:function\s+)?[\w-]+\s*\(\)\s*\{?")
_STRICTER = regex(r"^[ \t]*set(?:[ \t]+(?:-[euxo]+|pipefail|errexit|nounset|xtrace))+[ \t]*$", re.MULTILINE)
_TURNS = regex(r"(?:^|[\s;&|(])(?:set|trap|source|eval|shopt|alias|exec|\.)(?=\s)", re.MULTILINE)
_SOURCES = regex(r"(?<![^\s;&|(])(?:source|\.)(?=\s)")
_LEAVES = regex(r"\bexit\s+(?!0\b)\S")
_OPENING = frozenset(("if", "for", "while", "until", "case", "select", "{", "("))
_CLOSING = frozenset(("fi", "done", "esac", "}", ")"))
_BOUNDS = frozenset(("{", "(", "}", ")", "fi", "done", "esac"))
"""What begins or ends something also behind a statement's first word."""
_LEADING = frozenset(("then", "do", "else", "elif", "if", "while", "until", "!", "{", "(", "time"))
_NO_COMMAND = frozenset(("for", "case", "select", "in", "[[", "((", *_CLOSING))
_ONE_LINE = regex(r"[\w ./:=@,+%^~-]+\n?", re.ASCII)
_MEANING = frozenset(("set", "trap", "source", "eval", "shopt", "alias", "exec", ".")) | _OPENING | _CLOSING | _LEADING
"""Words that are no plain ones wherever they stand."""
_WRAPPERS = frozenset(("sudo", "nohup", "command", "builtin", "exec"))
_HARD = frozenset(("env", "timeout", "gtimeout", "nice", "ionice", "setsid", "stdbuf", "unbuffer", "xvfb-run", "doas",
                   "dbus-run-session", "catchsegv", "arch", "coproc", "function"))  # fmt: skip


@lru_cache(maxsize=2048)
def script_text(text: str) -> ScriptText | None:
    """The commands of a script; None where its text does not tell."""
    if _ONE_LINE.fullmatch(text) and _MEANING.isdisjoint(words := text.split()) and "exit" not in text:
        return _one_command(words)
    return _many_commands(text)


def _one_command(words: list[str]) -> ScriptText | None:
    """Of a line of plain words, as most scripts are."""
    command = _command(words)
    if command is None:
        return None
    commands = (TextCommand(command, alone=True, heard=True),) if command else ()
    return ScriptText(commands, steady=True, sources=False, leaves=False)


def _many_commands(text: str) -> ScriptText | None:
    masked, noted = _masked(text), False
    if masked is None and "#" in text:
        masked, noted = _masked(_NOTE.sub("", text)), True
    if masked is None:
        return None
    commands: list[TextCommand] = []
    depth, before = 0, "\n"
    inner = _Inner(tangled="(" in masked or ")" in masked)
    parts = _SEPARATOR.split(masked)
    for position in range(0, len(parts), 2):
        after = parts[position + 1] if position + 1 < len(parts) else "\n"
        words = parts[position].split()
        if not words:
            before = after if after not in ("\n", ";") or before in ("\n", ";", ";;") else before
            continue
        inside = depth
        first, others = _steps(words)
        inner.enter(words, before, len(commands), tangled=bool(others))
        depth += first + sum(others)
        command = _command(words)
        if command is None:
            return None
        if command:
            plain = before in ("\n", ";") and after in ("\n", ";") and words[0] not in _LEADING
            alone = plain and inside == 0 and depth == 0
            heard = alone or (before != "||" and after in _ENDS and inner.passes_on())
            commands.append(TextCommand(command, alone=alone, heard=heard))
        for start in inner.leave(words, after):
            commands[start:] = [TextCommand(one.words, alone=one.alone, heard=False) for one in commands[start:]]
        before = after
    if depth != 0:
        return None
    if inner.tangled:
        commands = [TextCommand(one.words, alone=one.alone, heard=one.alone) for one in commands]
    turning = _STRICTER.sub("", masked) if _TURNS.search(masked) else ""
    steady = not _TURNS.search(turning)
    sources = not steady and not _TURNS.search(_SOURCES.sub(" ", turning))
    leaves = "exit" in masked and _LEAVES.search(masked) is not None
    return ScriptText(tuple(commands), steady, sources, leaves, noted)


_ENDS = ("\n", ";", ";;")
"""What ends a statement that nothing around it reads the status of."""
_CONDITIONS = frozenset(("if", "elif", "while", "until"))


class _Inner:
    """The branches, loops and groups around a statement: whether they pass a failure on.

    ``tangled`` where several begin or end in one statement, or in brackets: nothing is told of what is inside then.
    """

    def __init__(self, *, tangled: bool) -> None:
        self.tangled = tangled
        self._open: list[tuple[int, bool]] = []
        """For each that is open: how many commands came before it, and whether its own status is read."""
        self._in_condition: list[bool] = []
        self._turned = False

    def enter(self, words: list[str], before: str, commands: int, *, tangled: bool) -> None:
        """At a statement of these words, ``before`` it what ended the one before.

        ``tangled``: something begins or ends behind its first word.
        """
        first = words[0]
        # What turns or times a pipeline's status stands before its first part.
        self._turned = (before == "|" and self._turned) or "!" in words or "time" in words
        self.tangled |= tangled
        if first in _OPENING:
            self._open.append((commands, before not in _ENDS))
            self._in_condition.append(first in _CONDITIONS)
        elif self._open and first in ("then", "do", "else", "elif"):
            self._in_condition[-1] = first == "elif"

    def passes_on(self) -> bool:
        """Whether the failure of the command at hand is not part of a question, as far as is seen so far."""
        return not self._turned and not any(self._in_condition)

    def leave(self, words: list[str], after: str) -> Iterator[int]:
        """From which command on what was just closed reads the status of what is in it."""
        if words[0] in _CLOSING:
            if not self._open:
                self.tangled = True
                return
            start, asked = self._open.pop()
            self._in_condition.pop()
            if asked or after not in _ENDS:
                yield start


def _masked(text: str) -> str | None:
    """The text without comments, here-documents, quoted parts and substitutions."""
    masked = text
    if "${" in masked or "\\" in masked:
        masked = _HIDDEN.sub(lambda one: " " if one[0] == "\\\n" else "X", masked)
    if "#" in masked:
        masked = _COMMENT.sub("", masked)
    if "<<" in masked:
        masked = _DOCUMENT.sub(r" \3", masked.replace("<<<", " "))
    if "'" in masked or '"' in masked:
        masked = _QUOTED.sub("Q", masked)
    for _ in range(4 if "(" in masked else 0):
        masked = _INNER.sub("Q", masked)
    if "()" in masked and _FUNCTION.search(masked):
        return None  # what a call comes to is in the function
    if "[[" in masked:
        masked = _TEST.sub("[[", masked)
    if "esac" in masked:
        masked = _PATTERN.sub("", masked)
    broken = "'" in masked or '"' in masked or "`" in masked or "$(" in masked or "<<" in masked or "\\" in masked
    return None if broken or "((" in masked or "=(" in masked or "#" in masked else masked


def _steps(words: list[str]) -> tuple[int, list[int]]:
    """How much deeper a statement's first word leads, and each other word that does."""
    first = (words[0] in _OPENING) - (words[0] in _CLOSING)
    if _BOUNDS.isdisjoint(words):
        return first, []
    return first, [1 if word in _OPENING else -1 for word in words[1:] if word in _BOUNDS]


def _command(words: list[str]) -> tuple[str, ...] | None:
    """The words of the command in a statement: empty where it has none, None where that cannot be told."""
    start = 0
    while start < len(words):
        word = words[start]
        if word in _LEADING or word in _WRAPPERS or _ASSIGNMENT.match(word):
            start += 1
        elif start and words[start - 1] in _WRAPPERS and word.startswith("-"):
            return None  # options may take values
        else:
            break
    rest = words[start:]
    if not rest or rest[0] in _NO_COMMAND:
        return ()
    if rest[0] in _HARD or rest[0][0] in "<>(" or rest[0].isdigit():
        return None
    return tuple(rest)
