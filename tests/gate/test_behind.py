"""Verdicts on jobs that measure behind something, with and without the repository's files."""

from __future__ import annotations

from pathlib import Path

from covpath.gate.judge import Judge
from covpath.gate.required import UNKNOWN_REQUIRED
from covpath.gate.tracing.chains import Tracer
from covpath.gate.verdict import JobVerdict
from covpath.terms import Gate, JobId, Tri
from covpath.workflow.calls import link
from judging import workflow

JUSTFILE = {"justfile": "coverage:\n    cargo llvm-cov --lcov --output-path lcov.info\n"}


def judged(text: str, files: dict[str, str] | None) -> dict[JobId, JobVerdict]:
    found = workflow(text)
    links = link([found])
    behind = None if files is None else Tracer(files.get, links).alternatives
    judge = Judge(required=UNKNOWN_REQUIRED, links=links, behind=behind)
    return {verdict.ref.job: verdict for verdict in judge.workflow(found)}


MASKED = """\
    on: pull_request
    jobs:
      cov:
        runs-on: ubuntu-latest
        steps:
          - run: just coverage || true
          - run: ./after.sh
          - uses: codecov/codecov-action@v5
    """


def test_without_files_the_answer_is_as_before() -> None:
    verdict = judged(MASKED, None)[JobId("cov")]
    assert (verdict.coverage, verdict.measuring, verdict.gate) == (False, 1, Gate.BLOCKING)


def test_a_job_that_measures_nothing_is_judged_as_before() -> None:
    text = "on: pull_request\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: just lint\n      - run: make all\n"
    files = {"justfile": "lint:\n    ruff check\n", "Makefile": "all:\n\tcc a.c\n"}
    assert judged(text, None) == judged(text, files)


def test_the_step_that_measures_behind_a_recipe_is_the_measuring_step() -> None:
    verdict = judged(MASKED, JUSTFILE)[JobId("cov")]
    assert (verdict.coverage, verdict.measuring, verdict.gate) == (True, 0, Gate.SILENT)
    assert verdict.partly
    assert verdict.data.green_without_data is Tri.TRUE


def test_a_job_that_claims_coverage_is_judged_by_the_step_that_hides_it() -> None:
    text = MASKED.replace("./after.sh", "cargo build")
    verdict = judged(text, {})[JobId("cov")]
    assert (verdict.coverage, verdict.measuring, verdict.gate) == (True, 0, Gate.SILENT)


def test_a_step_that_does_not_run_gives_way_to_the_next() -> None:
    text = """\
        on: pull_request
        jobs:
          cov:
            runs-on: ubuntu-latest
            steps:
              - run: just coverage
              - run: just coverage || true
                if: github.event_name == 'push'
        """
    verdict = judged(text, JUSTFILE)[JobId("cov")]
    assert (verdict.measuring, verdict.gate) == (0, Gate.BLOCKING)


def test_data_of_other_jobs_make_no_coverage_job() -> None:
    text = """\
        on: pull_request
        jobs:
          test:
            runs-on: ubuntu-latest
            steps:
              - run: just coverage
              - uses: actions/upload-artifact@v4
                with: {name: coverage, path: lcov.info}
          upload:
            runs-on: ubuntu-latest
            needs: test
            steps:
              - uses: actions/download-artifact@v4
              - uses: codecov/codecov-action@v5
        """
    found = judged(text, JUSTFILE)
    assert (found[JobId("test")].coverage, found[JobId("upload")].coverage) == (True, False)


def test_files_are_asked_for_inside_the_repository_only() -> None:
    asked: list[str] = []

    def read(path: str) -> str | None:
        asked.append(path)
        return None

    text = """\
        on: pull_request
        jobs:
          coverage:
            runs-on: ubuntu-latest
            steps:
              - run: ../../outside/coverage.sh
              - run: bash /etc/coverage.sh
              - run: cd ../.. && make coverage
              - uses: ./../outside
        """
    found = workflow(text)
    tracer = Tracer(read, link([found]))
    tracer.trace(found, found.jobs[JobId("coverage")])
    assert [path for path in asked if path.startswith("/") or ".." in Path(path).parts] == []


def test_a_recipe_that_goes_on_after_a_failure_masks_it() -> None:
    text = "on: pull_request\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: make cov\n"
    loud = judged(text, {"Makefile": "cov:\n\tpytest --cov\n"})[JobId("a")]
    quiet = judged(text, {"Makefile": "cov:\n\t-pytest --cov\n"})[JobId("a")]
    assert (loud.gate, quiet.gate) == (Gate.BLOCKING, Gate.SILENT)
    assert next((reason.code, str(reason.place)) for reason in quiet.reasons) == (
        "shell-mask-recipe-runner",
        "Makefile:2",
    )
