"""TOML files, and the lines where their values stand."""

from __future__ import annotations

import tomllib

Table = dict[str, object]


def read_toml(text: str) -> Table | None:
    """The file's data; None where it is not TOML."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def table_at(data: object, *keys: str) -> Table:
    """The table at a path; empty where there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def first_text_line(text: str, line: int) -> int:
    """The line where a string's text begins whose key stands at ``line``: below the quotes of a multi-line one."""
    lines = text.splitlines()
    return line + 1 if line <= len(lines) and lines[line - 1].rstrip().endswith(('"""', "'''")) else line


def line_of(text: str, *needles: str, start: int = 1) -> int:
    """The line from ``start`` on where the last needle stands, each sought behind the one before it.

    TOML readers keep no positions; where a needle is not found, the line reached so far.
    """
    lines = text.splitlines()
    number = start
    for needle in needles:
        for index in range(number - 1, len(lines)):
            if needle in lines[index]:
                number = index + 1
                break
    return number
