from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from covpath.bench.github.generate import Generated, Version, Wish, generate
from covpath.bench.github.pins import Unpinned
from covpath.errors import Refusal
from covpath.evidence.runner import RunnerKind, RunnerProfile
from covpath.gate.measuring import find_measuring
from covpath.terms import JobId
from covpath.workflow.reading import read_workflow
from covpath.yamltext.nodes import to_plain
from oracles.github import parse_workflows

CASES = Path(__file__).resolve().parents[1] / "cases" / "bench_github"
NAMES = sorted(path.name for path in CASES.iterdir())

SMALL = RunnerProfile(
    name="small",
    labels=("ubuntu-slim",),
    kind=RunnerKind.HOSTED,
    cpus=1,
    memory_bytes=2**30,
    source="invented",
    date="2026-11-01",
    notes="Not taken along.",
)
BIG = replace(SMALL, name="big", labels=("self-hosted", "linux", "big"), kind=RunnerKind.SELF_HOSTED, cpus=16)


def _generated(text: str, job: str, case: dict[str, Any] | None = None, **changes: Any) -> Generated:
    case = case or {}
    workflow = read_workflow(".github/workflows/ci.yml", text.encode())
    found = find_measuring(workflow, workflow.jobs[JobId(job)])
    backend = found.recognition.backend if found.recognition else "pytest-cov"
    wish = Wish(
        job=JobId(job),
        versions=(Version(workflow=workflow, backends=(backend,), environments={}),),
        runners=(SMALL, BIG),
        trials=1,
        requirement="covpath==1.2.3",
        commit="0123456789012345678901234567890123456789",
        leg=case.get("leg", {}),
        accepted=frozenset(case.get("accept", ())),
    )

    def commits(found: Sequence[Unpinned]) -> dict[str, str]:
        known: dict[str, str] = case.get("commits", {})
        return known

    return generate(replace(wish, **changes), commits)


def _case(name: str) -> Generated:
    case = json.loads((CASES / name / "case.json").read_text())
    return _generated((CASES / name / "workflow.yml").read_text(), case["job"], case)


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_is_made_as_expected(name: str) -> None:
    made = _case(name)
    remarks = "".join(f"{'risk' if one.risk else 'note'}: {one}\n" for one in made.remarks)
    files = {"generated.yml": made.text, "remarks.txt": remarks}
    for file, text in files.items():
        if os.environ.get("COVPATH_WRITE_CASES"):  # to look at the difference afterwards, in git
            (CASES / name / file).write_text(text)
        assert text == (CASES / name / file).read_text(), file


def test_github_reads_every_case() -> None:
    texts = {name: (CASES / name / "workflow.yml").read_text() for name in NAMES}
    made = {f"{name} made": _case(name).text for name in NAMES}
    assert {name: parsed.errors for name, parsed in parse_workflows(texts | made).items() if parsed.errors} == {}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_asked_of_github_that_the_job_did_not_ask(name: str) -> None:
    made = _case(name)
    assert set(to_plain(made.workflow.on)) == {"push", "workflow_dispatch"}  # type: ignore[arg-type]
    assert to_plain(made.workflow.permissions) == {}  # type: ignore[arg-type]
    for job in made.workflow.jobs.values():
        assert set(to_plain(job.permissions).values()) <= {"read"}, job.id  # type: ignore[union-attr, arg-type]
    text = (CASES / name / "workflow.yml").read_text()
    for secret in ("API_TOKEN", "token"):
        assert made.text.count(f"secrets.{secret}") <= text.count(f"secrets.{secret}")


COVERAGE = """\
on: push
jobs:
  coverage:
    runs-on: {runner}
    steps:
      - uses: actions/checkout@v4
      - run: pytest --cov --cov-report=xml
{more}"""


def _job(runner: str = "ubuntu-latest", more: str = "") -> str:
    return COVERAGE.format(runner=runner, more=more)


