"""What tells jobs apart without simulating them is held against the simulator."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits.unfiltered import findings, without_prefilter
from covpath.audits.check_names import could_share
from covpath.audits.levers import is_soft, masked_steps
from covpath.audits.quiet import Quiet, never_runs
from covpath.gate.aggregate import aggregate_gates
from covpath.gate.judge import Judge
from covpath.gate.repository import shared_names
from covpath.gate.required import UNKNOWN_REQUIRED
from covpath.gate.simulation.runs import Runs
from covpath.gate.simulation.signal import signal_of
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


MEASURES = "      - run: cargo llvm-cov --lcov\n"
STRICT = "      - uses: codecov/codecov-action@v5\n        with: {fail_ci_if_error: true, files: lcov.info}\n"
ONE_MASKED = "      - run: rm -rf old || true\n        if: github.actor != 'y'\n"


@pytest.mark.parametrize(
    "found",
    [
        one_job(),
        one_job("      - run: |\n          make deps\n          make test > log; echo ok"),
        one_job("      - run: for x in a b; do make $x; done"),
        one_job("      - uses: actions/upload-artifact@v4\n      - run: make test"),
        one_job("      - run: make test || true", on="{schedule: [{cron: '1 2 * * *'}]}"),
        one_job("      - run: rm -rf old || true\n      - run: make test"),
        one_job("      - run: cargo llvm-cov --lcov"),
        one_job("      - run: pytest --cov\n        if: github.actor != 'x'\n      - run: make test"),
        one_job("      - uses: a/b@v1\n      - uses: actions/upload-artifact@v4"),
        one_job(f"{MEASURES}{STRICT}"),
        one_job(
            "      - run: cargo llvm-cov --lcov\n      - uses: actions/upload-artifact@v4\n        with: {path: x.whl}"
        ),
        one_job("      - uses: codecov/codecov-action@v5\n      - run: cargo llvm-cov --lcov"),
        one_job("      - run: |\n          [ -f x ] || exit 0\n          cargo llvm-cov --lcov\n          echo `date`"),
        one_job("      - run: cargo llvm-cov --lcov | tee log\n        shell: bash"),
        one_job(f"{ONE_MASKED}      - run: make test\n        if: github.actor != 'x'\n      - run: make all"),
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
        one_job("      - run: |\n          cargo llvm-cov --lcov || true\n          make test"),
        one_job("      - run: |\n          cargo llvm-cov --lcov | tee log\n          make test"),
        one_job(
            "      - run: cargo llvm-cov --lcov\n      - uses: actions/upload-artifact@v4\n        with: {path: html}"
        ),
        one_job(f"      - run: rm -rf old || true\n{STRICT}"),
        one_job(f"{ONE_MASKED}      - run: make test\n        if: github.actor != 'x'"),
        one_job("      - run: |\n          cargo llvm-cov --lcov\n          make test\n        shell: bash {0}"),
    ],
)
def test_what_is_not(found: Workflow) -> None:
    assert wrongly_quiet([found])[1] == 0


EVENT = st.sampled_from(
    ["pull_request", "pull_request_target", "push", "merge_group", "workflow_call", "schedule", "issues", "release",
     "workflow_dispatch", "deployment", "x"]
)  # fmt: skip
SETTINGS = st.sampled_from(
    ["", "{}", "{paths: [a]}", "{branches: [main]}", "{branches: ['!x', main]}", "{branches: ['!x']}",
     "{branches: '!x'}", "{branches: []}", "{branches-ignore: ['**']}", "{types: [closed]}", "{tags: [v]}",
     "{types: [opened], branches: [a]}", "[a]", "&a {types: [closed]}", "{branches: [*b]}", "x"]
)  # fmt: skip


@given(st.lists(st.tuples(EVENT, SETTINGS), min_size=1, max_size=3, unique_by=lambda one: one[0]))
@settings(max_examples=300)
def test_events_that_start_nothing_are_told_by_their_names(events: list[tuple[str, str]]) -> None:
    written = "".join(f"  {name}: {given}\n" for name, given in events)
    found = workflow(f"name: &b '!b'\non:\n{written}jobs:\n  a:\n    runs-on: u\n    steps:\n      - run: make\n")
    signal = signal_of(found)
    assert never_runs(found) is (not signal.events and not signal.called)


def test_variables_of_the_workflow_may_make_the_same_job_another_one() -> None:
    plain = one_job("      - run: pytest\n      - uses: codecov/codecov-action@v5")
    text = plain.document.source.text
    measuring = workflow(text.replace("jobs:", "env: {PYTEST_ADDOPTS: --cov}\njobs:"))
    other = workflow(text.replace("jobs:", "env: {PYTEST_ADDOPTS: -q}\njobs:"))
    assert [wrongly_quiet([one])[1] for one in (plain, measuring, other, measuring)] == [1, 0, 1, 0]


def test_what_a_later_step_makes_of_a_script_is_told_of_that_job_alone() -> None:
    script = "      - id: one\n        run: make test || echo 'bad=1' >> $GITHUB_OUTPUT\n"
    decided = one_job(f"{script}      - if: steps.one.outputs.bad\n        run: exit 1")
    plain = one_job(f"{script}      - run: make")
    for order in ((decided, plain), (plain, decided)):
        assert [wrongly_quiet([one])[0] for one in order] == [[], []]
    assert wrongly_quiet([plain])[1] == 0


LINES = st.sampled_from(
    ["make test", "make test || true", "echo hi", "make a | tee log", "set +e", "exit 0", "x=$(make)", "echo $(make)",
     "if make; then echo; fi", "! make", "make &", "trap 'exit 0' EXIT", "(make)", "{ make; }", "make && echo", "true",
     "pip install x || true", "export A=$(make)", "f() { make; }", "f", "f || true", "while make; do break; done",
     "case x in x) make;; esac", "cat <<EOF\nmake || true\nEOF", "eval make", "make; true", "[ -f x ] && make",
     "wait", "exec make", "make >log 2>&1", "diff <(make) x", "pytest --cov", ". ./x", "until make; do :; done"]
)  # fmt: skip
SHELLS = st.sampled_from(["", "bash", "sh", "pwsh", "bash {0}", "bash -e {0}", "python", "cmd", "${{ matrix.shell }}"])
FLAGS = st.sampled_from(["", "", "", "true", "false", "${{ matrix.soft }}", "${{ vars.SOFT }}"])
ACTIONS = st.sampled_from(
    ["a/b@v1", "actions/upload-artifact@v4", "codecov/codecov-action@v5", "./local",
     "codecov/codecov-action@v5\n        with: {fail_ci_if_error: true, files: x.xml}",
     "codecov/codecov-action@v5\n        with: {fail_ci_if_error: '${{ vars.STRICT }}'}",
     "actions/upload-artifact@v4\n        with: {path: htmlcov}",
     "actions/upload-artifact@v4\n        with: {path: x.whl}",
     "actions/upload-artifact@v4\n        with: {path: cov, if-no-files-found: error}"]
)  # fmt: skip
CONDITIONS = st.sampled_from(["", "", "", "false", "always()", "failure()", "hashFiles('x') != ''", "matrix.soft"])
EVENTS = st.sampled_from(["pull_request", "push", "workflow_call", "workflow_dispatch", "[push, merge_group]"])


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


MASKS = "runs:\n  using: composite\n  steps:\n    - run: make test || true\n      shell: bash\n"
FLAGGED = MASKS.replace(" || true", "\n      continue-on-error: true")
CODECOV = "      - uses: codecov/codecov-action@v5\n"


@pytest.mark.parametrize(
    ("name", "steps", "files"),
    [
        ("coverage", f"      - run: ./measure\n{CODECOV}", {}),
        ("tests", f"      - run: make cov\n{CODECOV}", {"Makefile": "cov:\n\tpytest --cov\n"}),
        ("tests", "      - run: make cov\n", {"Makefile": "cov:\n\t-pytest --cov\n"}),
        (
            "tests",
            "      - run: |\n          make cov | tee log\n          make it\n",
            {"Makefile": "cov:\n\tpytest --cov\n"},
        ),
        ("tests", "      - uses: $/masks\n", {"masks/action.yml": MASKS}),
        ("tests", "      - uses: ./masks\n      - run: make test\n", {"masks/action.yml": FLAGGED}),
        ("tests", "      - run: rm -rf old || true\n      - run: make test\n        if: ${{ false }}\n", {}),
        ("tests", "      - run: make one || true\n      - run: make two\n", {}),
        ("tests", "      - uses: a/b@v1\n        continue-on-error: true\n      - run: make two\n", {}),
        ("tests", f"{CODECOV}      - run: make two\n        if: ${{{{ false }}}}\n", {}),
        ("tests", f"      - uses: a/b@v1\n{CODECOV}", {}),
        (
            "tests",
            "      - run: |\n          make cov\n          make it\n        shell: bash {0}\n",
            {"Makefile": "cov:\n\tpytest --cov\n"},
        ),
    ],
)
def test_what_is_found_is_found_with_it_too(name: str, steps: str, files: dict[str, str]) -> None:
    text = f"on: pull_request\njobs:\n  {name}:\n    runs-on: u\n    steps:\n{steps}"
    whole = {**files, ".github/workflows/ci.yml": text}
    found = findings(whole)
    assert found
    with without_prefilter():
        assert findings(whole) == found


FILES = {
    "Makefile": "cov:\n\tpytest --cov\nsoft:\n\t-pytest --cov\nquiet:\n\tpytest --cov || true\nall:\n\tcc a.c\n",
    "tools/cov.sh": "cargo llvm-cov --lcov || true\n",
    "masks/action.yml": MASKS,
    "flagged/action.yml": FLAGGED,
    "measures/action.yml": MASKS.replace("make test || true", "pytest --cov"),
}
SCRIPTS = (
    *("make cov", "make soft", "make quiet", "make all", "tools/cov.sh", "pytest --cov", "rm -rf old", "./unseen"),
    "${{ inputs.command }}",
)
TAILS = ("", "", " || true", " | tee log", "\n          make all", "\n          echo done", " &")
STRICTER = "\n        with: {fail_ci_if_error: true, files: x.xml}"
USED = (
    *("./masks", "$/masks", "./flagged", "./measures", "codecov/codecov-action@v5", "a/b@v1"),
    *(f"codecov/codecov-action@v5{STRICTER}", "actions/upload-artifact@v4\n        with: {path: x.whl}"),
)


@st.composite
def short_steps(draw: st.DrawFn) -> str:
    """One to three steps, each of which may matter to the others."""
    text = ""
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            text += f"      - uses: {draw(st.sampled_from(USED))}\n"
        else:
            script = draw(st.sampled_from(SCRIPTS)) + draw(st.sampled_from(TAILS))
            text += f"      - run: |\n          {script}\n"
            text += draw(st.sampled_from(("", "", "        shell: bash\n", "        shell: bash {0}\n")))
        if draw(st.integers(0, 3)) == 0:
            text += f"        if: {draw(st.sampled_from(('false', 'always()', 'failure()')))}\n"
        if draw(st.integers(0, 7)) == 0:
            text += "        continue-on-error: true\n"
    return text


def test_another_call_may_measure_before_an_upload() -> None:
    steps = "".join(
        f"      - {step}\n"
        for step in ("run: ${{ inputs.command }}", "uses: codecov/codecov-action@v5", "run: make half")
    )
    files = {
        "Makefile": "half:\n\tcoverage run -m pytest\ncov:\n\tpytest --cov --cov-report xml\n",
        ".github/workflows/ci.yml": "on: {workflow_call: {inputs: {command: {type: string}}}}\njobs:\n"
        f"  tests:\n    runs-on: u\n    steps:\n{steps}",
        ".github/workflows/call.yml": "on: pull_request\njobs:\n  call:\n    uses: ./.github/workflows/ci.yml\n"
        "    with: {command: make cov}\n",
    }
    found = findings(files)
    assert found
    with without_prefilter():
        assert findings(files) == found


WAITING = """\
queue_rules:
  - name: default
    merge_conditions: [check-success=coverage, check-success=tests, "check-success=call / tests", check-success=all]
