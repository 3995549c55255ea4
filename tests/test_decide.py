from __future__ import annotations

import pytest
from msgspec.structs import replace

from covpath.decide import Measured, Option, Situation, choose, options
from covpath.evidence.model import Choice, Evidence, Prediction
from covpath.evidence.trial import CacheState, Outcome, Trial
from covpath.terms import Decision, Tri
from evidence_samples import RUNNER, evidence, trial

HERE = replace(RUNNER, name="here", labels=("ubuntu-24.04",), price_per_minute_dollars=0.004)
BIG = replace(RUNNER, name="big", labels=("big",), price_per_minute_dollars=0.008)
LARGE = replace(BIG, name="large", labels=("large",))
RUNNERS = (HERE, BIG, LARGE)


def run(backend: str, runner: str, seconds: float = 30.0, outcome: Outcome = Outcome.OK) -> Trial:
    return trial(backend=backend, runner=runner, wall_seconds=seconds, outcome=outcome, reason="")


def ways(*trials: Trial, **changes: object) -> dict[Decision, Option]:
    found = evidence(*trials, runners=RUNNERS, **changes)
    return {one.decision: one for one in options(situation(found))}


def situation(*found: Evidence) -> Situation:
    measured = tuple(Measured(evidence=one, file="e.json") for one in found)
    return Situation(backend="cargo-tarpaulin", labels=("ubuntu-24.04",), measured=measured)


def chosen(*trials: Trial, **changes: object) -> tuple[Option | None, str]:
    return choose(tuple(ways(*trials, **changes).values()))


def test_nothing_measured_is_no_choice() -> None:
    best, why = choose(options(situation()))
    assert best is None
    assert "covpath bench" in why


def test_nothing_that_works_leaves_the_advisory_way() -> None:
    lost = [run(backend, "here", outcome=Outcome.OOM) for backend in ("cargo-tarpaulin", "cargo-llvm-cov")]
    best, _ = chosen(*lost, run("cargo-tarpaulin", "big", outcome=Outcome.OOM))
    assert best is not None
    assert best.decision is Decision.PERMANENT_ADVISORY


def test_the_present_backend_on_the_present_runner_is_no_way_out() -> None:
    assert ways(run("cargo-tarpaulin", "here"))[Decision.LARGER_RUNNER].works is Tri.UNKNOWN


@pytest.mark.parametrize(
    ("seconds", "decision"),
    [(50.0, Decision.NEW_BACKEND), (61.0, Decision.NEW_BACKEND), (121.0, Decision.LARGER_RUNNER)],
    ids=["half the price", "the same minutes cost as much on both, fewer for one", "dearer by its minutes"],
)
def test_the_cheaper_way_is_chosen(seconds: float, decision: Decision) -> None:
    best, _ = chosen(run("cargo-tarpaulin", "big", 90.0 if seconds == 61.0 else 50.0), run("x", "here", seconds))
    assert best is not None
    assert best.decision is decision


@pytest.mark.parametrize("seconds", [20.0, 30.0, 40.0])
def test_at_the_same_price_and_minutes_what_is_there_stays(seconds: float) -> None:
    best, _ = chosen(run("cargo-llvm-cov", "big", seconds), run("cargo-tarpaulin", "big", 30.0))
    assert best is not None
    assert (best.decision, best.backend) == (Decision.LARGER_RUNNER, None)


@pytest.mark.parametrize("chosen_backend", ["cargo-llvm-cov", "grcov"])
@pytest.mark.parametrize("seconds", [20.0, 40.0])
def test_of_backends_that_cost_the_same_the_benchmarks_answer_stands(chosen_backend: str, seconds: float) -> None:
    choice = Choice(
        backend=chosen_backend,
        runner="here",
        cache=CacheState.WARM,
        confirmed=True,
        refuted=None,
        refuted_outcome=None,
    )
    found = ways(run("cargo-llvm-cov", "here", 30.0), run("grcov", "here", seconds), cheapest=choice)
    assert found[Decision.NEW_BACKEND].backend == chosen_backend


def test_a_cell_that_ran_comes_before_a_cheaper_prediction() -> None:
    cheaper = Prediction(
        backend="cargo-llvm-cov",
        runner="here",
        cache=CacheState.WARM,
        works=Tri.TRUE,
        outcome=None,
        wall_seconds=10.0,
        peak_bytes=1,
        reason="fits",
    )
    found = ways(run("cargo-llvm-cov", "large"), predictions=(cheaper,))[Decision.NEW_BACKEND]
    assert (found.runner, found.predicted) == ("large", False)
    assert ways(predictions=(cheaper,))[Decision.NEW_BACKEND].predicted
