"""Small repositories whose jobs measure behind something, or do not: tests/cases/chains."""

from __future__ import annotations

from pathlib import Path

import pytest

from covpath.gate.tracing.chains import Tracer
from covpath.gate.tracing.traced import Trace
from covpath.workflow.calls import link
from covpath.workflow.local_action import action_paths, read_action
from covpath.workflow.model import Workflow
from covpath.workflow.reading import read_workflow

CASES = Path(__file__).resolve().parents[1] / "cases" / "chains"


def tracer_of(root: Path) -> tuple[Tracer, list[Workflow]]:
    """A tracer for the repository in a folder, and its workflows."""

    def read(path: str) -> str | None:
        file = root / path
        return file.read_text(encoding="utf-8") if file.is_file() else None

    def action(uses: str) -> Workflow | None:
        for path in action_paths(uses):
            if (root / path).is_file():
                return read_action(path, (root / path).read_bytes())
        return None

    paths = sorted((root / ".github/workflows").iterdir())
    workflows = [read_workflow(path.relative_to(root).as_posix(), path.read_bytes()) for path in paths]
    return Tracer(read, link(workflows, actions=action)), workflows


def shown(trace: Trace) -> str:
    parts = [str(trace.sight)]
    parts += [trace.measured.backend] if trace.measured is not None else []
    parts += [str(trace.chain)] if trace.chain is not None else []
    parts += [f"from {', '.join(map(str, trace.others))} by {trace.through}"] if trace.others else []
    return " | ".join(parts) + (f" ({trace.reason})" if trace.reason else "")


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_what_is_seen_of_each_job(case: str) -> None:
    tracer, workflows = tracer_of(CASES / case)
    found = [f"{job.id}: {shown(tracer.trace(one, job))}" for one in workflows for job in one.jobs.values()]
    expected = (CASES / case / "expected.txt").read_text(encoding="utf-8").splitlines()
    assert sorted(found) == sorted(expected)
