"""Patterns of file names: cargo-tarpaulin's globs to one regular expression for LLVM's tools, and back.

A glob is matched against the path relative to the workspace root and ``*`` crosses ``/``; the
expression is searched in the absolute path. Only syntax that POSIX extended expressions and the Rust
``regex`` crate share is written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from covpath.patterns import regex

_SPECIAL = frozenset(r"\.+^$()|{}")
_HOLDING = regex(r"(?<!\\)\(((?:\\.|[^()|?*\\]|\.\*)*)\)(?![?*+{])")
_CHOICE = regex(r"(?<!\\)\(((?:\\.|[^()\\])*)\)(?![?*+{])")
_BAR = regex(r"(?<!\\)\|")
_PART = regex(r"\\?.", re.DOTALL)
_MOST = 32
"""The alternatives that one expression may have, written out."""
_PLAIN = regex(r"[\w/@ ~%,:=-]")


def regex_of(globs: Sequence[str]) -> str | None:
    """One expression that matches what any of ``globs`` matches, or None where one is not a valid glob.

    >>> regex_of(["src/generated/*", "*/schema.rs"])
    '/src/generated/.*$|/.*/schema\\\\.rs$'
    """
    parts = [_one_regex(glob) for glob in globs]
    return "|".join(part for part in parts if part is not None) if parts and None not in parts else None


def _one_regex(glob: str) -> str | None:
    glob = glob.removeprefix("./")
    out = ["" if glob.startswith("/") else "/"]
    position = 0
    while position < len(glob):
        character = glob[position]
        if character == "*":
            if out[-1] != ".*":
                out.append(".*")
        elif character == "?":
            out.append(".")
        elif character == "[":
            end = glob.find("]", position + 2)
            if end < 0:
                return None
            inner = glob[position + 1 : end]
            out.append("[^" + inner[1:] + "]" if inner.startswith("!") else f"[{inner}]")
            position = end
        else:
            out.append("\\" + character if character in _SPECIAL else character)
        position += 1
    return "".join(out) + "$"


def globs_of(regex: str) -> tuple[str, ...] | None:
    """Globs that match what ``regex`` matches in a path, or None where globs cannot say it.

    Understood: alternatives, also in brackets, of plain text, ``.*``, ``.``, escaped characters, a leading ``/`` and a
    closing ``$``. What is not anchored gets a ``*``; what asks for a relative path from the start (``^src/``)
    matches no absolute one, and gives no glob.

    >>> globs_of("/src/generated/.*$|tests/")
    ('src/generated/*', '*/src/generated/*', '*tests/*')
    """
    branches = _branches(_unbracketed(regex))
    if branches is None:
        return None
    found: list[str] = []
    for branch in branches:
        if branch.startswith("^") and not branch.startswith("^/"):
            continue  # absolute paths begin with a slash: it never matches
        glob = _one_glob(branch)
        if glob is None:
            return None
        # The expression finds its place at any depth; a glob counts from the workspace root.
        found += [glob, f"*/{glob}"] if branch.startswith("/") and not glob.startswith("*") else [glob]
    return tuple(found)


def _unbracketed(expression: str) -> str:
    """The expression without brackets that only hold text of one alternative together: ``tests(.*).rs``."""
    while (simpler := _HOLDING.sub(r"\1", expression)) != expression:
        expression = simpler
    return expression


def _branches(expression: str) -> list[str] | None:
    """The alternatives of an expression, those in brackets written out; None where one is empty or they are many."""
    done: list[str] = []
    open_ = _alternatives(_unbracketed(expression))
    while open_ and len(done) + len(open_) <= _MOST:
        branch = open_.pop(0)
        choice = _CHOICE.search(branch)
        if choice is None:
            done.append(branch)
            continue
        before, after = branch[: choice.start()], branch[choice.end() :]
        open_ = [_unbracketed(before + one + after) for one in _BAR.split(choice[1])] + open_
    return list(dict.fromkeys(done)) if not open_ and all(done) else None


def _alternatives(expression: str) -> list[str]:
    """What stands between the bars outside of brackets."""
    found = [""]
    depth = 0
    for part in _PART.findall(expression):
        depth += (part == "(") - (part == ")")
        if part == "|" and depth == 0:
            found.append("")
        else:
            found[-1] += part
    return found


def _one_glob(branch: str) -> str | None:
    out = [] if branch.startswith("/") else ["*"]
    body = branch.removeprefix("/")
    closed = body.endswith("$") and not body.endswith("\\$")
    body = body.removesuffix("$") if closed else body
    position = 0
    while position < len(body):
        pair = body[position : position + 2]
        if pair == ".*":
            out.append("*")
            position += 2
        elif pair.startswith("\\") and len(pair) == 2 and not pair[1].isalnum():
            out.append(f"[{pair[1]}]" if pair[1] in "*?[" else pair[1])
            position += 2
        elif pair.startswith("."):
            out.append("?")
            position += 1
        elif _PLAIN.match(pair):
            out.append(pair[0])
            position += 1
        else:
            return None
    if not closed:
        out.append("*")
    return re.sub(r"\*+", "*", "".join(out))
