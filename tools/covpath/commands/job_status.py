"""A job's verdict with what stands beside it: backend, reports, runner, exception."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from covpath.commands.subject import EXCEPTIONS_PATH
from covpath.gate.measuring import find_measuring
from covpath.gate.tracing.chains import NOTHING_SEEN, Tracer
from covpath.gate.tracing.traced import Trace
from covpath.gate.verdict import JobVerdict
from covpath.outside.files import read_bytes
from covpath.report.status_data import ExceptionNote, JobStatus, ReportUse
from covpath.terms import JobRef, Tri
from covpath.workflow.calls import LOCAL, Links
from covpath.workflow.model import Job, Workflow
from covpath.yamltext.nodes import Scalar, to_plain
from covpath.yamltext.source import decode

# What an exceptions file and a coverage job need is imported where there is one: most starts meet neither.
if TYPE_CHECKING:
    from covpath.ledger.calendar import Calendar
    from covpath.ledger.model import Entry, Ledger


def load_ledger(root: Path) -> Ledger | None:
    """The repository's exceptions file, or None where it has none."""
    path = root / EXCEPTIONS_PATH
    if not path.is_file():
        return None
    from covpath.ledger.reading import load

    return load(path, root)


def calendar_of(root: Path, ledger: Ledger) -> Calendar | None:
    """The calendar the exceptions file describes, or None. Raises where it cannot be opened."""
    if ledger.calendar is None:
        return None
    from covpath.ledger.calendar import open_calendar

    return open_calendar(ledger.calendar, lambda path: decode(path, read_bytes(root / path, within=root)).text)


def job_status(
    workflow: Workflow,
    job: Job,
    verdict: JobVerdict,
    ledger: Ledger | None,
    tracer: Tracer | None = None,
    links: Links | None = None,
) -> JobStatus:
    """Everything ``covpath status`` tells of one job.

    ``tracer`` sees what measures behind recipes, ``links`` what is called.
    """
    trace = tracer.trace(workflow, job) if tracer is not None else NOTHING_SEEN
    backend = trace.measured.backend if trace.measured is not None else None
    if tracer is None and verdict.coverage:
        recognition = find_measuring(workflow, job).recognition
        backend = recognition.backend if recognition is not None else None
    uploads = _uploads_to_codecov(workflow, job, links)
    unmeasured = uploads is Tri.TRUE and not verdict.coverage and not trace.others
    return JobStatus(
        verdict=verdict,
        backend=backend,
        chain=trace.chain.parts if trace.chain is not None else (),
        depends_on=trace.chain.depends_on if trace.chain is not None else (),
        unknown_link=trace.chain.unknown if trace.chain is not None else None,
        measured_in=trace.others,
        handed_over=trace.through,
        reports=_report_uses(workflow, job, trace, links) if verdict.coverage and backend is not None else (),
        uploads_to_codecov=uploads,
        unmeasured=trace.reason if unmeasured else "",
        runner=runner_text(job),
        exception=_note(entry) if (entry := entry_of(ledger, verdict.ref)) is not None else None,
    )


def _report_uses(workflow: Workflow, job: Job, trace: Trace, links: Links | None) -> tuple[ReportUse, ...]:
    """The reports of the job's own commands, else the one that what measures behind them is known to write."""
    from covpath.gate.tracing.report_uses import reports_behind, written_reports

    return tuple(
        ReportUse(path=one.path, format=one.format, consumers=tuple(reader.label for reader in one.readers))
        for one in written_reports(workflow, job) or reports_behind(workflow, job, trace, links)
    )


def _uploads_to_codecov(workflow: Workflow, job: Job, links: Links | None) -> Tri:
    text = workflow.document.source.text
    own = text.find("odecov", job.key.start, job.node.end) >= 0
    if not own and job.uses is None and not _uses_own_actions(job):
        return Tri.FALSE
    # Imported here: most jobs have nothing to do with it.
    from covpath.gate.services.codecov_uploads import uploads

    return uploads(workflow, job, links)


def _uses_own_actions(job: Job) -> bool:
    for step in job.steps:  # noqa: SIM110 - as for the other texts, a generator takes longer to begin
        if step.uses is not None and step.uses.startswith(LOCAL):
            return True
    return False


def runner_text(job: Job) -> str:
    """The runner's labels as people write them; empty for a call of a reusable workflow."""
    if type(job.runs_on) is Scalar:  # nearly always
        return str(job.runs_on.data())
    plain = to_plain(job.runs_on) if job.runs_on is not None else ""
    if isinstance(plain, dict):
        return ", ".join(f"{key}: {value}" for key, value in plain.items())
    return ", ".join(map(str, plain)) if isinstance(plain, list) else str(plain)


def entry_of(ledger: Ledger | None, ref: JobRef) -> Entry | None:
    """The open entry about a job, if the exceptions file has one."""
    entries = ledger.open_entries if ledger is not None else ()
    return next((entry for entry in entries if entry.is_about(ref)), None)


def _note(entry: Entry) -> ExceptionNote:
    return ExceptionNote(
        decision=str(entry.decision),
        owner=entry.owner,
        target=str(entry.until) if entry.until is not None else None,
        place=entry.place,
    )
