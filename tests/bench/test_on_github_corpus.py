from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from covpath.bench.github.generate import Generated, Version, Wish, generate
from covpath.bench.profile import packaged_profiles
from covpath.errors import InputError, Refusal
from covpath.gate.measuring import find_measuring
from covpath.workflow.model import Job, Workflow
from covpath.workflow.reading import read_workflow
from oracles.github import parse_workflows
from oracles.linters import actionlint, zizmor
from shared_data import shared_path

pytestmark = [pytest.mark.shared, pytest.mark.slow, pytest.mark.xdist_group("on-github-corpus")]

REFUSED = (
    "only a script can be wrapped",
    "runs on Windows",
    "runs on macOS",
    "made by another job or an expression",
    "shell is pwsh",
)


@dataclass(frozen=True)
class Made:
    """A real coverage job: its file, and the workflow made from it."""

    file: Path
    generated: Generated

    @property
    def name(self) -> str:
        return f"{self.file.parent.name}-{self.file.stem}-{self.generated.branch.rpartition('/')[2]}.yml"


@pytest.fixture(scope="module")
def made() -> list[Made]:
    """All coverage jobs of the corpus that can be measured; the others are refused for a reason we know."""
    found = []
    for file, workflow, job, backend in _jobs():
        try:
            found.append(Made(file, generate(_wish(workflow, job, backend), lambda _found: {})))
        except Refusal as refusal:
            if refusal.place is None or not any(reason in refusal.message for reason in REFUSED):
                raise
    return found


def _jobs() -> Iterator[tuple[Path, Workflow, Job, str]]:
    for file in sorted(shared_path("corpus/dev").glob("*/*.y*ml")):
        try:
            workflow = read_workflow(f".github/workflows/{file.name}", file.read_bytes())
        except InputError:
            continue
        for job in workflow.jobs.values():
            measuring = find_measuring(workflow, job)
            if measuring.recognition is not None:
                yield file, workflow, job, measuring.recognition.backend


def _wish(workflow: Workflow, job: Job, backend: str) -> Wish:
    profiles = packaged_profiles()
    return Wish(
        job=job.id,
        versions=(Version(workflow=workflow, backends=(backend,), environments={}),),
        runners=(profiles["ubuntu-public"], profiles["ubuntu-slim"]),
        trials=1,
        requirement="covpath==1.2.3",
        commit=None,
        leg={},
        accepted=frozenset({"unpinned-actions", "called-secrets"}),
    )


def test_there_are_enough_of_them(made: list[Made]) -> None:
    assert len({one.name for one in made}) == len(made) >= 60


def test_github_reads_them(made: list[Made]) -> None:
    parsed = parse_workflows({one.name: one.generated.text for one in made})
    assert {name: found.errors for name, found in parsed.items() if found.errors} == {}


def test_actionlint_finds_nothing_that_it_did_not_find_in_the_original(made: list[Made]) -> None:
    texts = {str(one.file): one.file.read_text("utf-8") for one in made}
    remarks = actionlint(texts | {one.name: one.generated.text for one in made})
    found = {name: Counter(remark.message for remark in each) for name, each in remarks.items()}
    new = {one.name: list(found[one.name] - found[str(one.file)]) for one in made}
    assert {name: messages for name, messages in new.items() if messages} == {}


def test_zizmor_finds_nothing_that_it_did_not_find_in_the_original(made: list[Made], tmp_path: Path) -> None:
    for one in made:
        (tmp_path / one.name).write_text(one.generated.text)
    before = _findings(sorted({one.file for one in made}))
    after = _findings(sorted(tmp_path.iterdir()))
    new = {one.name: after[str(tmp_path / one.name)] - before[str(one.file)] for one in made}
    assert {name: list(found) for name, found in new.items() if found} == {}


def _findings(paths: list[Path]) -> dict[str, Counter[tuple[str, str]]]:
    """By file: what is found, and in which words of it; how they are indented does not matter."""
    done = zizmor(paths, "--persona=pedantic", "--no-config")
    assert done.exit_code in (0, 11, 12, 13, 14), done.stderr
    found: dict[str, Counter[tuple[str, str]]] = {str(path): Counter() for path in paths}
    for one in done.findings:
        primary = next((at for at in one["locations"] if at["symbolic"]["kind"] == "Primary"), one["locations"][0])
        local: dict[str, Any] = primary["symbolic"]["key"]["Local"]
        found[local["verbatim_path"]][one["ident"], " ".join(primary["concrete"]["feature"].split())] += 1
    return found


def test_no_script_is_changed(made: list[Made]) -> None:
    for one in made:
        original = read_workflow(one.file.name, one.file.read_bytes())
        scripts = {step.run.value for job in original.jobs.values() for step in job.all_steps() if step.run is not None}
        for job in one.generated.workflow.jobs.values():
            kept = {step.run.value for step in job.steps if step.run is not None and step.id != "covpath"}
            assert job.id == "collect" or kept <= scripts, one.name
