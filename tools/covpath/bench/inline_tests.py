"""Test modules inside Rust source files: which lines they take up.

cargo-tarpaulin leaves them out, LLVM's instrumentation counts them (``facts``, backends, fact 5), so
lines there are no disagreement about the code.
"""

from __future__ import annotations

import re

_ATTRIBUTE = re.compile(r"#\[cfg\((?:test|all\(\s*test\b[^)]*\))\)\]")
_PASSED_OVER = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r"|b?r(?P<hashes>#*)\".*?\"(?P=hashes)"
    r"|b?\"(?:\\.|[^\"\\])*\""
    r"|b?'(?:\\(?:u\{[0-9a-fA-F_]+\}|x..|.)|[^\\'\n])'",
    re.DOTALL,
)


def inline_test_lines(text: str) -> frozenset[int]:
    """The lines, from 1, of every item under ``#[cfg(test)]``, the attribute's own line included."""
    blank = _PASSED_OVER.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    lines: set[int] = set()
    for match in _ATTRIBUTE.finditer(blank):
        end = _end_of_item(blank, match.end())
        lines.update(range(_line(blank, match.start()), _line(blank, end) + 1))
    return frozenset(lines)


def _end_of_item(text: str, start: int) -> int:
    """Where the item after an attribute ends: at its last closing brace, or at a semicolon before any."""
    depth = 0
    for match in re.compile(r"[{};]").finditer(text, start):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth <= 0:
                return match.start()
        elif depth == 0:
            return match.start()
    return len(text)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
