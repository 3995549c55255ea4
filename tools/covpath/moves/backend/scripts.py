"""New commands written into a step's script where the old one stood, so that every failure counts as before."""

from __future__ import annotations

from collections.abc import Sequence

from covpath.backends.contract import Command
from covpath.backends.translate import script_lines
from covpath.moves.backend.layout import laid_out
from covpath.moves.backend.sites import Site
from covpath.patterns import regex
from covpath.workflow.shell.spans import Around, Span

COMPOUND = frozenset(
    {Around.SUBSHELL, Around.GROUP, Around.IF_BRANCH, Around.LOOP_BODY, Around.CASE_ARM, Around.FUNCTION}
)
"""Inside these, commands on lines of their own stop the script each by itself."""
_JOINT = regex(r"[ \t]*(?:\\\n[ \t]*)?&&[ \t]*(?:\\?\n[ \t]*)?")
_JOINT_BEFORE = regex(r"[ \t]*(?:\\\n[ \t]*)?&&[ \t]*(?:\\?\n[ \t]*)?\Z")
_UNHEARD = regex(r"(?:[ \t]*(?:[12]?>|&>)[ \t]*(?:/dev/null|&[12]))*(?:[ \t]*\|\|[ \t]*(?:true|:))?[ \t]*;?\s*")
"""What may follow a command that goes, on its line: it goes along."""
_LONG = 110
"""The characters from which on several commands stand on lines of their own."""


def replacement(
    site: Site, commands: Sequence[Command], own: frozenset[str], *, stops: bool = True, unfolded: str | None = None
) -> tuple[Span, str]:
    """What goes where the site's command stands, in that one's layout.

    Variables set before the old command go before each new one, but for those in ``own``, which
    served the old tool alone. Redirections stay where they are, at the end. ``stops``: the step's shell
    ends the script at a failure. ``unfolded`` is the command with the lines that the file folds into one.
    """
    assert site.step.run is not None
    assert site.span is not None
    span, prefix = _with_assignments(site, own)
    text = site.step.run.value
    old = text[site.span.start : site.span.end]
    if unfolded is not None and len(commands) > 1:
        old = unfolded
    texts = [laid_out(old, one.words) if one.measures else one.line for one in commands]
    lines = script_lines(commands, [_prefixed(*pair, prefix) for pair in zip(commands, texts, strict=True)])
    whole = text.strip() == text[span.start : span.end].strip()
    if len(lines) == 1:
        return span, _quoted(site, lines[0])
    if any(command.always for command in commands):
        return span, _quoted(site, _remembering(site, lines, text, span, whole=whole))
    if whole and site.step.run.style != "|" and not site.quote:
        return span, one_script(lines, stops=stops)
    if _on_its_own(site, text, span):
        return span, f"{'' if stops else ' &&'}\n{_indent(text, span)}".join(lines)
    between = _joint(site, text, span)
    if between is not None:
        return span, between.join(lines)
    return span, _quoted(site, _subshell(text, span, " && ".join(lines)))


def one_script(lines: Sequence[str], *, stops: bool = True) -> str:
    """Commands that are a whole script: on one line where that is short."""
    line = " && ".join(lines)
    return (
        line
        if len(lines) == 1 or (len(line) <= _LONG and "\n" not in line)
        else f"{'' if stops else ' &&'}\n".join(lines) + "\n"
    )


def _prefixed(command: Command, line: str, prefix: str) -> str:
    return line if command.words[0] in ("mkdir", "mv") else prefix + line


def _with_assignments(site: Site, own: frozenset[str]) -> tuple[Span, str]:
    """The span with the variables set before the command, and what stays of them."""
    assert site.span is not None
    if site.outer is None or site.quote or not site.outer.assignments or site.docker:
        return site.span, ""
    text = site.step.run.value if site.step.run is not None else ""
    every = site.outer.assignments
    span = Span(every[0].span.start, site.span.end)
    kept = [text[item.span.start : item.span.end] for item in every if item.name not in own]
    if len(kept) == len(every):
        return span, text[span.start : site.span.start]
    return span, "".join(f"{item} " for item in kept)


def _joint(site: Site, text: str, span: Span) -> str | None:
    """What joins the parts of the ``&&`` list that the command stands in, where more of them change nothing.

    A failure of all but the last part goes on to what follows the list, so the last one may only
    become several where nothing does.
    """
    if site.quote or site.outer is None or site.outer.redirects or len(site.outer.context) != 1:
        return None
    around = site.outer.context[0]
    if around.around is not Around.AND_OR or (around.position and around.name != "&&"):
        return None
    if around.position == around.count - 1:
        before = _JOINT_BEFORE.search(text[: span.start])
        return before[0] if before is not None and not text[span.end :].strip() else None
    after = _JOINT.match(text, span.end)
    return after[0] if after is not None else " && "


def _remembering(site: Site, lines: Sequence[str], text: str, span: Span, *, whole: bool) -> str:
    """Lines that end in an ``exit`` of their own: in a subshell, unless nothing follows them."""
    if whole and not site.quote:
        return "\n".join(lines) + ("" if text.endswith("\n") else "\n")
    if not _on_its_own(site, text, span):
        return _subshell(text, span, "; ".join(lines))
    indent = _indent(text, span)
    if not text[span.end :].strip() and not (site.outer is not None and site.outer.context):
        return f"\n{indent}".join(lines)
    inner = f"\n{indent}  ".join(line.replace("\\\n", "\\\n  ") for line in lines)
    return f"(\n{indent}  {inner}\n{indent})"


def _subshell(text: str, span: Span, inside: str) -> str:
    """``(inside)``, with a blank where two brackets in a row would begin arithmetic."""
    return f"{' ' if text[: span.start].endswith('(') else ''}({inside})"


def _on_its_own(site: Site, text: str, span: Span) -> bool:
    """Whether the command stands on lines of its own, where a failure stops the script."""
    folded = site.step.run is not None and site.step.run.style == ">"
    if site.quote or site.outer is None or folded:
        return False
    if any(enclosure.around not in COMPOUND for enclosure in site.outer.context) or site.outer.redirects:
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


def removal(site: Site, text: str) -> Span | None:
    """The whole line of a command that is not needed any more; None where others share the line.

    ``text`` is the script as it stands by now: what came after the command may be gone already.
    """
    assert site.span is not None
    start = text.rfind("\n", 0, site.span.start) + 1
    end = text.find("\n", site.span.end)
    stop = len(text) if end < 0 else end + 1
    alone = not text[start : site.span.start].strip() and _UNHEARD.fullmatch(text[site.span.end : stop]) is not None
    # A line that a backslash joins to the one before belongs to it.
    if not alone or text[:start].endswith("\\\n"):
        return None
    if not text[stop:].strip():  # what ends the script takes the blank lines before it along
        return Span(len(text[:start].rstrip()), len(text.rstrip()))
    return Span(start, stop)
