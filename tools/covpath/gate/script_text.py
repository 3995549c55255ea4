"""A script's commands as far as they can be told from its text, without reading it as shell.

Most scripts are simple, and most questions about them (does it only install? does its last
command stand alone?) need no more. Whatever is not simple is left to the shell reader.
"""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from covpath.patterns import regex


class TextCommand(Struct, frozen=True):
    """A command's words, quotes left as ``Q``. ``alone``: a statement of its own at the top level."""

    words: tuple[str, ...]
    alone: bool

    @property
    def name(self) -> str:
        """The program, without its folder."""
        return self.words[0].rsplit("/", 1)[-1]


class ScriptText(Struct, frozen=True):
    """The commands of a script in order, without those inside of words.

    ``steady``: nothing in it changes the rules the shell starts with, but to make them stricter.
    ``leaves``: it ends itself with a failure somewhere.
    """

    commands: tuple[TextCommand, ...]
    steady: bool
    leaves: bool


_HIDDEN = regex(r"\$\{\{.*?\}\}|\$\{#?\w+(?:\[[@*\w]+\])?\}|\\\n")
_COMMENT = regex(r"^[ \t]*#.*$", re.MULTILINE)
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
_LEAVES = regex(r"\bexit\s+(?!0\b)\S")
_OPENING = frozenset(("if", "for", "while", "until", "case", "select", "{", "("))
_CLOSING = frozenset(("fi", "done", "esac", "}", ")"))
_LEADING = frozenset(("then", "do", "else", "elif", "if", "while", "until", "!", "{", "(", "time"))
_NO_COMMAND = frozenset(("for", "case", "select", "in", "function", "coproc", "[[", "((", *_CLOSING))
_WRAPPERS = frozenset(("sudo", "nohup", "command", "builtin", "exec"))
_HARD = frozenset(("env", "timeout", "gtimeout", "nice", "ionice", "setsid", "stdbuf", "unbuffer", "xvfb-run", "doas",
                   "dbus-run-session", "catchsegv", "arch"))  # fmt: skip


@lru_cache(maxsize=2048)
def script_text(text: str) -> ScriptText | None:
    """The commands of a script; None where its text does not tell."""
    masked = _masked(text)
    if masked is None:
        return None
    commands: list[TextCommand] = []
    depth, before = 0, "\n"
    parts = _SEPARATOR.split(masked)
    for position in range(0, len(parts), 2):
        after = parts[position + 1] if position + 1 < len(parts) else "\n"
        words = parts[position].split()
        if not words:
            before = after if after not in ("\n", ";") or before in ("\n", ";", ";;") else before
            continue
        inside = depth
        depth += sum(_step(word, number) for number, word in enumerate(words))
        command = _command(words)
        if command is None:
            return None
        if command:
            plain = before in ("\n", ";") and after in ("\n", ";") and words[0] not in _LEADING
            commands.append(TextCommand(command, alone=plain and inside == 0 and depth == 0))
        before = after
    if depth != 0:
        return None
    steady = not (_TURNS.search(masked) and _TURNS.search(_STRICTER.sub("", masked)))
    return ScriptText(tuple(commands), steady, "exit" in masked and _LEAVES.search(masked) is not None)


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


def _step(word: str, number: int) -> int:
    if number == 0 or word in ("{", "(", "}", ")", "fi", "done", "esac"):
        return (word in _OPENING) - (word in _CLOSING)
    return 0


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
