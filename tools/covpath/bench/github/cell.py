"""A measuring step on a real runner: run as it is and watched, its record written whatever becomes of it."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from covpath.bench.classify import Ending, classify
from covpath.bench.github.asking import ask_probes
from covpath.bench.github.cell_settings import CellSettings, cell_folder, load_settings
from covpath.bench.github.following import Following
from covpath.bench.github.parts import PartRun, added_up, keep_parts, load_parts
from covpath.bench.github.real import CONFINEMENT, Found, job_elapsed, real_limits, time_left, unlike
from covpath.bench.limits.ask import Ask
from covpath.bench.limits.table import best
from covpath.bench.machine import this_machine
from covpath.bench.record import cpu_use, memory_use, warnings_of
from covpath.bench.report_file import ReportCheck, check_report
from covpath.bench.site import Site
from covpath.bench.spec import trial_spec
from covpath.bench.supervised import run_supervised
from covpath.errors import UsageError
from covpath.evidence.model import Evidence
from covpath.evidence.store import dump_evidence
from covpath.evidence.trial import CacheState, Command, DiskUse, Machine, Outcome, Role, Trial

RECORD = "evidence.json"

_TAIL_BYTES = 4000
_SEARCHED_BYTES = 2**20


def run_part(number: int, argv: Sequence[str], environment: Mapping[str, str], output: BinaryIO) -> Trial | None:
    """Run wrapped step ``number`` (from 1) where we stand; the record so far.

    None where an earlier step has failed: then GitHub would not have run this one. Raises
    OutsideError where nothing could be run.
    """
    settings = load_settings(environment)
    folder = cell_folder(environment)
    parts = load_parts(folder)
    if not 1 <= number <= len(settings.parts) or not argv:
        raise UsageError(f"the cell has no step {number}.")
    if any(part.failed for part in parts):
        return None
    workspace = Path(settings.workspace)
    found = Found.here(workspace)
    if not parts and settings.report is not None:
        (workspace / settings.report).unlink(missing_ok=True)
    limit = time_left(
        [settings.time_limit_seconds, settings.runner.time_limit_seconds], job_elapsed(settings.began, time.time())
    )
    step = settings.parts[number - 1].timeout_seconds
    seconds = min((one for one in (limit, step) if one is not None), default=None)
    own = {**environment, **settings.environment}
    parts = (*parts, _run(_shell(argv, own), own, folder, found, seconds, output))
    keep_parts(folder, parts)
    trial = _record(settings, parts, found, seconds, own, last=number == len(settings.parts))
    evidence = Evidence(
        created=_stamp(time.time()), subject=settings.subject, runners=(settings.runner,), trials=(trial,)
    )
    (folder / RECORD).write_bytes(dump_evidence(evidence))
    return trial


def _shell(argv: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """GitHub takes ``sh`` where a container has no ``bash`` and the step names no shell."""
    if list(argv[:2]) == ["bash", "-e"] and shutil.which("bash", path=environment.get("PATH")) is None:
        return ["sh", "-e", *argv[2:]]
    return list(argv)


def _run(
    argv: list[str],
    environment: Mapping[str, str],
    folder: Path,
    found: Found,
    seconds: float | None,
    output: BinaryIO,
) -> PartRun:
    with Site.open(folder) as site:
        site.trial.mkdir()
        spec = trial_spec(site, argv=argv, directory=".", prepared=site.pristine, environment=environment)
        spec |= {"cwd": str(Path.cwd()), "fresh": False, "time_seconds": seconds}
        confined = best().confine(Ask(), site.next_group())
        with Following(site.log, output):
            result = run_supervised(spec, confined, site)
        log = _end_of(site.log)
    stat = os.statvfs(environment.get("GITHUB_WORKSPACE") or ".")
    result["growth"] = max(0, found.free_bytes - stat.f_bavail * stat.f_frsize)
    return PartRun(argv=tuple(argv), result=result, log=log)


def _record(
    settings: CellSettings,
    parts: Sequence[PartRun],
    found: Found,
    seconds: float | None,
    environment: Mapping[str, str],
    *,
    last: bool,
) -> Trial:
    result = added_up(parts)
    check = ReportCheck(report=None, problem=None)
    workspace = Path(settings.workspace)
    if last and settings.report is not None:
        check = check_report(workspace / settings.report, root=workspace, tree=workspace, started=result["started"])
    log = "".join(part.log for part in parts)
    outcome, reason = _judge(result, check, log, seconds)
    asked = ask_probes(settings.backend, parts[-1].argv, environment)
    machine = this_machine(CONFINEMENT)
    status = result["status"]
    warnings = [*warnings_of(result), *unlike(settings.runner, found)]
    if settings.secrets and outcome is not Outcome.OK:
        warnings.append("its output is not kept, because secrets may stand in it; the run's log has it")
    return Trial(
        cell=_key(settings, machine),
        number=settings.number,
        role=Role.CELL,
        backend=settings.backend,
        runner=settings.runner.name,
        cache=CacheState.WARM,  # the steps before have just written and read the files
        started=_stamp(result["started"]),
        outcome=outcome,
        reason=reason,
        exit_code=status if status is not None and status >= 0 else None,
        signal=-status if status is not None and status < 0 else None,
        wall_seconds=round(result["wall"], 6),
        cpu=cpu_use(result),
        memory=memory_use(result),
        disk=DiskUse(growth_bytes=result["growth"], least_free_bytes=result["least_free"]),
        report=check.report.totals(str(settings.report)) if check.report else None,
        limits=real_limits(settings.runner, found, seconds),
        orphans=result["orphans"],
        core=asked.core,
        versions=asked.versions,
        command=Command(
            argv=parts[-1].argv,
            script="\n".join(part.script.rstrip("\n") for part in settings.parts[: len(parts)]) + "\n",
            working_directory=os.path.relpath(Path.cwd(), workspace),
            environment_names=tuple(sorted(environment)),
            environment_sha256=hashlib.sha256("\n".join(sorted(environment)).encode()).hexdigest(),
        ),
        machine=machine,
        warnings=tuple(warnings),
        log_tail="" if outcome is Outcome.OK or settings.secrets else log[-_TAIL_BYTES:],
    )


def _judge(result: Mapping[str, Any], check: ReportCheck, log: str, seconds: float | None) -> tuple[Outcome, str]:
    """The machine is the job's alone: where the command failed, whatever the kernel killed was the job's."""
    killed = result["counters"].get("oom_kills")
    if killed is None and result["status"] != 0:
        killed = int(result["machine_oom_kills"])
    return classify(
        Ending(
            status=result["status"],
            timed_out=result["timed_out"],
            time_limit_seconds=seconds,
            oom_kills=killed,
            machine_oom_kills=int(result["machine_oom_kills"]),
            disk_held=True,
            disk_bytes=0,
            least_free_bytes=result["least_free"],
            log_tail=log,
            report_problem=check.problem,
        )
    )


def _key(settings: CellSettings, machine: Machine) -> str:
    parts = [settings.subject.digest, settings.backend, settings.runner.name, machine.fingerprint]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _end_of(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _SEARCHED_BYTES))
        return file.read().decode("utf-8", "replace")


def _stamp(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
