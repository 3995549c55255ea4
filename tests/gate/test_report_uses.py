"""Who reads a job's report: named by path, or looking for reports by itself."""

from __future__ import annotations

from covpath.gate.tracing.report_uses import written_reports
from covpath.terms import JobId
from judging import workflow

HEAD = """\
on: pull_request
jobs:
  cov:
    runs-on: x
    steps:
      - run: cargo llvm-cov --lcov --output-path lcov.info
"""


def readers(more: str) -> list[str]:
    found = workflow(HEAD + more)
    (report,) = written_reports(found, found.jobs[JobId("cov")])
    return [reader.label for reader in report.readers]


def test_an_uploader_that_searches_reads_every_report() -> None:
    assert readers("      - uses: codecov/codecov-action@v5\n") == ["codecov/codecov-action@v5"]
    assert readers("      - uses: codecov/codecov-action@v5\n        with: {disable_search: true}\n") == []


def test_an_uploader_is_told_once() -> None:
    assert readers("      - uses: codecov/codecov-action@v5\n        with: {files: lcov.info}\n") == [
        "codecov/codecov-action@v5"
    ]


def test_another_jobs_measurement_into_the_same_name_is_no_reader() -> None:
    other = HEAD.partition("jobs:\n")[2].replace("cov:", "other:", 1)
    assert readers(other) == []
    waits = "  other:\n    needs: cov\n    runs-on: x\n    steps:\n      - run: genhtml lcov.info\n"
    assert readers(waits) == ["genhtml lcov.info"]


def test_a_job_that_neither_waits_for_the_report_nor_fetches_any_reads_none() -> None:
    other = "  other:\n    runs-on: x\n    steps:\n"
    upload = "      - uses: codecov/codecov-action@v5\n        with: {files: lcov.info}\n"
    assert readers(f"{other}      - run: just own-coverage\n{upload}") == []
    fetched = f"{other}      - uses: actions/download-artifact@v6\n{upload}"
    assert readers(fetched) == ["codecov/codecov-action@v5"]
    through = other.replace("runs-on", "needs: [between]\n    runs-on")
    between = "  between:\n    needs: cov\n    runs-on: x\n    steps: [run: pwd]\n"
    assert readers(f"{between}{through}{upload}") == ["codecov/codecov-action@v5"]


def test_a_format_that_an_uploader_does_not_take_is_not_read_by_it() -> None:
    html = HEAD.replace("--lcov --output-path lcov.info", "--html --output-dir out")
    found = workflow(f"{html}      - uses: codecov/codecov-action@v5\n")
    (report,) = written_reports(found, found.jobs[JobId("cov")])
    assert report.readers == ()
