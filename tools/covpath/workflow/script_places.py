"""From an offset in a step's script to its place in the workflow file."""

from __future__ import annotations

from covpath.errors import Place
from covpath.workflow.model import Step, Workflow


def script_place(workflow: Workflow, step: Step, offset: int) -> Place:
    """The place of the character at ``offset`` of the step's script.

    The script's beginning stands for what cannot be told for certain.
    """
    assert step.run is not None
    source = workflow.document.source
    scalar = step.run
    if scalar.style == "|":
        line = source.line_of(scalar.start) + 1 + scalar.value.count("\n", 0, offset)
        first_of_line = scalar.value.rfind("\n", 0, offset) + 1
        text = source.line_text(line)
        end_of_line = scalar.value.find("\n", first_of_line)
        length = (end_of_line if end_of_line >= 0 else len(scalar.value)) - first_of_line
        return Place(source.path, line, len(text) - length + (offset - first_of_line) + 1)
    written = source.text[scalar.start : scalar.end]
    if "\n" not in written and not scalar.style:
        return source.place(scalar.start + offset)
    # Imported here: scripts of several lines are mostly written as they are.
    from covpath.yamltext.characters import script_offset

    found = script_offset(workflow.document, scalar, offset)
    return source.place(scalar.start if found is None else found)
