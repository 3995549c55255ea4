"""The status of jobs as plain data: what ``--format json`` prints, and its shape is its schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from covpath.errors import CovpathError, Place
from covpath.gate.required import RequiredChecks
from covpath.gate.verdict import BlocksVerdict, JobVerdict, StepVerdict
from covpath.terms import JobRef, Reason

VERSION = 1


class ReportUse(Struct, frozen=True, kw_only=True):
    """A report a job writes, and the later steps that read it (labels with places)."""

    path: str
    format: str
    consumers: tuple[str, ...] = ()


class ExceptionNote(Struct, frozen=True, kw_only=True):
    """What the exceptions file says of a job."""

    decision: str
    owner: str | None
    target: str | None
    place: Place


class JobStatus(Struct, frozen=True, kw_only=True):
    """A verdict and what stands beside it.

    ``chain`` leads from the job's command to what measures, commands and places in turn;
    ``unknown_link`` says why it could not be followed to its end. ``measured_in`` are the jobs that
    measured what this one takes over, ``handed_over`` says through what.
    """

    verdict: JobVerdict
    backend: str | None = None
    chain: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    unknown_link: str | None = None
    measured_in: tuple[JobRef, ...] = ()
    handed_over: str = ""
    reports: tuple[ReportUse, ...] = ()
    runner: str = ""
    exception: ExceptionNote | None = None


class Status(Struct, frozen=True, kw_only=True):
    """The status of a repository: its jobs, what is required, and what could not be read."""

    required: RequiredChecks
    jobs: tuple[JobStatus, ...]
    unreadable: tuple[CovpathError, ...] = field(default=())


def to_json(status: Status) -> dict[str, Any]:
    """``status`` as data for JSON (schema ``status``)."""
    return status_to_json(status.required, [job_to_json(job) for job in status.jobs], status.unreadable)


def status_to_json(
    required: RequiredChecks, jobs: list[dict[str, Any]], unreadable: Iterable[CovpathError]
) -> dict[str, Any]:
    """The same, from jobs that are data already."""
    return {
        "version": VERSION,
        "required": {"known": required.known, "source": required.source, "checks": sorted(required.names)},
        "jobs": jobs,
        "unreadable": [_error(error) for error in unreadable],
    }


def _error(error: CovpathError) -> dict[str, Any]:
    return {"message": error.message, "hint": error.hint, **_place(error.place)}


def job_to_json(job: JobStatus) -> dict[str, Any]:
    """One job as data."""
    verdict = job.verdict
    return {
        "workflow": verdict.ref.workflow,
        "job": verdict.ref.job,
        **_place(verdict.place, file=False),
        "checks": list(verdict.checks),
        "coverage": verdict.coverage,
        "gate": str(verdict.gate),
        "partly": verdict.partly,
        "blocks": _blocks(verdict.blocks),
        "on_runner_loss": {
            "check_red": str(verdict.on_runner_loss.check_red),
            "run_fails": str(verdict.on_runner_loss.run_fails),
            "blocks": _blocks(verdict.on_runner_loss.blocks),
            "reasons": reasons(verdict.on_runner_loss.reasons),
        },
        "green_without_data": {
            "value": str(verdict.data.green_without_data),
            "reasons": reasons(verdict.data.reasons),
        },
        "measuring_step": None if verdict.measuring_step is None else _step(verdict.measuring_step),
        "steps": [_step(step) for step in verdict.steps],
        "legs": [{"check": leg.check, "gate": str(leg.gate)} for leg in verdict.legs],
        "reasons": reasons(verdict.reasons),
        "backend": job.backend,
        "chain": list(job.chain),
        "depends_on": list(job.depends_on),
        "unknown_link": job.unknown_link,
        "measured_in": [{"workflow": ref.workflow, "job": ref.job} for ref in job.measured_in],
        "reports": [
            {"path": report.path, "format": report.format, "consumers": list(report.consumers)}
            for report in job.reports
        ],
        "runner": job.runner,
        "exception": None if job.exception is None else _exception(job.exception),
    }


def _step(step: StepVerdict) -> dict[str, Any]:
    return {
        "index": step.index,
        "label": step.label,
        "gate": str(step.gate),
        "setup": step.setup,
        **_place(step.place, file=False),
        "reasons": reasons(step.reasons),
    }


def _blocks(blocks: BlocksVerdict) -> dict[str, Any]:
    return {"value": str(blocks.value), "checks": list(blocks.checks)}


def _exception(note: ExceptionNote) -> dict[str, Any]:
    return {"decision": note.decision, "owner": note.owner, "target": note.target, **_place(note.place)}


def reasons(found: Iterable[Reason]) -> Sequence[Mapping[str, Any]]:
    """Reasons as data: code, message and place."""
    return [{"code": reason.code, "message": reason.message, **_place(reason.place)} for reason in found]


def _place(place: Place | None, *, file: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = {"file": None if place is None else place.file} if file else {}
    return {**found, "line": None if place is None else place.line, "column": None if place is None else place.column}
