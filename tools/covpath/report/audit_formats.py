"""Which renderer prints an audit; on GitHub the job summary gets its page too."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from covpath.audits.report import AuditReport


def write_report(report: AuditReport, name: str, environment: Mapping[str, str], screen: TextIO) -> None:
    """Print the audit as ``text``, ``json``, ``sarif``, ``github`` or ``markdown``."""
    # Each is imported where it is asked for: together they take longer to load than a small audit takes.
    match name:
        case "json":
            from covpath.report.audit_data import to_json

            screen.write(_json(to_json(report)))
        case "sarif":
            from covpath.report.audit_sarif import to_sarif

            screen.write(_json(to_sarif(report)))
        case "markdown":
            from covpath.report import audit_markdown

            screen.write(audit_markdown.render(report))
        case "github":
            from covpath.report import audit_github, audit_markdown

            screen.write(audit_github.render(report))
            _append(environment.get("GITHUB_STEP_SUMMARY"), audit_markdown.render(report))
        case _:
            from covpath.report import audit_text

            screen.write(audit_text.render(report))


def _json(data: object) -> str:
    import json

    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _append(file: str | None, page: str) -> None:
    """Add the page to the job summary; where that cannot be written the annotations are there all the same."""
    if file:
        try:
            with Path(file).open("a", encoding="utf-8") as summary:
                summary.write(page)
        except OSError:
            return
