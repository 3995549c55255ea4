"""One trial: what the supervisor is told, and the record made of what it tells back."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from covpath.bench.classify import Ending, classify
from covpath.bench.executed_tests import ExecutedTests, executed_tests
from covpath.bench.limits import disk
from covpath.bench.limits.ask import Ask, Means
from covpath.bench.record import NOTHING_RAN, cpu_use, distrust, memory_use, settled, warnings_of
from covpath.bench.report_file import Report, ReportCheck, check_report
from covpath.bench.site import Site
from covpath.bench.spec import script_argv, trial_spec
from covpath.bench.subject import Variant
from covpath.bench.supervised import run_supervised
from covpath.evidence.trial import (
    CacheState,
    Command,
    DiskUse,
    Enforcement,
    Knob,
    Limit,
    Machine,
    Outcome,
    Role,
    Trial,
)

_TAIL_BYTES = 4000
_SEARCHED_BYTES = 2**20


class TrialRequest(Struct, frozen=True, kw_only=True):
    """What to run, under which limits, and what it is for.

    ``prepared`` holds the files to start from, ``environment`` is the whole environment.
    ``reference`` are the files a good run of this backend covers, None where none is known yet.
    ``distrusted`` are limits that failed their proof on this machine, with the reason.
    """

    cell: str
    number: int
    role: Role
    variant: Variant
    runner: str | None
    ask: Ask
    cache: CacheState
    prepared: Path
    environment: Mapping[str, str]
    evict: tuple[Path, ...] = ()
    reference: frozenset[str] | None = None
    core: str | None = None
    versions: Mapping[str, str]
    distrusted: Mapping[Knob, str] = field(default_factory=dict)


class TrialResult(Struct, frozen=True, kw_only=True):
    """The record, and what is too long for it: the report where it is good, and the tests seen in the output."""

    trial: Trial
    report: Report | None
    tests: ExecutedTests | None


def run_trial(request: TrialRequest, site: Site, means: Means, machine: Machine) -> TrialResult:
    """Run it in a fresh copy and say how it ended.

    Raises OutsideError where it could not be run at all; a command that fails is a result.
    """
    argv = script_argv(request.variant.script, request.variant.shell, site)
    disk_limit, disk_plan = disk.plan(request.ask, site.root)
    started = dt.datetime.now(dt.UTC)
    confined = means.confine(request.ask, site.next_group())
    result = run_supervised(_spec(request, site, argv, disk_plan), confined, site)
    if "too_small" in result:
        result = {**NOTHING_RAN, "least_free": 0, **result}
    check = _check(request, site, result)
    log = _log_end(site.log)
    outcome, reason = _judge(request, result, check, log)
    limits = [*confined.limits, *_disk_and_time(request.ask, disk_limit, result, means.NAME)]
    status = result["status"]
    trial = Trial(
        cell=request.cell,
        number=request.number,
        role=request.role,
        backend=request.variant.backend,
        runner=request.runner,
        cache=request.cache,
        started=started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        outcome=outcome,
        reason=reason,
        exit_code=status if status is not None and status >= 0 else None,
        signal=-status if status is not None and status < 0 else None,
        wall_seconds=round(result["wall"], 6),
        cpu=cpu_use(result),
        memory=memory_use(result),
        disk=DiskUse(growth_bytes=result["growth"], least_free_bytes=result["least_free"]),
        report=check.report.totals(str(request.variant.report)) if check.report else None,
        limits=distrust(settled(limits, result["counters"], outcome), request.distrusted),
        orphans=result["orphans"],
        core=request.core,
        versions=dict(request.versions),
        command=_command(request, argv),
        machine=machine,
        warnings=warnings_of(result),
        log_tail="" if outcome is Outcome.OK else log[-_TAIL_BYTES:],
    )
    return TrialResult(trial=trial, report=None if check.problem else check.report, tests=executed_tests(log))


def _spec(request: TrialRequest, site: Site, argv: list[str], disk_plan: dict[str, Any]) -> dict[str, Any]:
    variant = request.variant
    _kept_report(site).unlink(missing_ok=True)
    reports = [str(site.trial / "work" / variant.report)] if variant.report else []
    return {
        **trial_spec(
            site,
            argv=argv,
            directory=variant.directory,
            prepared=request.prepared,
            environment=request.environment,
        ),
        "disk": disk_plan,
        "remove": reports,
        "collect": [[report, str(_kept_report(site))] for report in reports],
        "cache": request.cache.value,
        "evict": [str(path) for path in request.evict],
        "time_seconds": request.ask.time_seconds,
    }


def _kept_report(site: Site) -> Path:
    """Where the supervisor puts the report before the trial's mounts vanish."""
    return site.collected / "report"


def _check(request: TrialRequest, site: Site, result: dict[str, Any]) -> ReportCheck:
    if request.variant.report is None or "too_small" in result:
        return ReportCheck(report=None, problem=None)
    return check_report(
        _kept_report(site),
        root=site.trial / "work",
        tree=request.prepared / "work",
        started=result["started"],
        reference=request.reference,
    )


def _command(request: TrialRequest, argv: list[str]) -> Command:
    return Command(
        argv=tuple(argv),
        script=request.variant.script,
        working_directory=request.variant.directory,
        environment_names=tuple(sorted(request.environment)),
        environment_sha256=_digest(request.environment),
    )


def _judge(request: TrialRequest, result: dict[str, Any], check: ReportCheck, log: str) -> tuple[Outcome, str]:
    if "too_small" in result:
        return Outcome.DISK_FULL, result["too_small"]
    return classify(
        Ending(
            status=result["status"],
            expected=request.variant.expected_exit,
            timed_out=result["timed_out"],
            time_limit_seconds=request.ask.time_seconds,
            oom_kills=result["counters"].get("oom_kills"),
            machine_oom_kills=int(result["machine_oom_kills"]),
            disk_held="disk_free" in result,
            disk_bytes=result.get("disk_free", 0),
            least_free_bytes=result["least_free"],
            log_tail=log,
            report_problem=check.problem,
        )
    )


def _disk_and_time(ask: Ask, known: Limit | None, result: dict[str, Any], means: str) -> list[Limit]:
    limits = [known] if known else []
    if ask.disk_bytes is not None and "disk_free" in result:
        limits.append(disk.mounted(ask.disk_bytes, result["disk_free"]))
    if ask.time_seconds is not None:
        seconds = ask.time_seconds
        held = Enforcement.ENFORCED
        limits.append(Limit(knob=Knob.TIME, asked=seconds, read_back=seconds, state=held, means=f"{means}, own timer"))
    return limits


def _log_end(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _SEARCHED_BYTES))
        return file.read().decode("utf-8", "replace")


def _digest(environment: Mapping[str, str]) -> str:
    lines = "\n".join(f"{name}={value}" for name, value in sorted(environment.items()))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
