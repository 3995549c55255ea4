"""New commands written into a step's script where the old one stood, so that every failure counts as before."""

from __future__ import annotations

from collections.abc import Sequence

from covpath.backends.contract import Command
from covpath.backends.translate import script_lines
from covpath.moves.backend.sites import Site
from covpath.workflow.shell.spans import Around, Span

_APART = frozenset(
    {Around.SUBSHELL, Around.GROUP, Around.IF_BRANCH, Around.LOOP_BODY, Around.CASE_ARM, Around.FUNCTION}
)
"""Inside these, commands on lines of their own stop the script each by itself."""


def replacement(site: Site, commands: Sequence[Command], own: frozenset[str]) -> tuple[Span, str]:
    """What goes where the site's command stands.

    Variables set before the old command go before each new one, but for those in ``own``, which
    served the old tool alone. Redirections stay where they are, at the end.
    """
    assert site.step.run is not None
    assert site.span is not None
    span, prefix = _with_assignments(site, own)
    text = site.step.run.value
    lines = [_prefixed(command, line, prefix) for command, line in _lines(commands)]
    always = any(command.always for command in commands)
    whole = text.strip() == text[span.start : span.end].strip()
    if len(lines) == 1:
        return span, _quoted(site, lines[0])
    if always:
        return span, _quoted(site, _remembering(site, lines, text, span, whole=whole))
    if whole and "\n" not in text.strip("\n") and not site.quote:
        return span, " && ".join(lines)
    if _on_its_own(site, text, span):
        return span, f"\n{_indent(text, span)}".join(lines)
    return span, _quoted(site, _subshell(text, span, " && ".join(lines)))


def _lines(commands: Sequence[Command]) -> list[tuple[Command | None, str]]:
    lines = script_lines(commands)
    if any(command.always for command in commands):
        return [(None, lines[0]), *zip(commands, lines[1:-1], strict=True), (None, lines[-1])]
    return list(zip(commands, lines, strict=True))


def _prefixed(command: Command | None, line: str, prefix: str) -> str:
    plumbing = command is None or command.words[0] in ("mkdir", "mv")
    return line if plumbing or not prefix else f"{prefix} {line}"


def _with_assignments(site: Site, own: frozenset[str]) -> tuple[Span, str]:
    """The span with the variables set before the command, and what stays of them."""
    assert site.span is not None
    if site.outer is None or site.quote or not site.outer.assignments or site.docker:
        return site.span, ""
    text = site.step.run.value if site.step.run is not None else ""
    kept = [text[item.span.start : item.span.end] for item in site.outer.assignments if item.name not in own]
    return Span(site.outer.assignments[0].span.start, site.span.end), " ".join(kept)


def _remembering(site: Site, lines: list[str], text: str, span: Span, *, whole: bool) -> str:
    """Lines that end in an ``exit`` of their own: in a subshell, unless nothing follows them."""
    if whole and not site.quote and site.step.run is not None and site.step.run.style != ">":
        return "\n".join(lines)
    if not _on_its_own(site, text, span):
        return _subshell(text, span, "; ".join(lines))
    indent = _indent(text, span)
    if not text[span.end :].strip() and not (site.outer is not None and site.outer.context):
        return f"\n{indent}".join(lines)
    inner = f"\n{indent}  ".join(lines)
    return f"(\n{indent}  {inner}\n{indent})"


def _subshell(text: str, span: Span, inside: str) -> str:
    """``(inside)``, with a blank where two brackets in a row would begin arithmetic."""
    return f"{' ' if text[: span.start].endswith('(') else ''}({inside})"


def _on_its_own(site: Site, text: str, span: Span) -> bool:
    """Whether the command stands on lines of its own, where a failure stops the script."""
    folded = site.step.run is not None and site.step.run.style == ">"
    if site.quote or site.outer is None or folded:
        return False
    if any(enclosure.around not in _APART for enclosure in site.outer.context) or site.outer.redirects:
        return False
    before = text[text.rfind("\n", 0, span.start) + 1 : span.start]
    end = text.find("\n", span.end)
    after = text[span.end : len(text) if end < 0 else end]
    return not before.strip() and not after.strip()


def _indent(text: str, span: Span) -> str:
    return text[text.rfind("\n", 0, span.start) + 1 : span.start]


def _quoted(site: Site, text: str) -> str:
    """The text as it must stand inside the quotes of ``bash -c``."""
    if site.quote == "'":
        return text.replace("'", "'\\''")
    return text.replace("\\", "\\\\").replace('"', '\\"') if site.quote == '"' else text


def removal(site: Site) -> Span | None:
    """The whole line of a command that is not needed any more; None where others share the line."""
    assert site.step.run is not None
    assert site.span is not None
    text = site.step.run.value
    start = text.rfind("\n", 0, site.span.start) + 1
    end = text.find("\n", site.span.end)
    stop = len(text) if end < 0 else end + 1
    alone = text[start:stop].strip() == text[site.span.start : site.span.end]
    # A line that a backslash joins to the one before belongs to it.
    if not alone or text[:start].endswith("\\\n"):
        return None
    if not text[stop:].strip():  # what ends the script takes the blank lines before it along
        return Span(len(text[:start].rstrip()), len(text.rstrip()))
    return Span(start, stop)