@pytest.mark.parametrize(
    ("text", "said", "accept"),
    [
        (_job(), "line 6: actions/checkout@v4", ("unpinned-actions",)),
        (_job("windows-latest"), "runs on Windows", ()),
        (_job("[self-hosted, macos]"), "runs on macOS", ()),
        (_job(more="        shell: pwsh\n"), "shell is pwsh", ()),
        (_job(more="        shell: ${{ env.SHELL }}\n"), "shell is not known", ()),
        (_job().replace("pytest --cov --cov-report=xml", "make"), "no known backend|no step in which", ()),
        (
            _job(more="    strategy: {matrix: {a: '${{ fromJSON(needs.x.outputs.y) }}'}}\n    needs: x\n  x: *y\n")
            .replace("on: push\n", "on: push\nenv: {}\n")
            .replace("  x: *y\n", "  x: {runs-on: a, steps: [run: 'true']}\n"),
            "made by another job or an expression",
            (),
        ),
        (
            _job().replace("actions/checkout@v4", "actions/download-artifact@v4"),
            "takes an artifact that no job before it makes",
            (),
        ),
    ],
)
def test_what_cannot_be_measured_there_is_refused(text: str, said: str, accept: tuple[str, ...]) -> None:
    with pytest.raises(Refusal, match=said) as refused:
        _generated(text, "coverage")
    assert refused.value.accept == accept
    assert refused.value.place is not None
    assert refused.value.place.line is not None


def test_a_called_workflow_takes_no_other_secret_unless_that_is_accepted() -> None:
    text = (CASES / "called" / "workflow.yml").read_text()
    with pytest.raises(Refusal, match=r"they choose its secrets \(token\)") as refused:
        _generated(text, "coverage")
    assert refused.value.accept == ("called-secrets",)


def test_unpinned_actions_stay_where_that_is_accepted() -> None:
    made = _generated(_job(), "coverage", {"accept": ["unpinned-actions"]})
    assert "uses: actions/checkout@v4\n" in made.text
    pinned = _generated(_job(), "coverage", {"commits": {"actions/checkout@v4": "a" * 40}})
    assert f"uses: actions/checkout@{'a' * 40} # v4\n" in pinned.text


def test_a_leg_can_be_chosen_where_the_file_does_not_tell_the_matrix() -> None:
    text = _job("${{ matrix.os }}", "    strategy: {matrix: {os: '${{ fromJSON(vars.OS) }}'}}\n")
    made = _generated(text, "coverage", {"leg": {"os": "ubuntu-24.04"}, "accept": ["unpinned-actions"]})
    include = to_plain(made.workflow.jobs[JobId("measure")].strategy)["matrix"]["include"]  # type: ignore
    assert [one["os"] for one in include] == ["ubuntu-24.04", "ubuntu-24.04"]


def test_the_branch_tells_one_text_from_another() -> None:
    accepted = {"accept": ["unpinned-actions"]}
    one = _generated(_job(), "coverage", accepted)
    other = _generated(_job(more="        timeout-minutes: 5\n"), "coverage", accepted)
    assert one.branch == _generated(_job(), "coverage", accepted).branch != other.branch
    assert _generated(_job(), "coverage", accepted, branch="my/branch").branch == "my/branch"


def test_repeats_are_cells_of_their_own() -> None:
    made = _generated(_job(), "coverage", {"accept": ["unpinned-actions"]}, trials=2)
    ids = ["pytest-cov@small", "pytest-cov@big", "pytest-cov@small~2", "pytest-cov@big~2"]
    assert [cell.id for cell in made.cells] == ids


def test_covpath_from_the_repository_itself_is_checked_out_for_the_last_job() -> None:
    made = _generated(_job(), "coverage", {"accept": ["unpinned-actions"]}, requirement=".")
    steps = made.workflow.jobs[JobId("collect")].steps
    assert str(steps[0].uses).startswith("actions/checkout@")
