"""Which renderer prints an audit; on GitHub the job summary gets its page too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from covpath.audits.report import AuditReport
from covpath.report import audit_data, audit_github, audit_markdown, audit_sarif, audit_text


def write_report(report: AuditReport, name: str, environment: Mapping[str, str], screen: TextIO) -> None:
    """Print the audit as ``text``, ``json``, ``sarif``, ``github`` or ``markdown``."""
    match name:
        case "json":
            screen.write(json.dumps(audit_data.to_json(report), indent=2, ensure_ascii=False) + "\n")
        case "sarif":
            screen.write(json.dumps(audit_sarif.to_sarif(report), indent=2, ensure_ascii=False) + "\n")
        case "markdown":
            screen.write(audit_markdown.render(report))
        case "github":
            screen.write(audit_github.render(report))
            _append(environment.get("GITHUB_STEP_SUMMARY"), audit_markdown.render(report))
        case _:
            screen.write(audit_text.render(report))


def _append(file: str | None, page: str) -> None:
    """Add the page to the job summary; where that cannot be written the annotations are there all the same."""
    if file:
        try:
            with Path(file).open("a", encoding="utf-8") as summary:
                summary.write(page)
        except OSError:
            return
