"""A benchmark as Markdown: for a job summary, a pull request, a page in the repository."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from covpath.evidence.model import Evidence
from covpath.report.bench_facts import (
    LIMIT_COLUMNS,
    PARITY_COLUMNS,
    limit_rows,
    machine_words,
    memory_lines,
    parity_rows,
)
from covpath.report.bench_map import feasibility
from covpath.report.bench_rows import COLUMNS, cheapest_words, remarks, rows
from covpath.terms import Tri

_MARKS = {Tri.TRUE: "yes", Tri.FALSE: "no", Tri.UNKNOWN: "?"}


def render(evidence: Evidence) -> str:
    """The map, the table, why each cell that does not work does not, parity, memory, limits, remarks."""
    found = rows(evidence)
    lines = [f"## Coverage benchmark: {_cell(evidence.subject.name)}", ""]
    words = cheapest_words(evidence)
    lines += [_cell(words), ""] if words is not None else []
    lines += _map(evidence)
    lines += ["", *_table(COLUMNS, [row.values for row in found])]
    failing = [row for row in found if row.works is not Tri.TRUE and row.reason]
    if failing:
        lines += ["", "Why not:", ""]
        lines += [f"- {_cell(row.values[0])} on {_cell(row.values[1])}: {_cell(row.reason)}" for row in failing]
    lines += _parity(evidence)
    memory = [f"- {_cell(text)}" for text in memory_lines(evidence)]
    if memory:
        lines += ["", "### Memory without limits, over time", "", *memory]
    limits = limit_rows(evidence)
    if limits:
        lines += ["", "### What was enforced", "", *_table(LIMIT_COLUMNS, limits)]
    lines.append("")
    lines += [f"- {_cell(text)}" for text in remarks(evidence)]
    machines = machine_words(evidence)
    if machines is not None:
        lines += ["", f"Measured on {_cell(machines)}."]
    return "\n".join(lines) + "\n"


def _map(evidence: Evidence) -> list[str]:
    found = feasibility(evidence)
    squares = [
        (backend, *("-" if one is None else one.word + (" (predicted)" if one.predicted else "") for one in line))
        for backend, line in found.backends
    ]
    return _table(("", *found.runners), squares)


def _parity(evidence: Evidence) -> list[str]:
    found = parity_rows(evidence)
    if not found:
        return []
    lines = ["", f"### Parity with {_cell(found[0].first)}", ""]
    lines += _table(PARITY_COLUMNS, [(row.second, row.level, row.word, row.says) for row in found])
    details = [f"- {_cell(row.second)}, {row.level}: {_cell(text)}" for row in found for text in row.details]
    if details:
        lines += ["", f"<details><summary>{len(details)} differences</summary>", "", *details, "", "</details>"]
    return lines


def _table(columns: Sequence[str], body: Iterable[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(map(_cell, columns))} |",
        f"|{' --- |' * len(columns)}",
        *(f"| {' | '.join(map(_cell, row))} |" for row in body),
    ]


def _cell(text: str) -> str:
    """Text that cannot break a table or become markup."""
    for character in ("\\", "|", "<", "`", "*", "_"):
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())
