"""What tells jobs apart without simulating them is held against the simulator."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.unfiltered import findings, without_prefilter
from covpath.audits.check_names import are_apart
from covpath.audits.levers import is_soft, masked_steps
from covpath.audits.quiet import Quiet
from covpath.gate.judge import Judge
from covpath.gate.repository import shared_names
from covpath.gate.required import UNKNOWN_REQUIRED
from covpath.gate.runs import Runs
from covpath.gate.verdict import JobVerdict
from covpath.terms import Gate, Tri
from covpath.workflow.calls import link
from covpath.workflow.model import Workflow
from covpath.workflow.repository import read_all
from judging import workflow
from sample_repositories import write
from shared_data import shared_path


def is_noteworthy(verdict: JobVerdict) -> bool:
    """Whether a rule may have something to say about a job that no entry speaks of."""
    if verdict.gate is Gate.NO_SIGNAL:
        return False
    return is_soft(verdict.gate) or bool(masked_steps(verdict)) or verdict.data.green_without_data is Tri.TRUE


def wrongly_quiet(workflows: Iterable[Workflow]) -> tuple[list[str], int, int]:
    """Jobs called quiet that are not, how many are called so, and how many jobs there are."""
    found = tuple(workflows)
    links = link(found)
    quiet, judge = Quiet(links), Judge(required=UNKNOWN_REQUIRED, links=links)
    jobs = [(one, job) for one in found for job in one.jobs.values()]
    called = [(one, job) for one, job in jobs if quiet.is_quiet(one, job)]
    return [str(one.ref(job)) for one, job in called if is_noteworthy(judge.job(one, job))], len(called), len(jobs)


JOB = """\
on: {on}
jobs:
  job:
    runs-on: {runner}
{extra}    steps:
      - uses: actions/checkout@v5
{steps}
"""


def one_job(
    steps: str = "      - run: make test", on: str = "pull_request", runner: str = "u", extra: str = ""
) -> Workflow:
    return workflow(JOB.format(on=on, runner=runner, steps=steps, extra=extra))


@pytest.mark.parametrize(
    "found",
    [
        one_job(),
        one_job("      - run: |\n          make deps\n          make test > log; echo ok"),
        one_job("      - run: for x in a b; do make $x; done"),
        one_job("      - uses: actions/upload-artifact@v4\n      - run: make test"),
        one_job("      - run: make test || true", on="{schedule: [{cron: '1 2 * * *'}]}"),
        one_job("      - run: rm -rf old || true\n      - run: make test"),
    ],
)
def test_what_is_quiet(found: Workflow) -> None:
    assert wrongly_quiet([found]) == ([], 1, 1)


@pytest.mark.parametrize(
    "found",
    [
        one_job("      - run: make test || true"),
        one_job("      - run: make test | tee log"),
        one_job("      - run: echo $(make test)"),
        one_job("      - run: rm -rf old || true"),
        one_job("      - run: make test\n        continue-on-error: true"),
        one_job("      - run: make test\n        continue-on-error: ${{ fromJSON('true') }}"),
        one_job(extra="    continue-on-error: true\n"),
        one_job("      - uses: codecov/codecov-action@v5"),
        one_job("      - run: cargo llvm-cov --lcov\n      - uses: codecov/codecov-action@v5"),
    ],
)
def test_what_is_not(found: Workflow) -> None:
    assert wrongly_quiet([found])[1] == 0


LINES = st.sampled_from(
    ["make test", "make test || true", "echo hi", "make a | tee log", "set +e", "exit 0", "x=$(make)", "echo $(make)",
     "if make; then echo; fi", "! make", "make &", "trap 'exit 0' EXIT", "(make)", "{ make; }", "make && echo", "true",
     "pip install x || true", "export A=$(make)", "f() { make; }", "f", "f || true", "while make; do break; done",
     "case x in x) make;; esac", "cat <<EOF\nmake || true\nEOF", "eval make", "make; true", "[ -f x ] && make",
     "wait", "exec make", "make >log 2>&1", "diff <(make) x", "pytest --cov", ". ./x", "until make; do :; done",
     "make cov", "make cov | tee log", "tools/cov.sh", "tox", "bash tools/cov.sh || true"]
)  # fmt: skip
SHELLS = st.sampled_from(["", "bash", "sh", "pwsh", "bash {0}", "bash -e {0}", "python", "cmd", "${{ matrix.shell }}"])
FLAGS = st.sampled_from(["", "", "", "true", "false", "${{ matrix.soft }}", "${{ vars.SOFT }}"])
ACTIONS = st.sampled_from(
    ["a/b@v1", "actions/upload-artifact@v4", "codecov/codecov-action@v5", "coverallsapp/github-action@v2", "./local",
     "./.github/actions/masks", "$/.github/actions/masks", "./.github/actions/measures"]
)  # fmt: skip
CONDITIONS = st.sampled_from(["", "", "", "false", "always()", "failure()", "hashFiles('x') != ''", "matrix.soft"])
EVENTS = st.sampled_from(["pull_request", "push", "workflow_call", "workflow_dispatch", "[push, merge_group]"])
RECIPES = st.fixed_dictionaries(
    {},
    optional={
        "Makefile": st.sampled_from(["cov:\n\t-pytest --cov\n", "cov:\n\tpytest --cov || true\n", "cov: all\nall:\n"]),
        "tools/cov.sh": st.sampled_from(["pytest --cov\n", "make cov\n", "cargo llvm-cov --lcov || true\n"]),
        "tox.ini": st.just("[testenv]\ncommands =\n  - pytest --cov\n"),
        ".github/actions/masks/action.yml": st.just(
            "runs:\n  using: composite\n  steps:\n    - run: make test || true\n      shell: bash\n"
        ),
        ".github/actions/measures/action.yml": st.just(
            "runs:\n  using: composite\n  steps:\n    - run: pytest --cov\n      shell: bash\n"
        ),
    },
)


@st.composite
def jobs(draw: st.DrawFn) -> str:
    def one(key: str, values: st.SearchStrategy[str], pad: str) -> str:
        value = draw(values)
        return f"{pad}{key}: {value}\n" if value else ""

    text = f"    runs-on: {draw(st.sampled_from(['ubuntu-latest', 'windows-latest', '${{ matrix.os }}']))}\n"
    text += one("continue-on-error", FLAGS, "    ")
    if draw(st.booleans()):
        text += "    strategy:\n      matrix:\n        os: [ubuntu-latest, windows-latest]\n"
        text += "        shell: [bash, pwsh]\n        soft: [true, false]\n"
    text += "    steps:\n"
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.integers(0, 3)) == 0:
            text += f"      - uses: {draw(ACTIONS)}\n"
        else:
            script = "\n".join(draw(st.lists(LINES, min_size=1, max_size=4)))
            text += "      - run: |\n" + "".join(f"          {line}\n" for line in script.split("\n"))
            text += one("shell", SHELLS, "        ")
        text += one("continue-on-error", FLAGS, "        ") + one("if", CONDITIONS, "        ")
    return text


@settings(max_examples=150)
@given(EVENTS, st.lists(jobs(), min_size=1, max_size=3))
def test_no_job_is_called_quiet_that_is_not(event: str, drawn: list[str]) -> None:
    text = f"on: {event}\njobs:\n" + "".join(f"  job{number}:\n{job}" for number, job in enumerate(drawn))
    assert wrongly_quiet([workflow(text)])[0] == []


KEYS = st.sampled_from(["job", "coverage", "tests"])


@settings(max_examples=300)
@given(RECIPES, st.dictionaries(KEYS, jobs(), min_size=1), EVENTS, st.booleans())
def test_the_answer_is_the_same_without_it(
    recipes: dict[str, str], drawn: dict[str, str], event: str, call: bool
) -> None:
    text = f"on: {event}\njobs:\n" + "".join(f"  {name}:\n{job}" for name, job in drawn.items())
    files = {**recipes, ".github/workflows/ci.yml": text}
    if call:
        files[".github/workflows/call.yml"] = (
            "on: pull_request\njobs:\n  call:\n    uses: ./.github/workflows/ci.yml\n  all:\n    needs: [call]\n"
            "    runs-on: u\n    steps:\n      - run: '[ ${{ needs.call.result }} = success ]'\n"
        )
    found = findings(files)
    with without_prefilter():
        assert findings(files) == found


NAMES = st.sampled_from(["", "a", "b", "a (x)", "a / b", "${{ matrix.x }}", "${{ vars.N }}", "b / a", "job0", "x"])
MATRICES = st.sampled_from(["", "[x]", "[x, y]", "[a]", "['b / a', 'x)']"])


@settings(max_examples=150)
@given(st.lists(st.lists(st.tuples(NAMES, MATRICES, st.booleans()), min_size=1, max_size=3), min_size=1, max_size=3))
def test_no_names_are_called_apart_that_are_not(drawn: list[list[tuple[str, str, bool]]]) -> None:
    found = []
    for number, file in enumerate(drawn):
        text = "on: [pull_request, workflow_call]\njobs:\n"
        for index, (name, matrix, calls) in enumerate(file):
            text += f"  job{index}:\n" + (f"    name: {name}\n" if name else "")
            text += f"    strategy:\n      matrix:\n        x: {matrix}\n" if matrix else ""
            text += (
                f"    uses: ./.github/workflows/{number - 1}.yml\n"
                if calls and number
                else "    runs-on: u\n    steps:\n      - run: make\n"
            )
        found.append(workflow(text, f"{number}.yml"))
    if are_apart(found):
        assert shared_names(Runs(link(found)), found) == ()


@pytest.mark.slow
@pytest.mark.shared
def test_real_jobs_and_names_are_told_apart_rightly(tmp_path: Path) -> None:
    called = total = 0
    for repository in sorted(shared_path("corpus/dev").iterdir()):
        root = tmp_path / repository.name
        write(root, {f".github/workflows/{path.name}": path.read_bytes() for path in repository.iterdir()})
        found = read_all(root).workflows
        wrong, quiet, jobs_ = wrongly_quiet(found)
        assert wrong == []
        called, total = called + quiet, total + jobs_
        if are_apart(found):
            assert shared_names(Runs(link(found)), found) == ()
    assert called > 0.8 * total
