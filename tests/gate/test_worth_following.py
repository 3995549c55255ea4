from __future__ import annotations

import posixpath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from covpath.gate.tracing.worth_following import Worth
from covpath.workflow.reading import read_workflow

FILES = ("Makefile", "x.sh", "scripts/x.sh", "sub/Makefile", "sub/deep/package.json", "package.json", ".github/run.py")
WORDS = (
    *("make", "cd sub", "cd ./sub", "cd ..", "-C sub/deep", "npm", "test", "&&", "x.sh", "./x.sh", "scripts/x.sh"),
    *("./scripts/../x.sh", "../x.sh", "bash", '"scripts/x.sh"', "https://a/b.sh", "/usr/bin/make", "$A/x.sh"),
    *(".github/run.py", "gone/x.sh"),
)


@given(
    st.sets(st.sampled_from(FILES)),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=5),
    st.sampled_from(["", "sub", "./sub", "gone", "scripts/.."]),
)
@example({"sub/Makefile"}, ["make"], "sub")
@example({"Makefile"}, ["make"], "gone")
def test_knowing_what_lies_in_the_root_changes_no_answer(files: set[str], words: list[str], directory: str) -> None:
    def read(path: str) -> str | None:
        return "" if posixpath.normpath(path) in files else None

    written = f"        working-directory: {directory}\n" if directory else ""
    text = f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n          {' '.join(words)}\n{written}"
    workflow = read_workflow("w.yml", text.encode())
    (job,) = workflow.jobs.values()
    top = frozenset(file.partition("/")[0] for file in files)
    answers = [Worth(read, known).following(workflow, job, job.steps[0], hint=False) for known in (None, top)]
    assert answers[0] is answers[1]


@pytest.mark.parametrize(("script", "worth"), [("make", False), ("scripts/x.sh", True), ("scripts/y.sh", False)])
def test_a_step_is_worth_following_where_it_names_a_file_that_is_there(script: str, worth: bool) -> None:
    text = f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: {script}\n"
    workflow = read_workflow("w.yml", text.encode())
    (job,) = workflow.jobs.values()
    asked = Worth({"scripts/x.sh": ""}.get, frozenset({"scripts"}))
    assert asked.following(workflow, job, job.steps[0], hint=False) is worth
