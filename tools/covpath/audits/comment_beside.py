"""What somebody wrote beside a line that softens: the nearest thing to a reason that a workflow holds."""

from __future__ import annotations

from covpath.audits.levers import Lever
from covpath.patterns import regex
from covpath.workflow.model import Workflow
from covpath.yamltext.source import Source

_BESIDE = regex(r"\s#+\s*(.*)$")
_ABOVE = regex(r"\s*#+\s?(.*)$")
_SAYS = regex(r"[^\W\d]{2,}\W+(?:\w+\W+)*?[^\W\d]{2,}")
"""Two words at least: no rule across the page, no name of a linter's exception."""
_CODE = regex(r"^(?:- )?[\w.-]+:(?:\s|$)|\$\{\{")
_MOST_LINES = 4
_LONGEST = 240


def comment_beside(workflow: Workflow, lever: Lever) -> str | None:
    """The comment in the lever's line, or directly above it, in one line; None where there is none that says something.

    What is only a line of code taken out of use says nothing.
    """
    line = lever.place.line
    if lever.place.file != workflow.path or line is None:
        return None
    source = workflow.document.source
    beside = _BESIDE.search(source.line_text(line), lever.place.column or 0)
    said = " ".join((beside[1] if beside is not None else _above(source, line)).split()).rstrip(" :")
    return said if _SAYS.search(said) and not _CODE.search(said) and len(said) <= _LONGEST else None


def _above(source: Source, line: int) -> str:
    found: list[str] = []
    for number in range(line - 1, max(0, line - 1 - _MOST_LINES), -1):
        above = _ABOVE.match(source.line_text(number))
        if above is None:
            break
        found.append(above[1])
    return " ".join(reversed(found))
