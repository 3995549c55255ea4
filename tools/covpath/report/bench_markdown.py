"""A benchmark as Markdown: for a job summary, a pull request, a page in the repository."""

from __future__ import annotations

from covpath.evidence.model import Evidence
from covpath.report.bench_rows import COLUMNS, remarks, rows
from covpath.terms import Tri

_MARKS = {Tri.TRUE: "yes", Tri.FALSE: "no", Tri.UNKNOWN: "?"}


def render(evidence: Evidence) -> str:
    """The table, then why each cell that does not work does not, then the remarks."""
    lines = [f"## Coverage benchmark: {_cell(evidence.subject.name)}", ""]
    lines.append(f"| {' | '.join(COLUMNS)} |")
    lines.append(f"|{' --- |' * len(COLUMNS)}")
    found = rows(evidence)
    lines += [f"| {' | '.join(map(_cell, row.values))} |" for row in found]
    failing = [row for row in found if row.works is not Tri.TRUE and row.reason]
    if failing:
        lines += ["", "Why not:", ""]
        lines += [f"- {_cell(row.values[0])} on {_cell(row.values[1])}: {_cell(row.reason)}" for row in failing]
    lines.append("")
    lines += [f"- {_cell(text)}" for text in remarks(evidence)]
    if evidence.trials:
        machine = evidence.trials[0].machine
        lines += ["", f"Measured on {_cell(machine.cpu_model)}, {machine.cpus} processors, Linux {machine.kernel}, "
                  f"limits by {machine.confinement}."]  # fmt: skip
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Text that cannot break a table or become markup."""
    for character in ("\\", "|", "<", "`", "*", "_"):
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())
