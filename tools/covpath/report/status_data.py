"""The status of jobs as plain data: what ``--format json`` prints, and its shape is its schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from covpath.errors import CovpathError, Place
from covpath.gate.required import RequiredChecks
from covpath.gate.verdict import BlocksVerdict, JobVerdict, StepVerdict
from covpath.terms import JobRef, Reason, Tri

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
    measured what this one takes over, ``handed_over`` says through what. ``uploads_to_codecov``: whether
    it hands a report to Codecov, whose statuses then count; ``unmeasured`` says so where nothing is seen to measure.
    """

    verdict: JobVerdict
    backend: str | None = None
    chain: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    unknown_link: str | None = None
    measured_in: tuple[JobRef, ...] = ()
    unmeasured: str = ""
    handed_over: str = ""
    reports: tuple[ReportUse, ...] = ()
    uploads_to_codecov: Tri = Tri.FALSE
    runner: str = ""
    exception: ExceptionNote | None = None


class Status(Struct, frozen=True, kw_only=True):
    """The status of a repository: its jobs, what is required, and what could not be read."""

    required: RequiredChecks
    jobs: tuple[JobStatus, ...]
    unreadable: tuple[CovpathError, ...] = field(default=())


def to_json(status: Status, services: Mapping[str, Any]) -> dict[str, Any]:
    """``status`` as data for JSON (schema ``status``); ``services`` as for ``status_to_json``."""
    return status_to_json(status.required, [job_to_json(job) for job in status.jobs], status.unreadable, services)


NO_SERVICES: Mapping[str, Any] = {"codecov": None, "mergify": None}


def status_to_json(
    required: RequiredChecks,
    jobs: list[dict[str, Any]],
    unreadable: Iterable[CovpathError],
    services: Mapping[str, Any],
) -> dict[str, Any]:
    """The same, from jobs that are data already; ``services`` says what Codecov and Mergify make of checks."""
    return {
        "version": VERSION,
        "required": {"known": required.known, "source": required.source, "checks": sorted(required.names)},
        **services,
        "jobs": jobs,
        "unreadable": [_error(error) for error in unreadable],
    }


def _error(error: CovpathError) -> dict[str, Any]:
    return {"message": error.message, "hint": error.hint, **place_to_json(error.place)}


def job_to_json(job: JobStatus) -> dict[str, Any]:
    """One job as data."""
    verdict = job.verdict
    return {
        "workflow": verdict.ref.workflow,
        "job": verdict.ref.job,
        **place_to_json(verdict.place, file=False),
        "checks": list(verdict.checks),
        "coverage": verdict.coverage,
        "gate": str(verdict.gate),
        "partly": verdict.partly,
        "blocks": blocks_to_json(verdict.blocks),
        "on_runner_loss": {
            "check_red": str(verdict.on_runner_loss.check_red),
            "run_fails": str(verdict.on_runner_loss.run_fails),
            "blocks": blocks_to_json(verdict.on_runner_loss.blocks),
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
        "uploads_to_codecov": str(job.uploads_to_codecov),
        "runner": job.runner,
        "exception": None if job.exception is None else _exception(job.exception),
    }


def _step(step: StepVerdict) -> dict[str, Any]:
    return {
        "index": step.index,
        "label": step.label,
        "gate": str(step.gate),
        "setup": step.setup,
        **place_to_json(step.place, file=False),
        "reasons": reasons(step.reasons),
    }


def blocks_to_json(blocks: BlocksVerdict) -> dict[str, Any]:
    """What a fault blocks, as data."""
    mergify = blocks.mergify
    held = None if mergify is None else {"holds_back": str(mergify.value), "reasons": reasons(mergify.reasons)}
    return {"value": str(blocks.value), "checks": list(blocks.checks), "mergify": held}


def _exception(note: ExceptionNote) -> dict[str, Any]:
    return {"decision": note.decision, "owner": note.owner, "target": note.target, **place_to_json(note.place)}


def reasons(found: Iterable[Reason]) -> Sequence[Mapping[str, Any]]:
    """Reasons as data: code, message and place."""
    return [{"code": reason.code, "message": reason.message, **place_to_json(reason.place)} for reason in found]


def place_to_json(place: Place | None, *, file: bool = True) -> dict[str, Any]:
    """A place as data, its file only where that is wanted."""
    found: dict[str, Any] = {"file": None if place is None else place.file} if file else {}
    return {**found, "line": None if place is None else place.line, "column": None if place is None else place.column}
