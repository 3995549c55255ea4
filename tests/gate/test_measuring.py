import itertools

import pytest

from covpath.backends import table
from covpath.gate import measuring
from covpath.gate.measuring import find_measuring, measurements
from covpath.terms import Gate, JobId
from judging import judged, workflow

JOB = """\
    on: pull_request
    env: {{{workflow}}}
    jobs:
      a:
        runs-on: ubuntu-latest
        env: {{{job}}}
        steps:
          - run: {command}
            env: {{{step}}}
          - run: echo done
    """


def _backends(command: str, **layers: str) -> list[str]:
    text = JOB.format(command=command, **{"workflow": "", "job": "", "step": "", **layers})
    found = workflow(text)
    return [one.recognition.backend for one in measurements(found, found.jobs[JobId("a")])]


@pytest.mark.parametrize(
    ("command", "layers"),
    [
        ("cargo test", {}),
        ("pytest", {}),
        ("cargo test", {"job": "RUSTFLAGS: -Dwarnings"}),
        ("pytest", {"step": "PYTEST_ADDOPTS: -n auto"}),
        ("pytest", {"step": "PYTEST_ADDOPTS: '${{ matrix.coverage }} --cov'"}),
        ("pytest --no-cov", {"workflow": "PYTEST_ADDOPTS: --cov=x"}),
        ("PYTEST_ADDOPTS= pytest", {"workflow": "PYTEST_ADDOPTS: --cov=x"}),
        ("pytest", {"workflow": "PYTEST_ADDOPTS: --cov=x", "step": "PYTEST_ADDOPTS: -q"}),
    ],
)
def test_what_measures_nothing(command: str, layers: dict[str, str]) -> None:
    assert _backends(command, **layers) == []


@pytest.mark.parametrize("layer", ["workflow", "job", "step"])
def test_variables_around_a_command_can_make_it_measure(layer: str) -> None:
    assert _backends("pytest", **{layer: "PYTEST_ADDOPTS: --cov=x"}) == ["pytest-cov"]
    assert _backends("cargo test", **{layer: "RUSTFLAGS: -Cinstrument-coverage"}) == ["grcov"]
    assert _backends("cargo test", **{layer: "RUSTFLAGS: -Zprofile"}) == ["grcov"]


def test_a_command_is_known_by_its_own_variables_too() -> None:
    assert _backends("RUSTFLAGS=-Zprofile cargo test; cargo test; grcov . -o lcov.info") == ["grcov", "grcov"]
    assert _backends("PYTEST_ADDOPTS=--cov pytest && pytest") == ["pytest-cov"]


def test_every_sign_of_a_backend_is_looked_for() -> None:
    for sign in itertools.chain.from_iterable(table._SIGNS.values()):
        assert any(word in sign for word in measuring._SIGNS)


def test_the_measuring_step_is_found_by_its_variables() -> None:
    text = JOB.format(command="pytest", workflow="", job="PYTEST_ADDOPTS: --cov", step="")
    found = workflow(text)
    first = find_measuring(found, found.jobs[JobId("a")])
    assert (first.index, first.coverage) == (0, True)


WORDS = '      - run: echo "version=$(make print-version)" >> "$GITHUB_OUTPUT"\n'


@pytest.mark.parametrize(
    ("steps", "label"),
    [
        (f"      - uses: actions/checkout@v5\n{WORDS}      - uses: acme/lint-action@v9\n", "acme/lint-action@v9"),
        (
            f"{WORDS}      - uses: docker://acme/lint:1\n      - uses: actions/upload-artifact@v4\n",
            "docker://acme/lint:1",
        ),
        (f"      - uses: acme/setup-tool@v1\n{WORDS}      - uses: codecov/codecov-action@v5\n", 'echo "version='),
        (f"{WORDS}      - run: make lint\n      - uses: acme/report@v1\n", "make lint"),
        ("      - uses: acme/lint-action@v9\n      - uses: codecov/codecov-action@v5\n", "codecov/codecov-action@v5"),
    ],
)
def test_a_job_whose_scripts_only_prepare_is_judged_by_the_action_that_does_its_work(steps: str, label: str) -> None:
    text = f"on: pull_request\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n{steps}"
    found = workflow(text)
    job = found.jobs[JobId("a")]
    index = find_measuring(found, job).index
    assert index is not None
    assert job.steps[index].label.startswith(label)


@pytest.mark.parametrize("condition", ["always()", "failure()", "${{ !cancelled() }}", "success() || failure()"])
def test_a_step_that_runs_after_a_failure_comes_after_those_that_do_not(condition: str) -> None:
    text = f"""
    on: pull_request
    jobs:
      job:
        runs-on: ubuntu-latest
        steps:
          - run: make test
          - run: find logs -name '*.log' -exec cat {{}} + || true
            if: {condition}
    """
    verdict = judged(text)["job"]
    assert (verdict.measuring, verdict.gate) == (0, Gate.BLOCKING)


def test_a_job_whose_steps_all_run_after_a_failure_is_judged_by_the_last() -> None:
    text = """
    on: pull_request
    jobs:
      job:
        runs-on: ubuntu-latest
        steps:
          - run: make test
            if: always()
          - run: make lint
            if: always()
    """
    assert judged(text)["job"].measuring == 1


@pytest.mark.parametrize("action", ["step-security/harden-runner@v2", "some/thing@v1"])
def test_the_only_script_of_a_job_is_what_it_is_judged_by_if_it_works(action: str) -> None:
    text = f"""
    on: pull_request
    jobs:
      job:
        runs-on: ubuntu-latest
        steps:
          - uses: {action}
          - uses: actions/checkout@v6
          - run: make test
    """
    assert judged(text)["job"].measuring == 2


def test_a_step_that_fails_wherever_it_gets_to_its_end_is_no_preparation() -> None:
    text = """
    on: pull_request
    jobs:
      job:
        runs-on: ubuntu-latest
        steps:
          - id: merge
            continue-on-error: true
            run: git remote add upstream url || true
          - if: steps.merge.outcome == 'success'
            run: |
              gh issue comment 1 --body conflicts
              exit 1
    """
    assert judged(text)["job"].measuring == 1


def test_variables_that_make_nothing_measure_stand_beside_what_does() -> None:
    text = JOB.format(command="cargo llvm-cov --lcov", workflow="RUSTFLAGS: -Dwarnings", job="", step="")
    found = workflow(text)
    (only,) = measurements(found, found.jobs[JobId("a")])
    assert dict(only.recognition.environment)["RUSTFLAGS"] == "-Dwarnings"


def test_of_a_scripts_commands_only_those_that_say_so_measure() -> None:
    script = "discover; pytest; nycx; coverage run x.py; 'cover'age; ./c8 node"
    assert _backends(f'"{script}"') == ["coverage.py", "c8"]
