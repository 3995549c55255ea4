"""The status of jobs for people: what blocks, what does not, and why, each with its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from covpath.errors import CovpathError
from covpath.gate.required import RequiredChecks
from covpath.gate.simulation.step_reasons import ONLY_ON_FAILURE
from covpath.gate.verdict import BlocksVerdict, JobVerdict, LegVerdict
from covpath.report.status_data import JobStatus, Status
from covpath.terms import Blocks, Gate, Reason, Tri
from covpath.wording import few

_WHAT = {
    Gate.BLOCKING: "a failure fails the run",
    Gate.ADVISORY: "a failure is seen, the run passes",
    Gate.SILENT: "a failure shows nowhere",
    Gate.NO_SIGNAL: "never runs for a pull request",
    Gate.UNKNOWN: "cannot be told",
}


def render(status: Status, *, shown: tuple[JobStatus, ...], detail: bool) -> str:
    """The page for a terminal: the jobs in ``shown`` in full, the others in one line."""
    rest = tuple(rest_of(job) for job in status.jobs if job not in shown)
    jobs = render_jobs(shown, status.required, detail=detail)
    seen = any(job.uploads_to_codecov is Tri.TRUE for job in status.jobs)
    uploading = Tri.TRUE if seen else Tri.UNKNOWN  # these may not be all jobs
    return f"{jobs}{render_end(status.required, status.unreadable, rest, uploading=uploading)}"


Rest = tuple[str, Gate | str]
"""A job that is not shown, and its gate; or the code of the reason for which that says too little."""


def rest_of(job: JobStatus) -> Rest:
    """What is kept of a job that is not shown."""
    late = _only_on_failure(job.verdict)
    return str(job.verdict.ref.job), ONLY_ON_FAILURE if late else job.verdict.gate


def _only_on_failure(verdict: JobVerdict) -> bool:
    return verdict.gate is Gate.NO_SIGNAL and any(reason.code == ONLY_ON_FAILURE for reason in verdict.reasons)


def render_jobs(shown: Iterable[JobStatus], required: RequiredChecks, *, detail: bool) -> str:
    """Jobs in full, under the name of their workflow; those of one workflow follow each other."""
    lines: list[str] = []
    for workflow, group in groupby(shown, key=lambda job: job.verdict.ref.workflow):
        jobs = tuple(group)
        width = max(len(str(job.verdict.ref.job)) for job in jobs)
        lines.append(workflow)
        for job in jobs:
            lines += _job(job, required, width, detail)
        lines.append("")
    return "".join(f"{line}\n" for line in lines)


def render_end(
    required: RequiredChecks, unreadable: Iterable[CovpathError], rest: Sequence[Rest], *, uploading: Tri
) -> str:
    """What stands below the jobs: those not shown (``rest``), what is asked of checks, and what could not be read.

    ``uploading``: whether a job hands reports to Codecov.
    """
    lines = [*_others(rest), *_services(required, uploading), _required(required)]
    lines += [f"not read: {error}" for error in unreadable]
    return "".join(f"{line}\n" for line in lines)


def _services(required: RequiredChecks, uploading: Tri) -> Iterator[str]:
    if required.codecov is None and required.mergify is None and uploading is not Tri.TRUE:
        return
    # Imported here, as below: many repositories have to do with neither.
    from covpath.report.status_services import services_lines

    yield from services_lines(required, uploading)


def _job(job: JobStatus, required: RequiredChecks, width: int, detail: bool) -> Iterator[str]:
    verdict = job.verdict
    head = f"  {verdict.ref.job:<{width}}  {gate_text(job):<10}"
    what = "runs only when another job fails" if _only_on_failure(verdict) else _WHAT[verdict.gate]
    yield f"{head} {what}{_blocks(job)}"
    pad = " " * (width + 4)
    if verdict.partly:
        yield f"{pad}partly: {_partly(job)}"
    for reason in verdict.reasons:
        yield pad + reason_line(reason)
    held = verdict.blocks.mergify
    for reason in held.reasons if held is not None else ():
        yield pad + reason_line(reason)
    if len({leg.gate for leg in verdict.legs}) > 1:
        yield from (pad + line for line in _legs(verdict.legs))
    if verdict.coverage:
        yield from _coverage(job, pad)
    if job.unmeasured:
        yield f"{pad}{job.unmeasured}"
    if job.uploads_to_codecov is Tri.TRUE:
        from covpath.report.status_services import job_lines

        yield from (pad + line for line in job_lines(verdict, required))
    if job.measured_in:
        refs = ", ".join(map(str, job.measured_in))
        yield f"{pad}takes over what {refs} measured ({job.handed_over})"
    if verdict.gate is not Gate.NO_SIGNAL and not (verdict.gate is Gate.BLOCKING and not detail):
        yield f"{pad}runner lost: {_loss(job)}"
    if job.exception is not None:
        note = job.exception
        until = f", until {note.target}" if note.target else ""
        yield f"{pad}exception: {note.decision}{until}, {note.owner or 'no owner'} ({note.place})"
    if detail:
        yield from _steps(job, pad)


_MOST_LINES = 8
"""Legs of a matrix, and reports, that are told in a line each."""


def _legs(legs: Sequence[LegVerdict]) -> Iterator[str]:
    """The legs one by one, or those of each gate together where they are many."""
    if len(legs) <= _MOST_LINES:
        yield from (f"{leg.check}: {leg.gate}" for leg in legs)
        return
    for gate in dict.fromkeys(leg.gate for leg in legs):
        names = [leg.check for leg in legs if leg.gate is gate]
        yield f"{len(names)} {gate}: {few([f'`{name}`' for name in names], 4)}"


def gate_text(job: JobStatus) -> str:
    """The gate as one word, ``partly`` kept for its own line."""
    return str(job.verdict.gate)


def reason_line(reason: Reason) -> str:
    """A reason with its place in front, where it has one."""
    if reason.place is None:
        return reason.message
    name = reason.place.file.rsplit("/", 1)[-1]
    return f"{name}:{reason.place.line}  {reason.message}"


def _partly(job: JobStatus) -> str:
    verdict = job.verdict
    if verdict.legs and len({leg.gate for leg in verdict.legs}) > 1:
        return "the legs of the matrix, or the calls, differ"
    names = [f"`{step.label}` (line {step.place.line})" for step in verdict.steps
             if step.gate is Gate.BLOCKING and not step.setup]  # fmt: skip
    if not names and any(reason.code == "step-beside-blocks" for reason in verdict.reasons):
        return "a step that runs beside it blocks"
    if not names:
        return "the jobs it calls differ" if not verdict.steps else "the ways in which it runs differ"
    return f"{', '.join(names)} {'blocks' if len(names) == 1 else 'block'}"


def _blocks(job: JobStatus) -> str:
    blocks = job.verdict.blocks
    if blocks.value is not Blocks.NO or job.verdict.gate is Gate.NO_SIGNAL:
        return _merge(blocks)
    if blocks.held is Tri.TRUE:
        return "; branch protection lets it be merged, Mergify does not merge it"
    return f"; does not block the merge{_mergify(blocks)}"


def _merge(blocks: BlocksVerdict) -> str:
    """What branch protection and Mergify make of it, where they make something of it."""
    return f"{_protection(blocks)}{_mergify(blocks)}"


def _mergify(blocks: BlocksVerdict) -> str:
    if blocks.held is Tri.TRUE:
        return "; Mergify does not merge it"
    if blocks.held is not Tri.UNKNOWN or blocks.mergify is None:
        return ""
    asked = any(reason.code in ("mergify-holds", "mergify-may-hold") for reason in blocks.mergify.reasons)
    return "; whether Mergify merges it cannot be told" if asked else ""


def _protection(blocks: BlocksVerdict) -> str:
    if blocks.value is Blocks.YES:
        return f"; blocks the merge: {_names(blocks.checks)} is required"
    if blocks.value is Blocks.IF_REQUIRED:
        return f"; blocks the merge if {_names(blocks.checks)} is required"
    if blocks.value is Blocks.UNKNOWN:
        return "; whether it blocks the merge cannot be told"
    return ""


def _names(checks: tuple[str, ...]) -> str:
    shown = [f"`{name}`" for name in checks[:3]]
    return " or ".join(shown) + (f" or {len(checks) - 3} more" if len(checks) > 3 else "")


def _coverage(job: JobStatus, pad: str) -> Iterator[str]:
    chain = " -> ".join(job.chain)
    depends = f"depends on {', '.join(job.depends_on)}" if job.depends_on else ""
    if job.unknown_link is not None:
        depends = "" if depends in chain else depends
        yield f"{pad}measured behind what cannot be followed: {chain}{f' ({depends})' if depends else ''}"
    elif job.backend:
        shown = "; ".join(part for part in (chain if len(job.chain) > 1 else "", depends) if part)
        yield f"{pad}measured by {job.backend}{f' ({shown})' if shown else ''}"
    for report in job.reports[:_MOST_LINES]:
        readers = f", read by {', '.join(report.consumers)}" if report.consumers else ", read by no later step"
        yield f"{pad}report: {report.path} ({report.format}){readers}"
    if len(job.reports) > _MOST_LINES:
        yield f"{pad}and {len(job.reports) - _MOST_LINES} more reports (--format json shows them)"
    data = job.verdict.data
    if data.green_without_data is Tri.FALSE:
        return
    word = (
        "a green run may hold no data"
        if data.green_without_data is Tri.TRUE
        else "whether a green run holds data cannot be told"
    )
    yield f"{pad}{word}:"
    for reason in data.reasons:
        yield f"{pad}  {reason_line(reason)}"


def _loss(job: JobStatus) -> str:
    loss = job.verdict.on_runner_loss
    red = {Tri.TRUE: "the check turns red", Tri.FALSE: "no check turns red", Tri.UNKNOWN: "cannot be told"}
    run = {Tri.TRUE: "the run fails", Tri.FALSE: "the run passes", Tri.UNKNOWN: "whether the run fails is not settled"}
    return f"{red[loss.check_red]}, {run[loss.run_fails]}{_merge(loss.blocks)}"


def _steps(job: JobStatus, pad: str) -> Iterator[str]:
    yield f"{pad}steps:"
    for step in job.verdict.steps:
        mark = ">" if step.index == job.verdict.measuring else " "
        kind = " (setup)" if step.setup else ""
        if step.softest is not step.gate:
            kind += f" ({step.softest} in some legs)"
        yield f"{pad}{mark} line {step.place.line:<4} {step.gate!s:<10} {step.label}{kind}"


_REST = (
    ((Gate.BLOCKING, Gate.UNKNOWN), "blocking", "blocking"),
    ((Gate.ADVISORY, Gate.SILENT), "whose script checks nothing", "whose scripts check nothing"),
    ((ONLY_ON_FAILURE,), "that runs only when another fails", "that run only when another fails"),
    ((Gate.NO_SIGNAL,), "that never runs for a pull request", "that never run for a pull request"),
)
"""The gates of jobs that are not shown, with what is said of one and of several."""


def _others(rest: Sequence[Rest]) -> Iterator[str]:
    for gates, one, several in _REST:
        names = [name for name, gate in rest if gate in gates]
        if names:
            what = f"job {one}" if len(names) == 1 else f"jobs {several}"
            yield f"{len(names)} other {what}: {few(names, 12)} (--all shows them)"


def _required(required: RequiredChecks) -> str:
    if not required.known:
        return "Required checks: not known (--fetch-required FILE asks GitHub), so nothing is claimed about them."
    names = ", ".join(sorted(required.names)) or "none"
    return f"Required checks ({required.source}): {names}."
