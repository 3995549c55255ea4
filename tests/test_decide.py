from __future__ import annotations

import pytest
from msgspec.structs import replace

from covpath.decide import Measured, Option, Situation, choose, options
from covpath.evidence.model import Choice, Evidence, Prediction
from covpath.evidence.trial import CacheState, Enforcement, Outcome, Trial
from covpath.report.decide_data import to_json
from covpath.report.decide_text import render
from covpath.terms import Decision, Tri
from evidence_samples import MACHINE, RUNNER, TRIAL, evidence, trial

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


OTHER = replace(MACHINE, fingerprint="m2")
HELD = TRIAL.limits
WATCHED = tuple(replace(limit, state=Enforcement.OBSERVED) for limit in HELD)
REAL = tuple(replace(limit, state=Enforcement.REAL) for limit in HELD)


def saved(*trials: Trial, day: int = 1) -> Evidence:
    return evidence(*trials, runners=RUNNERS, created=f"2026-11-{day:02}T12:00:00Z")


def decided(*found: Evidence) -> tuple[dict[Decision, Option], Option | None, str]:
    measured = tuple(Measured(evidence=one, file=f"{number}.json") for number, one in enumerate(found))
    told = options(Situation(backend="cargo-tarpaulin", labels=("ubuntu-24.04",), measured=measured))
    return ({one.decision: one for one in told}, *choose(told))


def test_one_machine_leaves_nothing_uncompared() -> None:
    found, best, _ = decided(saved(run("x", "here"), run("y", "here")), saved(run("x", "large")))
    assert best is found[Decision.NEW_BACKEND]
    assert best.apart == ()


def test_a_dearer_cell_of_a_newer_benchmark_is_not_held_against_another_machines() -> None:
    old = saved(run("x", "here", 50.0))
    new = saved(replace(run("y", "large", 200.0), machine=OTHER), day=2)
    for order in ((old, new), (new, old)):
        found, best, _ = decided(*order)
        assert best is found[Decision.NEW_BACKEND]
        assert best.summary == "y on large"
        assert best.apart == (f"1 cell of {order.index(old)}.json works too: they ran on different machines",)


def test_the_machine_that_knows_both_ways_is_the_one_they_are_compared_on() -> None:
    old = saved(run("x", "here", 50.0), run("cargo-tarpaulin", "big", 50.0))
    new = saved(replace(run("y", "here", 10.0), machine=OTHER), day=2)
    found, best, _ = decided(old, new)
    assert best is found[Decision.NEW_BACKEND]
    assert best.summary == "x on here"
    assert len(best.apart) == 1


def test_ways_measured_on_two_machines_are_no_choice() -> None:
    found, best, why = decided(
        saved(run("x", "here")), saved(replace(run("cargo-tarpaulin", "big"), machine=OTHER), day=2)
    )
    assert best is None
    assert "are not compared: they ran on different machines" in why
    assert "--decision" in why
    assert found[Decision.NEW_BACKEND].works is Tri.TRUE


def test_what_was_held_is_not_ranked_with_what_was_watched() -> None:
    found, _, _ = decided(saved(replace(run("x", "here", 10.0), limits=WATCHED), run("y", "large", 50.0)))
    told = found[Decision.NEW_BACKEND]
    assert told.summary == "y on large"
    assert told.apart == ("1 cell of 0.json works too: their limits were not held in the same way",)


def test_runs_on_the_runners_themselves_are_compared_whatever_machine_they_gave() -> None:
    here = replace(run("x", "here", 50.0), limits=REAL)
    big = replace(run("cargo-tarpaulin", "big", 50.0), limits=REAL, machine=OTHER)
    found, best, _ = decided(saved(here), saved(big, day=2))
    assert best is found[Decision.NEW_BACKEND]
    assert best.apart == ()


def test_an_emulation_of_what_ran_on_the_runner_itself_is_left_out() -> None:
    failed = replace(run("x", "here", outcome=Outcome.OOM), limits=REAL, machine=OTHER)
    found, best, _ = decided(saved(run("x", "here")), saved(failed, day=2))
    assert found[Decision.NEW_BACKEND].works is Tri.FALSE
    assert best is None


def test_what_was_not_compared_is_told() -> None:
    told = decided(saved(run("x", "here")), saved(replace(run("y", "here"), machine=OTHER), day=2))[0].values()
    assert "    not compared: 1 cell of 0.json works too: they ran on different machines\n" in render(
        "j", [*told], None, ""
    )
    assert [one["not_compared"] for one in to_json("j", [*told], None, "")["options"]].count([]) == 2
