"""A repository's workflows together: names that jobs share, and required checks that may never come."""

from __future__ import annotations

import pytest

from covpath.gate.repository import SharedName, StuckCheck, shared_names, stuck_checks
from covpath.gate.simulation.runs import Runs
from covpath.workflow.calls import link
from covpath.workflow.model import Workflow
from judging import required, workflow

JOB = "on: {on}\njobs:\n  {job}:\n    name: {name}\n    runs-on: x\n    {more}\n    steps:\n      - run: {run}\n"


def one(on: str = "pull_request", job: str = "test", name: str = "test", run: str = "make test", more: str = "",
        file: str = "ci.yml") -> Workflow:  # fmt: skip
    return workflow(JOB.format(on=on, job=job, name=name, run=run, more=more), file)


def shared(*workflows: Workflow) -> tuple[SharedName, ...]:
    return shared_names(Runs(link(workflows)), workflows)


def stuck(*workflows: Workflow, names: list[str] | None = None) -> tuple[StuckCheck, ...]:
    return stuck_checks(Runs(link(workflows)), workflows, required(names))


def test_distinct_names_are_not_told() -> None:
    assert shared(one(), one(name="other", file="b.yml")) == ()
    assert shared(one(), one(on="schedule", file="b.yml")) == ()


def test_a_twin_with_the_other_paths_is_told_as_one() -> None:
    real = one(on="{pull_request: {paths: ['src/**']}}")
    twin = one(on="{pull_request: {paths-ignore: ['src/**']}}", run="echo nothing to do", file="twin.yml")
    (found,) = shared(real, twin)
    assert found.name == "test"
    assert [(str(one.ref), one.stands_in) for one in found.reporters] == [
        ("ci.yml:test", False),
        ("twin.yml:test", True),
    ]


def test_two_jobs_of_one_file_and_of_a_called_one_can_share_a_name() -> None:
    jobs = "\n".join(f"  {job}: {{name: x, runs-on: x, steps: [{{run: {job}}}]}}" for job in "ab")
    text = f"on: pull_request\njobs:\n{jobs}\n"
    (found,) = shared(workflow(text))
    assert [str(one.ref.job) for one in found.reporters] == ["a", "b"]
    called = one(on="workflow_call", file="called.yml")
    caller = workflow("on: pull_request\njobs:\n  outer: {uses: ./.github/workflows/called.yml}\n", "caller.yml")
    (found,) = shared(called, caller, one(name="outer / test"))
    assert found.name == "outer / test"


STUCK = {
    "pull_request": None,
    "{pull_request: {branches: [main]}}": None,
    "{pull_request: {paths: ['src/**']}}": "path-filter",
    "{pull_request: {paths-ignore: [docs]}}": "path-filter",
    "schedule": "never-runs",
    "{push: {branches: [main]}}": "never-runs",
    "{pull_request: {types: [opened]}}": "not-every-commit",
    "{pull_request: {types: [labeled]}}": "not-every-commit",
    "{pull_request: {paths: [a]}, push: }": None,
}


@pytest.mark.parametrize("on", STUCK)
def test_a_required_check_that_may_never_come(on: str) -> None:
    found = [check.reason.code for check in stuck(one(on=on), names=["test"])]
    assert found == ([STUCK[on]] if STUCK[on] else [])
    assert stuck(one(on=on), names=["other"]) == ()
    assert stuck(one(on=on)) == ()


def test_a_twin_frees_a_check_that_its_paths_would_leave_waiting() -> None:
    real = one(on="{pull_request: {paths: ['src/**']}}")
    assert stuck(real, one(file="always.yml"), names=["test"]) == ()


def test_a_matrix_that_is_skipped_as_a_whole_reports_no_leg() -> None:
    more = "if: github.actor != 'bot'\n    strategy: {matrix: {v: [1, 2]}}"
    (found,) = stuck(one(more=more), names=["test (1)"])
    assert (found.reason.code, found.reason.place and found.reason.place.line) == ("matrix-skipped", 6)


@pytest.mark.parametrize("condition", ["always()", "${{ !cancelled() }}", "success()"])
def test_a_condition_on_nothing_skips_no_matrix(condition: str) -> None:
    more = f"if: {condition}\n    strategy: {{matrix: {{v: [1, 2]}}}}"
    assert stuck(one(more=more), names=["test (1)"]) == ()


def test_a_job_without_a_matrix_is_skipped_as_passed() -> None:
    more = "if: github.actor != 'bot'\n    strategy: {fail-fast: false}"
    assert stuck(one(more=more), names=["test"]) == ()


def test_a_check_of_the_pull_request_alone_waits_in_the_queue() -> None:
    queued = one(on="[pull_request, merge_group]", name="queued", file="queued.yml")
    found = stuck(one(), queued, names=["test", "queued"])
    assert [(check.name, check.reason.code) for check in found] == [("test", "not-in-queue")]


def test_everything_has_its_place() -> None:
    (found,) = stuck(one(on="{pull_request: {paths: [a]}}"), names=["test"])
    assert found.reason.place is not None
