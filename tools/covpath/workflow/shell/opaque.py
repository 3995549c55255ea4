"""GitHub expressions inside shell text: found, and hidden behind placeholders of the same length."""

from __future__ import annotations

from covpath.workflow.shell.spans import Span

PLACEHOLDER = "X"
"""A letter, so that an expression is part of the word it stands in."""


def find_expressions(text: str) -> tuple[Span, ...]:
    """The spans of all ``${{ ... }}``; a ``}}`` inside an expression's '...' string does not end it.

    An unterminated ``${{`` (an error for GitHub) is left as text.
    """
    spans: list[Span] = []
    start = text.find("${{")
    while start != -1:
        end = _expression_end(text, start + 3)
        if end is None:
            break
        spans.append(Span(start, end))
        start = text.find("${{", end)
    return tuple(spans)


def _expression_end(text: str, index: int) -> int | None:
    while (close := text.find("}}", index)) >= 0:
        quote = text.find("'", index, close)
        if quote < 0:
            return close + 2
        index = text.find("'", quote + 1) + 1
        if index == 0:
            return None
    return None


def hide_expressions(text: str, spans: tuple[Span, ...]) -> str:
    """The text with every character of ``spans`` replaced by the placeholder."""
    if not spans:
        return text
    pieces: list[str] = []
    done = 0
    for span in spans:
        pieces += (text[done : span.start], PLACEHOLDER * (span.end - span.start))
        done = span.end
    pieces.append(text[done:])
    return "".join(pieces)
