from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from bench_runs import REPORT, ROOMY, Variant, bench, subject
from bench_trials import MIB, SMALL, control_groups, run
from covpath.bench.events import Event, Note
from covpath.bench.limits import unprivileged
from covpath.bench.limits.ask import Ask, Confined, Means
from covpath.bench.machine import this_machine
from covpath.bench.proofs import Prover, failures, keep_proofs, kept_proofs, prove
from covpath.bench.record import distrust
from covpath.bench.site import Site
from covpath.evidence.cells import cells
from covpath.evidence.model import Proof
from covpath.evidence.trial import Enforcement, Knob


def proofs_of(folder: Path, means: Means) -> dict[str, Proof]:
    with Site.open(folder) as site:
        made = prove(Prover(site=site, means=means, machine=this_machine(means.NAME)))
    return {proof.part: proof for proof in made}


def broken(**changes: Any) -> Means:
    """Control groups that claim what was asked, and hold something else."""
    means = control_groups()

    def confine(ask: Ask, name: str) -> Confined:
        honest = means.confine(replace(ask, **{key: changes[key] for key in changes if getattr(ask, key)}), name)
        pretended = tuple(replace(one, state=Enforcement.ENFORCED) for one in honest.limits)
        missing = {Knob.MEMORY, Knob.CPUS} - {one.knob for one in pretended}
        extra = tuple(replace(pretended[0], knob=knob) for knob in missing) if pretended else ()
        return replace(honest, limits=pretended + extra)

    return cast("Means", SimpleNamespace(NAME="broken", obstacle=lambda: None, confine=confine))


@pytest.mark.linux_limits
@pytest.mark.slow
def test_every_limit_here_proves_itself(tmp_path: Path) -> None:
    made = proofs_of(tmp_path, control_groups())
    assert {"memory", "cpus", "time", "killing", "timing"} <= set(made)
    assert {part for part, proof in made.items() if not proof.passed} <= {"timing"}, made  # a busy machine may fail it


@pytest.mark.linux_limits
@pytest.mark.slow
def test_a_limit_that_does_not_hold_fails_its_proof(tmp_path: Path) -> None:
    made = proofs_of(tmp_path, broken(memory_bytes=512 * MIB, cpus=2))
    assert not made["memory"].passed
    assert "96 MiB in 64 MiB ended as ok" in made["memory"].says
    assert made["time"].passed


def test_without_control_groups_nothing_is_proved_that_is_not_claimed(tmp_path: Path) -> None:
    made = proofs_of(tmp_path, unprivileged)
    assert not {"memory", "cpus"} & set(made)
    assert made["time"].passed
    assert made["killing"].passed


def test_what_failed_is_not_called_enforced(tmp_path: Path) -> None:
    failed = failures([Proof(part="memory", machine="m", passed=False, says="leaks"), proof("cpus"), proof("timing")])
    assert failed == {Knob.MEMORY: "leaks", Knob.SWAP: "leaks"}
    trial = run("true", tmp_path, SMALL)
    states = {one.knob: one.state for one in distrust(trial.limits, failed)}
    assert states[Knob.MEMORY] is states[Knob.SWAP] is Enforcement.NOT_ENFORCED
    assert states[Knob.CPUS] is Enforcement.ENFORCED


def proof(part: str, machine: str = "m", passed: bool = True) -> Proof:
    return Proof(part=part, machine=machine, passed=passed, says="")


def test_proofs_are_kept_for_their_machine_and_failed_ones_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "proofs.json"
    assert kept_proofs(path, "m") is None
    keep_proofs(path, [proof("memory"), proof("cpus", passed=False)])
    assert kept_proofs(path, "m") is None
    keep_proofs(path, [proof("memory"), proof("cpus")])
    assert kept_proofs(path, "m") == (proof("memory"), proof("cpus"))
    assert kept_proofs(path, "other") is None
    path.write_text(json.dumps([{"part": 1}]))
    assert kept_proofs(path, "m") is None


@pytest.mark.linux_limits
def test_a_failed_part_is_told_and_marks_every_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    control_groups()
    bad = Proof(part="memory", machine="m", passed=False, says="96 MiB fit into 64")
    monkeypatch.setattr("covpath.bench.run.prove", lambda _prover: (bad,))
    events: list[Event] = []
    what = subject(tmp_path, Variant(backend="b", script=REPORT, report="lcov.info"))
    evidence = bench(tmp_path, what, ROOMY, prove=True, listen=events.append)
    assert any(isinstance(event, Note) and "memory failed its proof" in event.message for event in events)
    assert [cell.enforcement for cell in cells(evidence)] == [Enforcement.NOT_ENFORCED]
    assert evidence.proofs == (bad,)
