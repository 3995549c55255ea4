"""Records for tests: small, complete, invented."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from covpath.evidence.model import Evidence, SubjectRecord
from covpath.evidence.runner import RunnerKind, RunnerProfile
from covpath.evidence.trial import (
    CacheState,
    Command,
    CpuUse,
    DiskUse,
    Enforcement,
    Knob,
    Limit,
    Machine,
    MemorySeries,
    MemoryUse,
    Outcome,
    PeakBasis,
    ReportTotals,
    Role,
    Trial,
)

MIB = 2**20

RUNNER = RunnerProfile(
    name="small",
    labels=("self-hosted", "small"),
    kind=RunnerKind.SELF_HOSTED,
    cpus=1,
    memory_bytes=64 * MIB,
    price_per_minute_dollars=0.002,
    source="invented",
    date="2026-11-01",
)
MACHINE = Machine(
    fingerprint="m1",
    cpu_model="An invented processor",
    cpus=2,
    memory_bytes=8 * 2**30,
    swap_bytes=0,
    kernel="6.18",
    system="Linux",
    confinement="cgroup-v1",
)
TRIAL = Trial(
    cell="c1",
    number=0,
    role=Role.CELL,
    backend="pytest-cov",
    runner="small",
    cache=CacheState.WARM,
    started="2026-11-25T12:00:00Z",
    outcome=Outcome.OK,
    reason="",
    exit_code=0,
    signal=None,
    wall_seconds=61.0,
    cpu=CpuUse(user_seconds=1.0, system_seconds=0.5),
    memory=MemoryUse(
        peak_bytes=50 * MIB,
        peak_basis=PeakBasis.HIGH_WATER_MARK,
        oom_kills=0,
        series=MemorySeries(
            seconds=(0.1,),
            anonymous_bytes=(1,),
            shared_bytes=(0,),
            file_bytes=(2,),
            kernel_bytes=(3,),
            swap_bytes=(0,),
        ),
    ),
    disk=DiskUse(growth_bytes=4096),
    report=ReportTotals(
        path="coverage.xml", format="cobertura", files=1, covered_lines=1, coverable_lines=2, files_sha256="0"
    ),
    limits=(
        Limit(knob=Knob.MEMORY, asked=64 * MIB, read_back=64 * MIB, state=Enforcement.ENFORCED, means="cgroup-v1"),
    ),
    orphans=0,
    core="CTracer",
    versions={"pytest-cov": "7.1.0"},
    command=Command(
        argv=("bash", "-e", "script"),
        script="pytest --cov",
        working_directory=".",
        environment_names=("PATH",),
        environment_sha256="0",
    ),
    machine=MACHINE,
)
SUBJECT = SubjectRecord(name="demo", job="ci.yml:coverage", commit=None, digest="0")


def trial(**changes: Any) -> Trial:
    return replace(TRIAL, **changes)


def evidence(*trials: Trial, **changes: Any) -> Evidence:
    whole = Evidence(created="2026-11-25T12:00:00Z", subject=SUBJECT, runners=(RUNNER,), trials=trials)
    return replace(whole, **changes)
