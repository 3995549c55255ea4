from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from covpath.bench.limits.ask import Capacity
from covpath.bench.plan import Plan, make_plan
from covpath.bench.subject import Variant
from covpath.bench.workbench import Ready
from evidence_samples import RUNNER

READY = Ready(
    variant=Variant(backend="a", script="", report=None),
    prepared=Path(),
    environment={},
    core=None,
    versions={},
    digest="a",
)


def plan(monkeypatch: pytest.MonkeyPatch, machine: int, *cpus: float) -> Plan:
    runners = [replace(RUNNER, name=str(number), cpus=one) for number, one in enumerate(cpus)]
    capacity = Capacity(cpus=tuple(range(machine)), memory_bytes=2**40, swap_bytes=0)
    monkeypatch.setattr(Capacity, "of_this_machine", staticmethod(lambda: capacity))
    return make_plan([READY], runners, machine="m")


def test_a_reference_run_has_no_more_processors_than_the_largest_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    for machine, cpus, asked in (
        (8, (1, 0.5), 1),
        (8, (1, 1.5), 2),
        (2, (1, 2), None),
        (2, (1, 4), None),
        (8, (), None),
    ):
        (reference,) = plan(monkeypatch, machine, *cpus).references
        assert (reference.ask.cpus, reference.ask.memory_bytes) == (asked, None), (machine, cpus)


def test_reference_runs_with_other_processors_are_other_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {plan(monkeypatch, 8, cpus).references[0].key for cpus in (1, 2, 8)}
    assert len(keys) == 3
