"""Whole workflows and what is told of each job: cases as files, and the real repository's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from covpath.gate.judge import Judge
from covpath.gate.required import UNKNOWN_REQUIRED
from covpath.gate.verdict import JobVerdict
from covpath.terms import Blocks, Gate, Reason, Tri
from covpath.workflow.reading import read_workflow
from covpath.yamltext.nodes import to_plain
from covpath.yamltext.reading import read
from covpath.yamltext.source import decode
from judging import required
from shared_data import shared_path

CASES = Path(__file__).parents[1] / "cases" / "gate"


def lines(reasons: tuple[Reason, ...]) -> list[str]:
    return [f"{reason.code} {reason.place.line}" for reason in reasons if reason.place is not None]


def told(verdict: JobVerdict) -> dict[str, Any]:
    loss = verdict.on_runner_loss
    return {
        "gate": str(verdict.gate),
        "partly": verdict.partly,
        "blocks": str(verdict.blocks.value),
        "loss": "blocks" if loss.blocks.value is Blocks.YES else
                "if required" if loss.blocks.value is Blocks.IF_REQUIRED else
                "fails" if loss.run_fails is Tri.TRUE else str(loss.run_fails),
        "data": {Tri.TRUE: True, Tri.FALSE: False, Tri.UNKNOWN: "unknown"}[verdict.data.green_without_data],
        "reasons": lines(verdict.reasons),
        "data reasons": lines(verdict.data.reasons),
    }  # fmt: skip


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_a_workflow_is_told_as_expected(case: str) -> None:
    expected: Any = to_plain(read(decode("expected.yaml", (CASES / case / "expected.yaml").read_bytes())).root)  # type: ignore[arg-type]
    workflow = read_workflow(".github/workflows/ci.yml", (CASES / case / "ci.yml").read_bytes())
    verdicts = Judge(required=required(expected.get("required"))).workflow(workflow)
    found = {str(verdict.ref.job): told(verdict) for verdict in verdicts}
    assert list(found) == list(expected["jobs"])
    for job, wanted in expected["jobs"].items():
        assert {key: found[job][key] for key in wanted} == wanted, job


@pytest.mark.shared
def test_the_first_state_of_the_real_repository() -> None:
    workflow = read_workflow("ci.yml", (shared_path("cases/icn") / "ci.yml").read_bytes())
    found = {str(verdict.ref.job): verdict for verdict in Judge(required=UNKNOWN_REQUIRED).workflow(workflow)}
    assert {job: verdict.gate for job, verdict in found.items()} == {
        **dict.fromkeys(("fmt", "clippy", "test", "build", "web-ui"), Gate.BLOCKING),
        **dict.fromkeys(("coverage", "security", "sdk"), Gate.SILENT),
    }
    assert {job for job, verdict in found.items() if verdict.partly} == {"sdk"}
    assert [step.label for step in found["sdk"].steps if step.gate is Gate.BLOCKING and not step.setup] == ["Build SDK"]
    for verdict in found.values():
        assert verdict.on_runner_loss.check_red is Tri.TRUE
        assert verdict.on_runner_loss.blocks.value is Blocks.IF_REQUIRED
        assert verdict.blocks.value is (Blocks.IF_REQUIRED if verdict.gate is Gate.BLOCKING else Blocks.NO)
    coverage = found["coverage"]
    assert "step-continue-on-error 133" in lines(coverage.reasons)
    assert coverage.data.green_without_data is Tri.TRUE
    assert lines(coverage.data.reasons) == ["measuring-masked 133", "upload-cannot-fail 139"]


@pytest.mark.shared
def test_the_second_state_of_the_real_repository() -> None:
    workflow = read_workflow("ci.yml", (shared_path("cases/icn") / "coverage-job-before.yml").read_bytes())
    verdict = Judge(required=required(["Test Coverage"])).workflow(workflow)[1]
    assert (verdict.gate, verdict.blocks.value) == (Gate.SILENT, Blocks.NO)
    assert verdict.on_runner_loss.blocks.value is Blocks.YES
    assert "ratchet 10" in lines(verdict.reasons)
    assert verdict.data.green_without_data is Tri.TRUE
    assert "upload-skipped" in {reason.code for reason in verdict.data.reasons}
