"""What a benchmark leaves for people: its table on the screen, its page in the folder and in the job's summary."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO

from covpath.errors import ExitCode
from covpath.evidence.model import Evidence
from covpath.evidence.store import dump_evidence
from covpath.outside.files import write_atomically
from covpath.report.bench_markdown import render
from covpath.report.bench_rows import working

EVIDENCE_NAME = "evidence.json"
SUMMARY_NAME = "summary.md"
PAGE_NAME = "report.html"


def report(evidence: Evidence, folder: Path, format: str, screen: TextIO) -> ExitCode:  # noqa: A002
    """Show the evidence; FINDINGS where no cell works."""
    summary = render(evidence)
    write_atomically(folder / SUMMARY_NAME, summary.encode())
    page = _page(evidence, folder)
    job_summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if job_summary:
        with Path(job_summary).open("a", encoding="utf-8") as file:
            file.write(summary)
    if format == "json":
        screen.write(dump_evidence(evidence).decode())
    else:
        from covpath.report.bench_screen import print_table

        print_table(evidence, screen)
        screen.write(f"Evidence: {folder / EVIDENCE_NAME}; summary: {folder / SUMMARY_NAME}{page}\n")
    return ExitCode.DONE if working(evidence) else ExitCode.FINDINGS


def _page(evidence: Evidence, folder: Path) -> str:
    """Write the page where the ``report`` extra is installed; how the last line names it."""
    from covpath.report.bench_html import render_page

    try:
        page = render_page(evidence)
    except ImportError:
        return ""
    write_atomically(folder / PAGE_NAME, page.encode())
    return f"; page: {folder / PAGE_NAME}"
