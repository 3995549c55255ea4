"""Where the characters of a step's script stand in the workflow file, whatever its style."""

from __future__ import annotations

import pytest

from covpath.workflow.reading import read_workflow
from covpath.workflow.script_places import script_place

HEAD = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"
SCRIPTS = {
    "plain": "      - run: make MASK\n",
    "plain over lines": "      - run: make\n          first\n          MASK\n",
    "literal": "      - run: |\n          first\n            MASK\n",
    "literal with its indentation": "      - run: |2-\n           first\n          MASK\n",
    "literal behind blank lines": "      - run: |\n\n          first\n\n          MASK\n",
    "folded": "      - run: >\n          make\n          first\n          MASK last\n",
    "folded, with a paragraph": "      - run: >-\n          make\n\n          first MASK\n",
    "folded, more indented": "      - run: >\n          make\n            first MASK\n",
    "single quotes": "      - run: 'it''s MASK'\n",
    "single quotes over lines": "      - run: 'make\n          it''s MASK'\n",
    "double quotes": '      - run: "a\\tb \\u00e9 MASK"\n',
    "double quotes over lines": '      - run: "make \\\n          MASK"\n',
    "double quotes with line breaks": '      - run: "make\\nMASK"\n',
    "in a flow mapping": "      - {run: make MASK}\n",
}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_character_has_its_place(name: str, ending: str) -> None:
    text = HEAD + SCRIPTS[name]
    workflow = read_workflow("ci.yml", text.replace("\n", ending).encode())
    step = next(iter(workflow.jobs.values())).steps[0]
    assert step.run is not None
    place = script_place(workflow, step, step.run.value.index("MASK"))
    before, _, _ = text.partition("MASK")
    assert (place.line, place.column) == (before.count("\n") + 1, len(before) - before.rfind("\n"))
