"""``covpath status``: what each job's failure does to the run and to a merge, and why."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from covpath.commands.job_status import job_status, load_ledger
from covpath.commands.linking import links_of, texts_of, tracer_of
from covpath.commands.state import WorkingTree
from covpath.commands.status_part import Asked, Share, Told, tell
from covpath.commands.subject import enter, required_checks, with_other_services
from covpath.errors import ExitCode
from covpath.gate.judge import Judge
from covpath.gate.required import RequiredChecks
from covpath.outside.git import Repository, find_repository
from covpath.outside.workers import in_processes, processors
from covpath.report.status_data import NO_SERVICES, Status, status_to_json, to_json
from covpath.report.status_text import render, render_end
from covpath.terms import Tri
from covpath.workflow.repository import WORKFLOW_FOLDER, find_job, read_all, workflow_paths

MANY = 100
"""From so many workflow files on, several processes share the work."""

_PARTS, _MOST_PARTS = 24, 250
"""Into so many parts at least: enough for none of the processes to wait long for the last."""

_IN_A_PART = 50
"""Files in a part of a larger repository: what refers to itself is given up after each."""


def run(
    *,
    repo: Path | None,
    job: str | None,
    all: bool,  # noqa: A002 - the option's own name
    base: str | None,
    others: list[Path],
    required: Path | None,
    fetch_required: Path | None,
    remote: str,
    format: str,  # noqa: A002 - the option's own name
    screen: TextIO,
) -> ExitCode:
    """Print the status; USAGE where a workflow could not be read (the rest is still told)."""
    # Little of what is made here refers to itself; looking for it all the time costs a tenth of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        if fetch_required is not None:
            # Imported here: mostly nobody is asked, and nothing is written.
            from covpath.commands.fetch_required import fetch

            fetch(repo, remote, fetch_required, screen if format == "text" else None)
            required = fetch_required
        return _run(repo, job, all, base, others, required, format, screen)
    finally:
        if collecting:
            gc.enable()


def _run(
    repo: Path | None,
    job: str | None,
    every: bool,
    base: str | None,
    others: list[Path],
    required: Path | None,
    form: str,
    screen: TextIO,
) -> ExitCode:
    repository = enter(repo)
    ledger = load_ledger(repository.root)
    listed = ledger.required_checks.names if ledger is not None and ledger.required_checks is not None else ()
    checks = required_checks(repository.root, required, listed)
    checks, not_read = with_other_services(checks, WorkingTree(root=repository.root))
    asked = Asked(
        root=repository.root,
        required=checks,
        not_read=not_read,
        ledger=ledger,
        others=tuple(others),
        every=every,
        as_data=form == "json",
    )
    if base is not None:
        return _changes(repository, asked, base, job, screen)
    return _one_job(asked, job, screen) if job is not None else _every_job(asked, screen)


def _every_job(asked: Asked, screen: TextIO) -> ExitCode:
    paths = workflow_paths(asked.root)
    if not paths:
        # Imported here: few repositories have none.
        from covpath.outside.sparse import expect_checked_out

        expect_checked_out(find_repository(asked.root), WORKFLOW_FOLDER)
    if not paths and not asked.as_data:
        screen.write(
            f"There are no workflow files in {asked.root / WORKFLOW_FOLDER}. --repo DIR names another place.\n"
        )
        return ExitCode.DONE
    parts = [Share(groups=(paths,))]
    if len(paths) > MANY:
        # Imported here: few repositories have so many.
        from covpath.commands.status_shares import dealt

        count = min(max(_PARTS, len(paths) // _IN_A_PART), _MOST_PARTS)
        parts = dealt(asked.root, paths, count, processors())
    told = Told(unreadable=list(asked.not_read))
    for one in in_processes(partial(tell, asked), parts, count=processors()):
        told.add(one)
    unreadable = sorted(told.unreadable, key=lambda error: str(error.place))
    if asked.as_data:
        jobs = [job for path in sorted(told.data) for job in told.data[path]]
        services = _services(asked.required, told.uploading)
        screen.write(_json(status_to_json(asked.required, jobs, unreadable, services)))
    else:
        screen.write("".join(told.texts[path] for path in sorted(told.texts)))
        rest = [one for path in sorted(told.rest) for one in told.rest[path]]
        screen.write(render_end(asked.required, unreadable, rest, uploading=Tri.of(told.uploading)))
    return ExitCode.USAGE if unreadable else ExitCode.DONE


def _json(data: Any) -> str:
    # Imported here: people are told in words.
    import msgspec.json

    try:
        return msgspec.json.format(msgspec.json.encode(data), indent=2).decode() + "\n"
    except UnicodeEncodeError:  # a file's name that is no text
        import json

        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _services(required: RequiredChecks, uploading: bool) -> Mapping[str, Any]:
    if required.codecov is None and required.mergify is None and not uploading:
        return NO_SERVICES
    # Imported here: many repositories have to do with neither.
    from covpath.report.status_services import services_to_json

    return services_to_json(required, uploading=uploading)


def _one_job(asked: Asked, name: str, screen: TextIO) -> ExitCode:
    read = read_all(asked.root)
    workflow, job = find_job(read.workflows, name)
    links = links_of(WorkingTree(root=asked.root), read.workflows, asked.others)
    tracer = tracer_of(texts_of(WorkingTree(root=asked.root)), links, asked.others)
    verdict = Judge(required=asked.required, links=links, behind=tracer.alternatives).job(workflow, job)
    told = job_status(workflow, job, verdict, asked.ledger, tracer, links)
    unreadable = (*read.unreadable, *asked.not_read)
    status = Status(required=asked.required, jobs=(told,), unreadable=unreadable)
    if asked.as_data:
        services = _services(asked.required, told.uploads_to_codecov is Tri.TRUE)
        screen.write(_json(to_json(status, services)))
    else:
        screen.write(render(status, shown=status.jobs, detail=True))
    return ExitCode.USAGE if unreadable else ExitCode.DONE


def _changes(repository: Repository, asked: Asked, base: str, job: str | None, screen: TextIO) -> ExitCode:
    # Imported here: a status without --base asks git nothing.
    from covpath.commands.status_changes import changes_since, shown

    found = changes_since(repository, base, asked.required, asked.others, lambda name: job in (None, name))
    screen.write(shown(found, base, "json" if asked.as_data else "text"))
    return ExitCode.USAGE if found.unreadable else ExitCode.DONE
