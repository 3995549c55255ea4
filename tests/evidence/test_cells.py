from __future__ import annotations

import pytest
from msgspec.structs import replace

from covpath.evidence.cells import cells, price_of_run
from covpath.evidence.model import Prediction
from covpath.evidence.trial import CacheState, Enforcement, Knob, Limit, MemoryUse, Outcome, PeakBasis, Role
from covpath.terms import Tri
from evidence_samples import MACHINE, MIB, RUNNER, TRIAL, evidence, trial


def test_ok_trials_make_a_cell_with_median_range_and_price() -> None:
    [cell] = cells(evidence(TRIAL, trial(number=1, wall_seconds=59.0), trial(number=2, wall_seconds=130.0)))
    assert cell.works is Tri.TRUE
    assert (cell.wall_min_seconds, cell.wall_median_seconds, cell.wall_max_seconds) == (59.0, 61.0, 130.0)
    assert (cell.trials, cell.ok) == (3, 3)
    assert cell.price_dollars == pytest.approx(2 * 0.002)
    assert cell.enforcement is Enforcement.ENFORCED


def test_a_failed_cell_shows_the_commonest_failure() -> None:
    bad = [trial(number=n, outcome=o) for n, o in enumerate([Outcome.TIMEOUT, Outcome.OOM, Outcome.OOM])]
    [cell] = cells(evidence(*bad))
    assert (cell.works, cell.outcome, cell.wall_median_seconds) == (Tri.FALSE, Outcome.OOM, None)


def test_sometimes_is_not_works() -> None:
    [cell] = cells(evidence(TRIAL, trial(number=1, outcome=Outcome.OOM)))
    assert (cell.works, cell.outcome, cell.ok) == (Tri.UNKNOWN, Outcome.OOM, 1)


@pytest.mark.parametrize(
    ("peak", "state", "works", "outcome"),
    [
        (50 * MIB, Enforcement.OBSERVED, Tri.TRUE, Outcome.OK),
        (65 * MIB, Enforcement.OBSERVED, Tri.FALSE, Outcome.OOM),
        (65 * MIB, Enforcement.ENFORCED, Tri.TRUE, Outcome.OK),
        (None, Enforcement.NOT_ENFORCED, Tri.UNKNOWN, Outcome.OK),
        (50 * MIB, Enforcement.PREDICTED, Tri.TRUE, Outcome.OK),
    ],
)
def test_a_memory_limit_that_was_not_held_is_compared_with_the_use(
    peak: int | None, state: Enforcement, works: Tri, outcome: Outcome
) -> None:
    limit: Limit = replace(TRIAL.limits[0], state=state)
    use = MemoryUse(peak_bytes=peak, peak_basis=PeakBasis.SAMPLED)
    [cell] = cells(evidence(trial(limits=(limit,), memory=use)))
    assert (cell.works, cell.outcome, cell.enforcement) == (works, outcome, state)
    assert bool(cell.reason) == (works is not Tri.TRUE)


def test_reference_runs_are_no_cells_and_machines_are_kept_apart() -> None:
    assert cells(evidence(trial(role=Role.REFERENCE, runner=None))) == ()
    other = trial(machine=replace(MACHINE, fingerprint="m2"), cell="c2")
    assert [cell.machine for cell in cells(evidence(TRIAL, other))] == ["m1", "m2"]


def test_a_prediction_is_a_cell_until_it_is_measured() -> None:
    item = Prediction(
        backend="pytest-cov",
        runner="small",
        cache=CacheState.WARM,
        works=Tri.TRUE,
        outcome=None,
        wall_seconds=30.0,
        peak_bytes=None,
        reason="fits",
    )
    [cell] = cells(evidence(predictions=(item,)))
    assert (cell.enforcement, cell.trials, cell.price_dollars) == (Enforcement.PREDICTED, 0, 0.002)
    [cell] = cells(evidence(TRIAL, predictions=(item,)))
    assert cell.enforcement is Enforcement.ENFORCED


def test_every_run_costs_at_least_a_minute() -> None:
    assert price_of_run(0.1, RUNNER) == 0.002
    assert price_of_run(60.0, RUNNER) == 0.002
    assert price_of_run(60.1, RUNNER) == 0.004
    assert price_of_run(60.1, replace(RUNNER, price_per_minute_dollars=None)) is None


def test_swap_that_was_not_there_might_have_saved_it() -> None:
    swap = Limit(knob=Knob.SWAP, asked=2**30, read_back=None, state=Enforcement.NOT_ENFORCED, means="x", reason="none")
    [cell] = cells(evidence(trial(outcome=Outcome.OOM, limits=(*TRIAL.limits, swap))))
    assert (cell.works, cell.outcome) == (Tri.UNKNOWN, Outcome.OOM)
    [cell] = cells(evidence(trial(outcome=Outcome.OOM, limits=(*TRIAL.limits, replace(swap, asked=0)))))
    assert cell.works is Tri.FALSE
