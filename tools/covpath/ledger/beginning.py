"""The text of an exceptions file that does not exist yet."""

from __future__ import annotations

from covpath.yamltext.nodes import Plain
from covpath.yamltext.rendering import render_flow, render_scalar
from covpath.yamltext.source import Source

_WHAT_IT_IS = "The decisions about CI jobs that do not block; the format: covpath schema exceptions"


def begin(
    path: str, *, owner: str | None = None, calendar: Plain = None, preamble: str = "", schema: str | None = None
) -> Source:
    """An exceptions file without entries.

    ``calendar`` is data as the schema has it, ``preamble`` words that become comments at the
    top, ``schema`` the place of the schema for editors.
    """
    lines = [] if schema is None else [f"# yaml-language-server: $schema={schema}"]
    lines += [f"# {_readable(line)}".rstrip() for line in (preamble.strip() or _WHAT_IT_IS).splitlines()]
    lines.append("version: 1")
    if owner is not None:
        lines.append(f"owner: {render_scalar(owner)}")
    if calendar is not None:
        lines.append(f"calendar: {render_flow(calendar)}")
    lines.append("exceptions: []")
    return Source(path, "\n".join(lines) + "\n")


def _readable(line: str) -> str:
    """A line without the characters that YAML files may not hold, nor a comment escape."""
    return "".join(char if char == "\t" or char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)
