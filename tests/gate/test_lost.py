from __future__ import annotations

import pytest
from msgspec.structs import replace

from covpath.gate.job_judge import JobJudge
from covpath.gate.judge import Judge
from covpath.gate.required import UNKNOWN_REQUIRED
from covpath.gate.verdict import NO_LOSS, JobVerdict, LossVerdict, Lost
from covpath.terms import Tri
from judging import workflow

CALL = "{needs: a, uses: ./.github/workflows/x.yml}"
TEXT = f"on: pull_request\njobs: {{a: {{runs-on: u, steps: [{{run: make}}]}}, b: {CALL}}}\n"


def verdicts() -> tuple[JobVerdict, ...]:
    return Judge(required=UNKNOWN_REQUIRED).workflow(workflow(TEXT))


def test_it_is_worked_out_when_it_is_asked_for_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[JobJudge] = []
    whole = JobJudge._loss

    def loss(judge: JobJudge, cases: list[object]) -> LossVerdict:
        asked.append(judge)
        return whole(judge, cases)  # type: ignore[arg-type]

    monkeypatch.setattr(JobJudge, "_loss", loss)
    first, _ = verdicts()
    assert not asked
    assert first.on_runner_loss.check_red is Tri.TRUE
    assert first.on_runner_loss is first.on_runner_loss
    assert len(asked) == 1


def test_verdicts_are_the_same_where_their_losses_are() -> None:
    first, call = verdicts()
    assert (first, call) == verdicts()
    assert hash(first) == hash(verdicts()[0])
    assert first != replace(first, lost=NO_LOSS)
    assert NO_LOSS.verdict() != NO_LOSS
    assert Lost(lambda: first.on_runner_loss) == first.lost
