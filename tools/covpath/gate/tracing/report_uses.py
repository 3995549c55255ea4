"""The reports a job writes, and the later steps that read them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

from covpath.backends.mentions import mentions
from covpath.backends.request import Report
from covpath.backends.table import backend
from covpath.backends.uploaders import uploader
from covpath.errors import Place
from covpath.gate.measuring import measurements
from covpath.gate.simulation.run import Graph
from covpath.gate.tracing.traced import Measured, Trace
from covpath.patterns import regex
from covpath.terms import JobId, Tri
from covpath.workflow.calls import Links
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.recipes.links import Chain
from covpath.yamltext.nodes import Mapping, Route, Scalar, deref

_FETCHES = regex(r"download|restore|cache")
"""Actions that can bring another job's files; those of tools that keep a cache of their own too."""


class ReadingText(Struct, frozen=True):
    """A scalar of a step that could name a report, with its route from the document's root."""

    job: Job
    step: Step
    route: Route
    scalar: Scalar


class ReportReader(Struct, frozen=True, kw_only=True):
    """A step that names a report, or uploads every report it finds."""

    label: str
    place: Place


class WrittenReport(Struct, frozen=True, kw_only=True):
    """A report file: ``path`` from the checkout where that is known, and the steps that read it."""

    path: str
    format: str
    readers: tuple[ReportReader, ...]


def written_reports(workflow: Workflow, job: Job) -> tuple[WrittenReport, ...]:
    """The report files that the job's own commands write."""
    found: dict[str, WrittenReport] = {}
    for one in measurements(workflow, job):
        workdir = workflow.directory_of(job, one.step) or "."
        for report in backend(one.recognition.backend).parse(one.recognition).request.files:
            spelled = spellings(report, workdir)
            path = spelled[0] if spelled else str(report.path)
            found[path] = WrittenReport(
                path=path,
                format=str(report.format),
                readers=tuple(_readers(workflow, job, one.step.index, spelled, str(report.format))),
            )
    return tuple(found.values())


def reports_behind(workflow: Workflow, job: Job, trace: Trace, links: Links | None = None) -> tuple[WrittenReport, ...]:
    """The report files that commands behind a job's recipes write, as far as that is plain.

    ``links`` finds the workflow that the job calls: what reads them is there.
    """
    found: dict[str, WrittenReport] = {}
    for one in trace.found:
        if one.measured is None:
            continue
        workdir = one.chain.final.directory if one.chain.final is not None else None
        for kind, spelled in _files_of(one.measured, workdir or "."):
            if job.uses is None:
                readers = tuple(_readers(workflow, job, one.index, spelled, kind))
            else:
                readers = tuple(_readers_inside(workflow, job, one.chain, links, spelled, kind))
            found.setdefault(spelled[0], WrittenReport(path=spelled[0], format=kind, readers=readers))
    return tuple(found.values())


def _readers_inside(
    workflow: Workflow, job: Job, chain: Chain, links: Links | None, spelled: tuple[str, ...], kind: str
) -> Iterator[ReportReader]:
    """The steps that read a report of the job that a call, or calls in it, lead to along the chain."""
    names = [JobId(link.target) for link in chain.links if link.kind == "call"]
    while job.uses is not None:
        called = links.called(workflow, job) if links is not None and names else None
        inner = called.jobs.get(names.pop(0)) if called is not None else None
        if called is None or inner is None:
            return
        workflow, job = called, inner
    yield from _readers(workflow, job, _BEFORE, spelled, kind)


_BEFORE = -1
"""Where every step of a job counts as later: it is not known which of them measured."""


def _files_of(measured: Measured, workdir: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    if measured.recognition is not None:
        for report in backend(measured.recognition.backend).parse(measured.recognition).request.files:
            spelled = spellings(report, workdir)
            yield str(report.format), spelled or (str(report.path),)
    elif measured.report is not None:
        own = posixpath.normpath(measured.report)
        yield measured.format, tuple(dict.fromkeys((posixpath.normpath(posixpath.join(workdir, own)), own)))


def spellings(report: Report, workdir: str) -> tuple[str, ...]:
    """The report's path from the checkout and from the step's directory, without ``./``; none if unknown."""
    if report.path is None or report.path.text is None:
        return ()
    own = posixpath.normpath(report.path.text)
    full = posixpath.normpath(posixpath.join(workdir, own))
    return (full, own) if full != own else (own,)


def later_texts(workflow: Workflow, job: Job, index: int) -> Iterator[ReadingText]:
    """Every scalar that could name a report after step ``index``: the job's own, then those of jobs it could reach.

    The measuring step's own script is left out, its other keys are not.
    """
    for other in (job, *_reached(workflow, job)):
        for step in other.steps:
            own = other.id == job.id
            if own and step.index < index:
                continue
            if step.if_ is not None:
                yield ReadingText(other, step, (*step.route, "if"), step.if_)
            if step.run is not None and not (own and step.index == index):
                yield ReadingText(other, step, (*step.route, "run"), step.run)
            for key, mapping in (("with", step.with_), ("env", step.env)):
                yield from _entries(other, step, (*step.route, key), mapping)


def _reached(workflow: Workflow, job: Job) -> Iterator[Job]:
    """The jobs that a file of this one could reach: each has a machine of its own, so they wait for it or fetch."""
    if len(workflow.jobs) < 2:
        return
    graph = Graph(workflow)
    for other in workflow.jobs.values():
        fetches = any(step.uses is not None and _FETCHES.search(step.uses) for step in other.all_steps())
        if other.id != job.id and (fetches or job.id in graph.ancestors(other)):
            yield other


def _entries(job: Job, step: Step, route: Route, mapping: Mapping | None) -> Iterator[ReadingText]:
    for entry in mapping.entries if mapping is not None else ():
        scalar = deref(entry.value)
        if isinstance(scalar, Scalar):
            yield ReadingText(job, step, (*route, entry.key.value), scalar)


def _readers(workflow: Workflow, job: Job, index: int, spelled: tuple[str, ...], kind: str) -> Iterator[ReportReader]:
    """The steps that name a report of a format, and the uploaders that look for such by themselves."""
    seen: set[tuple[str, int]] = set()
    for text in later_texts(workflow, job, index) if spelled else ():
        key = (text.job.id, text.step.index)
        if key not in seen and key != (job.id, index) and mentions(text.scalar.value, spelled):
            seen.add(key)
            if (text.job.id != job.id or index == _BEFORE) and _measures(workflow, text):
                continue  # it writes a report of its own under the same name
            yield ReportReader(label=text.step.label, place=workflow.place(text.step.node))
    for step in job.steps[index + 1 :]:
        found = uploader(step.uses) if step.uses is not None and (job.id, step.index) not in seen else None
        fits = found is not None and (found.accepts is None or kind in map(str, found.accepts))
        if found is not None and fits and found.searches_itself(step.inputs()) is Tri.TRUE:
            yield ReportReader(label=step.label, place=workflow.place(step.node))


def _measures(workflow: Workflow, text: ReadingText) -> bool:
    return any(one.step.index == text.step.index for one in measurements(workflow, text.job))
