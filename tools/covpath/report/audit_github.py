"""An audit as GitHub's annotations, within its limits and with its escaping.

Sources: GitHub's page on workflow commands, and actions/runner's ``ActionCommand`` (escapes,
4,096 characters a message); ten errors and ten warnings of a step are kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from covpath.audits.comparison import Judged
from covpath.audits.finding import Severity
from covpath.audits.report import AuditReport
from covpath.errors import CovpathError, Place
from covpath.report import audit_text

MOST_ANNOTATIONS = 10
"""Of each kind, a step."""
MOST_CHARACTERS = 4096

_KINDS = {Severity.ERROR: "error", Severity.WARNING: "warning"}
"""Notes are no annotations: they are in the page."""


def render(report: AuditReport) -> str:
    """The annotations, the worst first, then the whole page as plain text that starts no command."""
    errors = [_error(error) for error in report.unreadable]
    errors += [_annotation(one, "error", report.change) for one in report.judged if _kind(one) == "error"]
    warnings = [_annotation(one, "warning", report.change) for one in report.judged if _kind(one) == "warning"]
    lines = (*_limited("error", errors), *_limited("warning", warnings))
    mark = secrets.token_hex(16)
    # Messages quote files, and a line of a file could begin a command.
    page = f"::stop-commands::{mark}\n{audit_text.render(report)}::{mark}::\n"
    return "".join(f"{line}\n" for line in lines) + page


def _kind(one: Judged) -> str | None:
    """The kind of annotation: what stood before only warns, and less than an error of it is in the page alone."""
    if one.standing:
        return "warning" if one.finding.severity is Severity.ERROR else None
    return _KINDS.get(one.finding.severity)


def _limited(kind: str, found: list[str]) -> Iterator[str]:
    if len(found) <= MOST_ANNOTATIONS:
        yield from found
        return
    yield from found[: MOST_ANNOTATIONS - 1]
    left = len(found) - MOST_ANNOTATIONS + 1
    yield _command(kind, None, "covpath audit", f"{left} more of this kind: see the log or the job's summary.")


def _annotation(one: Judged, kind: str, change: str) -> str:
    finding = one.finding
    title = f"covpath {finding.rule}{f' (not this {change})' if one.standing else ''}"
    return _command(kind, finding.place, title, f"{finding.message}. {finding.hint}")


def _error(error: CovpathError) -> str:
    return _command(
        "error", error.place, "covpath: not read", str(error.message) + (f" {error.hint}" if error.hint else "")
    )


def _command(kind: str, place: Place | None, title: str, message: str) -> str:
    properties = {"title": title}
    if place is not None:
        properties = {"file": place.file}
        if place.line is not None:
            properties["line"] = str(place.line)
            if place.column is not None:
                properties["col"] = str(place.column)
        properties["title"] = title
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{kind} {told}::{_data(message)}"


def _data(text: str) -> str:
    """A message, escaped and short enough to be kept whole."""
    short = text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 3] + "..."
    return short.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
