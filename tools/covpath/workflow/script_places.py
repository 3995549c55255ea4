"""From an offset in a step's script to its place in the workflow file."""

from __future__ import annotations

from covpath.errors import Place
from covpath.workflow.model import Step, Workflow


def script_place(workflow: Workflow, step: Step, offset: int) -> Place:
    """The place of the character at ``offset`` of the step's script.

    Exact for block scalars and single lines; for a folded or quoted script that spans lines
    it is the line the script begins on.
    """
    assert step.run is not None
    source = workflow.document.source
    scalar = step.run
    if scalar.style == "|":
        line = source.line_of(scalar.start) + 1 + scalar.value.count("\n", 0, offset)
        first_of_line = scalar.value.rfind("\n", 0, offset) + 1
        text = source.line_text(line)
        written = scalar.value[first_of_line:].split("\n", 1)[0]
        return Place(source.path, line, len(text) - len(written) + (offset - first_of_line) + 1)
    begin = scalar.start + (1 if scalar.style in ("'", '"') else 0)
    if "\n" not in source.text[scalar.start : scalar.end] and scalar.style in ("", "'"):
        return source.place(begin + offset)
    return source.place(scalar.start)