"""


@settings(max_examples=400)
@given(
    st.sampled_from(("coverage", "tests")), short_steps(), st.booleans(), st.booleans(), st.sampled_from(SCRIPTS[:-1])
)
def test_the_answer_is_the_same_without_it(name: str, steps: str, call: bool, waited_for: bool, command: str) -> None:
    event = "{workflow_call: {inputs: {command: {type: string}}}}" if call else "pull_request"
    files = {
        **FILES,
        ".github/workflows/ci.yml": f"on: {event}\njobs:\n  {name}:\n    runs-on: u\n    steps:\n{steps}",
    }
    if call:
        files[".github/workflows/call.yml"] = (
            "on: pull_request\njobs:\n  call:\n    uses: ./.github/workflows/ci.yml\n"
            f"    with: {{command: {command}}}\n  all:\n    needs: [call]\n"
            "    runs-on: u\n    steps:\n      - run: '[ ${{ needs.call.result }} = success ]'\n"
        )
    if waited_for:
        files[".mergify.yml"] = WAITING
    found = findings(files)
    with without_prefilter():
        assert findings(files) == found


def named(name: str, extra: str = "") -> str:
    return (
        f"on: [pull_request, workflow_call]\njobs:\n  one:\n    name: {name}\n    runs-on: u\n{extra}"
        "    steps:\n      - run: make\n"
    )


def calling(name: str) -> str:
    return f"on: pull_request\njobs:\n  two:\n    name: {name}\n    uses: ./.github/workflows/1.yml\n"


LEGS = "    strategy:\n      matrix:\n        x: {}\n"


@pytest.mark.parametrize(
    ("files", "shared"),
    [
        ((named("a"), named("b")), ()),
        ((named("a"), named("a")), ("a",)),
        ((named("a ${{ matrix.x }}", LEGS.format("[b]")), named("a b")), ("a b",)),
        ((named("a ${{ matrix.x }}", LEGS.format("[b]")), named("b ${{ matrix.x }}", LEGS.format("[a]"))), ()),
        ((named("a", LEGS.format("[b]")), named("a (b)")), ("a (b)",)),
        ((named("a / b"), named("b"), calling("a")), ("a / b",)),
        ((named("a", LEGS.format("['b / c']")), named("c)"), calling("a (b")), ("a (b / c)",)),
        ((named(f"{'n' * 100}1"), named(f"{'n' * 100}2")), (f"{'n' * 97}...",)),
        ((named(f"{'n' * 100}1"), named(f"{'n' * 95}1", LEGS.format("[x]"))), ()),
    ],
)
def test_names_that_two_jobs_share(files: tuple[str, ...], shared: tuple[str, ...]) -> None:
    found = [workflow(text, f"{number}.yml") for number, text in enumerate(files)]
    could = could_share(found)
    assert tuple(one.name for one in shared_names(Runs(link(found)), found, could)) == shared
    assert tuple(one.name for one in shared_names(Runs(link(found)), found)) == shared
    assert bool(shared) <= bool(could)


NAMES = st.sampled_from(
    ["", "a", "b", "a (x)", "a / b", "${{ matrix.x }}", "${{ vars.N }}", "b / a", "job0", "x", "a (${{ matrix.x }})",
     "a ${{ matrix.x }}", "b ${{ vars.N }}", f"{'n' * 98}1", f"{'n' * 98}2", "a (y"]
)  # fmt: skip
MATRICES = st.sampled_from(["", "[x]", "[x, y]", "[a]", "['b / a', 'x)']", "['', x]", "[y, '(x)']"])


@settings(max_examples=150)
@given(st.lists(st.lists(st.tuples(NAMES, MATRICES, st.booleans()), min_size=1, max_size=3), min_size=1, max_size=3))
def test_all_jobs_that_share_a_name_could(drawn: list[list[tuple[str, str, bool]]]) -> None:
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
    assert shared_names(Runs(link(found)), found, could_share(found)) == shared_names(Runs(link(found)), found)


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
        runs, counting = Runs(link(found)), [one for one in found if not never_runs(one)]
        assert shared_names(runs, counting, could_share(counting)) == shared_names(runs, found)
        assert not [gate for one in found if never_runs(one) for gate in aggregate_gates(runs, one)]
    assert called > 0.8 * total
