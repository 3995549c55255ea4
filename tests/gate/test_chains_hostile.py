"""Any job can be traced: broken expressions, half commands and recipes that lead in circles end in an answer."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from covpath.gate.tracing.chains import Tracer
from covpath.gate.tracing.traced import Sight
from covpath.terms import JobId
from covpath.workflow.calls import link
from covpath.workflow.reading import read_workflow

FILES = {
    "Makefile": "all:\n\tpytest --cov\ncoverage: all\n\tmake coverage\n",
    "justfile": "coverage:\n    just coverage\n",
    "package.json": '{"scripts": {"test": "jest --coverage", "coverage": "npm run coverage"}}',
    "tox.ini": "[testenv]\ncommands = coverage run x\n",
}
WORDS = (
    *("make", "coverage", "just", "npm", "run", "test", "tox", "-e", "yarn", "--cwd", "pytest", "--cov", "bash", "-c"),
    *("'", '"', "&&", "|", "\n", "$X", "${A:-b}", "$(", ")", "`", "*", "\\", "cd ..", "./x.sh", "scripts/coverage"),
    *("${{ matrix.x }}", "${{ inputs.a }}", "${{ fromJSON(vars.b) }}", "${{", "}}"),
)


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), st.sampled_from(WORDS), st.sampled_from(WORDS))
def test_whatever_a_job_says_there_is_an_answer(script: str, name: str, variable: str) -> None:
    steps = [
        {"name": name, "run": script, "env": {"X": variable}, "working-directory": variable},
        {"uses": "nick-fields/retry@v3", "with": {"command": script}},
        {"uses": "codecov/codecov-action@v5"},
    ]
    job = {"runs-on": "x", "strategy": {"matrix": {"x": ["a", name]}}, "steps": steps}
    source = json.dumps({"on": "pull_request", "jobs": {"coverage": job}})
    workflow = read_workflow(".github/workflows/ci.yml", source.encode())
    trace = Tracer(FILES.get, link([workflow])).trace(workflow, workflow.jobs[JobId("coverage")])
    assert (trace.sight is Sight.NOTHING) is (trace.chain is None)
    assert trace.chain is None or str(trace.chain)
    assert trace.chain is not None or trace.reason
